package dev.tandem.facts;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * A fact as {@code rules/fact_messages.py} reads it: what is refused there is refused here.
 *
 * @param factId the message's key
 * @param kind one of {@link #KINDS}
 * @param owner the rule's id, {@code rule_id.name} of a parameter, or the list's name
 * @param member the value that is listed, the user whose risk level it is, else null
 */
record FactMessage(String factId, String kind, String owner, String member, DatedValue said) {
    static final String RULE = "rule";
    static final String RULE_MODE = "rule_mode";
    static final String PARAMETER = "parameter";
    static final String LIST_ENTRY = "list_entry";
    static final String USER_RISK_LEVEL = "user_risk_level";

    private static final Map<String, List<String>> OWN = Map.of(
            RULE, List.of("rule_id", "version", "text"),
            RULE_MODE, List.of("rule_id", "mode"),
            PARAMETER, List.of("rule_id", "name", "value"),
            LIST_ENTRY, List.of("list", "value", "listed"),
            USER_RISK_LEVEL, List.of("user_id", "level"));
    private static final List<String> KINDS = List.of(RULE, RULE_MODE, PARAMETER, LIST_ENTRY, USER_RISK_LEVEL);
    private static final List<String> MODES = List.of("on", "off", "shadow");
    private static final List<String> RISK_LEVELS = List.of("Low", "Medium", "High");
    private static final List<String> COMMON = List.of("fact_id", "kind", "from_event_time_ms",
            "until_event_time_ms", "changed_by", "changed_at_ms", "comment");
    private static final int VERSION_MAX = 999_999_999;
    private static final int LIST_VALUE_CHARACTERS_MAX = 256;
    private static final int USER_CHARACTERS_MAX = 64;
    private static final int PERSON_CHARACTERS_MAX = 128;
    private static final int COMMENT_CHARACTERS_MAX = 500;
    private static final int RULE_TEXT_CHARACTERS_MAX = 16 * 1024;

    static FactMessage read(long offset, byte[] key, byte[] value) throws NotAFact {
        FactMembers members = FactMembers.read(value);
        String kind = members.oneOf("kind", KINDS);
        List<String> names = new ArrayList<>(COMMON);
        names.addAll(OWN.get(kind));
        members.expect(names);
        String factId = members.matching("fact_id", FactMembers.FACT_ID);
        long fromMs = members.whole("from_event_time_ms", 0, FactMembers.TIME_MS_MAX);
        long untilMs = members.isNull("until_event_time_ms")
                ? DatedValue.NO_END
                : members.whole("until_event_time_ms", 0, FactMembers.TIME_MS_MAX);
        members.text("changed_by", 1, PERSON_CHARACTERS_MAX);
        members.whole("changed_at_ms", 0, FactMembers.TIME_MS_MAX);
        members.text("comment", 0, COMMENT_CHARACTERS_MAX);
        if (untilMs <= fromMs) {
            throw new NotAFact("until_event_time_ms: expected a time after from_event_time_ms");
        }
        if (!Arrays.equals(key, factId.getBytes(StandardCharsets.UTF_8))) {
            throw new NotAFact("fact_id: expected the message's key");
        }
        return statement(factId, kind, members, offset, fromMs, untilMs);
    }

    /**
     * Whether it puts a version in force that was compiled before it was published: those have ids of this form. The
     * text of another one is unknown here, and may be no rule.
     */
    boolean isCheckedRule() {
        return kind.equals(RULE) && factId.matches(
                Pattern.quote("rule:" + owner + ":" + said.value() + ":") + "[0-9a-f]{12}");
    }

    private static FactMessage statement(String factId, String kind, FactMembers members, long offset, long fromMs,
            long untilMs) throws NotAFact {
        if (kind.equals(LIST_ENTRY)) {
            String list = members.matching("list", FactMembers.NAME);
            String entry = members.text("value", 1, LIST_VALUE_CHARACTERS_MAX);
            Boolean listed = members.truth("listed");
            return new FactMessage(factId, kind, list, entry, new DatedValue(offset, fromMs, untilMs, listed));
        }
        if (kind.equals(USER_RISK_LEVEL)) {
            String user = members.text("user_id", 1, USER_CHARACTERS_MAX);
            String level = members.oneOf("level", RISK_LEVELS);
            return new FactMessage(factId, kind, null, user, new DatedValue(offset, fromMs, untilMs, level));
        }
        String ruleId = members.matching("rule_id", FactMembers.NAME);
        switch (kind) {
            case RULE:
                members.lines("text", 1, RULE_TEXT_CHARACTERS_MAX);
                long version = members.whole("version", 1, VERSION_MAX);
                return new FactMessage(factId, kind, ruleId, null, new DatedValue(offset, fromMs, untilMs, version));
            case RULE_MODE:
                String mode = members.oneOf("mode", MODES);
                return new FactMessage(factId, kind, ruleId, null, new DatedValue(offset, fromMs, untilMs, mode));
            default:
                String owner = ruleId + "." + members.matching("name", FactMembers.NAME);
                Object value = members.number("value");
                return new FactMessage(factId, kind, owner, null, new DatedValue(offset, fromMs, untilMs, value));
        }
    }
}
