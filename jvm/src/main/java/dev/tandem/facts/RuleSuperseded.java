package dev.tandem.facts;

import java.util.Map;

/**
 * {@code rule_superseded('rule_id', from_ms, compiled_offset, event_time_ms, facts_offset)}: whether another version of
 * the rule is in force, of which the job knows no more than that, since it was said after the job was compiled.
 */
public final class RuleSuperseded extends FactFunction {
    private static final long serialVersionUID = 1L;

    public RuleSuperseded(Map<String, String> connection, String topic) {
        super(connection, topic);
    }

    public boolean eval(String ruleId, long fromMs, long compiledOffset, Long eventTimeMs, Long factsOffset) {
        return facts().superseded(ruleId, fromMs, compiledOffset, eventTimeMs, factsOffset);
    }
}
