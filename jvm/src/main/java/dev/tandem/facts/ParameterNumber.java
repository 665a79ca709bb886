package dev.tandem.facts;

import java.util.Map;

/**
 * {@code parameter_number('rule_id.name', default, least, greatest, event_time_ms, facts_offset)}: the double in force;
 * what is outside the range counts as not said.
 */
public final class ParameterNumber extends FactFunction {
    private static final long serialVersionUID = 1L;

    public ParameterNumber(Map<String, String> connection, String topic) {
        super(connection, topic);
    }

    public Double eval(String name, Double unlessSaid, Double low, Double high, Long eventTimeMs, Long factsOffset) {
        return facts().number(name, unlessSaid, low, high, eventTimeMs, factsOffset);
    }
}
