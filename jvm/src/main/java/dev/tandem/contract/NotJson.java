package dev.tandem.contract;

/**
 * The bytes are no JSON text, or are nested too deep. Thrown once per broken message, so that the two
 * kinds are single objects without a stack trace: a flood of broken messages must stay cheap.
 */
final class NotJson extends Exception {
    static final NotJson SYNTAX = new NotJson("not valid JSON");
    static final NotJson TOO_DEEP = new NotJson("nested too deep");

    private static final long serialVersionUID = 1L;

    private NotJson(String message) {
        super(message, null, false, false);
    }
}
