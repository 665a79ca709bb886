package dev.tandem.facts;

import java.util.Map;

/** {@code user_risk_level(user_id, event_time_ms, facts_offset)}: the user's risk level; NULL where none was said. */
public final class UserRiskLevel extends FactFunction {
    private static final long serialVersionUID = 1L;

    public UserRiskLevel(Map<String, String> connection, String topic) {
        super(connection, topic);
    }

    public String eval(String userId, Long eventTimeMs, Long factsOffset) {
        return userId == null ? null : facts().riskLevel(userId, eventTimeMs, factsOffset);
    }
}
