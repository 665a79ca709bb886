package dev.tandem.facts;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Every fact of the topic, for readers of many threads while one adds. A question names the last offset that counts,
 * so that its answer stays the same whatever is added later.
 */
final class FactBook {
    static final String MODE_UNLESS_SAID = "on";
    private static final long NO_FACTS = -1;

    private final Map<String, DatedValue[]> parameters = new ConcurrentHashMap<>();
    private final Map<String, DatedValue[]> modes = new ConcurrentHashMap<>();
    private final Map<String, DatedValue[]> versions = new ConcurrentHashMap<>();
    private final Map<String, Map<String, DatedValue[]>> lists = new ConcurrentHashMap<>();
    private final Map<String, DatedValue[]> riskLevels = new ConcurrentHashMap<>();
    private volatile long lastOffset = NO_FACTS;
    private volatile long refused;

    /** Takes in one message; what is no fact is counted. Called by one thread. */
    void add(long offset, byte[] key, byte[] value) {
        try {
            keep(FactMessage.read(offset, key, value));
        } catch (NotAFact error) {
            refused = refused + 1;
        }
        lastOffset = offset;
    }

    private void keep(FactMessage fact) {
        switch (fact.kind()) {
            case FactMessage.PARAMETER -> parameters.merge(fact.owner(), one(fact), FactBook::joined);
            case FactMessage.RULE_MODE -> modes.merge(fact.owner(), one(fact), FactBook::joined);
            case FactMessage.LIST_ENTRY -> lists.computeIfAbsent(fact.owner(), list -> new ConcurrentHashMap<>())
                    .merge(fact.member(), one(fact), FactBook::joined);
            case FactMessage.USER_RISK_LEVEL -> riskLevels.merge(fact.member(), one(fact), FactBook::joined);
            default -> {
                if (fact.isCheckedRule()) {
                    versions.merge(fact.owner(), one(fact), FactBook::joined);
                }
            }
        }
    }

    private static DatedValue[] one(FactMessage fact) {
        return new DatedValue[] {fact.said()};
    }

    private static DatedValue[] joined(DatedValue[] values, DatedValue[] more) {
        return DatedValue.with(values, more[0]);
    }

    /** The offset of the last message taken in, -1 before the first. */
    long lastOffset() {
        return lastOffset;
    }

    /** How many messages of the topic are no facts. */
    long refused() {
        return refused;
    }

    long integer(String name, long unlessSaid, long low, long high, long eventTimeMs, long factsOffset) {
        for (DatedValue said : of(parameters, name)) {
            if (said.holdsAt(eventTimeMs, factsOffset) && said.value() instanceof Long value && low <= value && value <= high) {
                return value;
            }
        }
        return unlessSaid;
    }

    double number(String name, double unlessSaid, double low, double high, long eventTimeMs, long factsOffset) {
        for (DatedValue said : of(parameters, name)) {
            double value = ((Number) said.value()).doubleValue();
            if (said.holdsAt(eventTimeMs, factsOffset) && low <= value && value <= high) {
                return value;
            }
        }
        return unlessSaid;
    }

    boolean listed(String list, String value, long eventTimeMs, long factsOffset) {
        Map<String, DatedValue[]> entries = lists.get(list);
        Object said = entries == null ? null : first(of(entries, value), eventTimeMs, factsOffset);
        return said != null && (Boolean) said;
    }

    String mode(String ruleId, long eventTimeMs, long factsOffset) {
        Object said = first(of(modes, ruleId), eventTimeMs, factsOffset);
        return said == null ? MODE_UNLESS_SAID : (String) said;
    }

    /** The user's risk level, null where none was said. */
    String riskLevel(String userId, long eventTimeMs, long factsOffset) {
        return (String) first(of(riskLevels, userId), eventTimeMs, factsOffset);
    }

    /**
     * Whether a version of a rule that was said after {@code compiledOffset} takes the place of the one that is in
     * force from {@code fromMs} on.
     */
    boolean superseded(String ruleId, long fromMs, long compiledOffset, long eventTimeMs, long factsOffset) {
        for (DatedValue said : of(versions, ruleId)) {
            if (said.offset() > compiledOffset && said.fromMs() >= fromMs && said.holdsAt(eventTimeMs, factsOffset)) {
                return true;
            }
        }
        return false;
    }

    private static Object first(DatedValue[] values, long eventTimeMs, long factsOffset) {
        for (DatedValue said : values) {
            if (said.holdsAt(eventTimeMs, factsOffset)) {
                return said.value();
            }
        }
        return null;
    }

    private static final DatedValue[] NOTHING = {};

    private static DatedValue[] of(Map<String, DatedValue[]> values, String name) {
        return values.getOrDefault(name, NOTHING);
    }
}
