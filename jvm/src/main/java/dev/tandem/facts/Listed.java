package dev.tandem.facts;

import java.util.Map;

/** {@code listed('list', value, event_time_ms, facts_offset)}: whether the value is on the list; NULL for NULL. */
public final class Listed extends FactFunction {
    private static final long serialVersionUID = 1L;

    public Listed(Map<String, String> connection, String topic) {
        super(connection, topic);
    }

    public Boolean eval(String list, String value, Long eventTimeMs, Long factsOffset) {
        return value == null ? null : facts().listed(list, value, eventTimeMs, factsOffset);
    }
}
