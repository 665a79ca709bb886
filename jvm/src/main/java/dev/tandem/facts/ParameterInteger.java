package dev.tandem.facts;

import java.util.Map;

/**
 * {@code parameter_integer('rule_id.name', default, least, greatest, event_time_ms, facts_offset)}: the whole number in
 * force; what is outside the range counts as not said.
 */
public final class ParameterInteger extends FactFunction {
    private static final long serialVersionUID = 1L;

    public ParameterInteger(Map<String, String> connection, String topic) {
        super(connection, topic);
    }

    public Long eval(String name, Long unlessSaid, Long low, Long high, Long eventTimeMs, Long factsOffset) {
        return facts().integer(name, unlessSaid, low, high, eventTimeMs, factsOffset);
    }
}
