package dev.tandem.contract;

import java.util.Locale;

/** Why a message is quarantined. The order is the order of precedence: the first that applies wins. */
public enum Reason {
    TOO_LARGE,
    NOT_JSON,
    NOT_AN_OBJECT,
    UNKNOWN_EVENT_TYPE,
    MISSING_FIELD,
    WRONG_TYPE,
    OUT_OF_RANGE,
    CARD_NUMBER,
    FUTURE_EVENT_TIME;

    private final String text = name().toLowerCase(Locale.ROOT);

    /** The reason as it is stored and counted, like {@code not_json}. */
    public String text() {
        return text;
    }
}
