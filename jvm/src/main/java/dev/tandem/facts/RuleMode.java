package dev.tandem.facts;

import java.util.Map;

/** {@code rule_mode('rule_id', event_time_ms, facts_offset)}: on, off or shadow; on where nothing was said. */
public final class RuleMode extends FactFunction {
    private static final long serialVersionUID = 1L;

    public RuleMode(Map<String, String> connection, String topic) {
        super(connection, topic);
    }

    public String eval(String ruleId, Long eventTimeMs, Long factsOffset) {
        return facts().mode(ruleId, eventTimeMs, factsOffset);
    }
}
