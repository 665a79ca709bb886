package dev.tandem.contract;

import java.util.Arrays;

/**
 * Accepts or quarantines messages by the contract. One instance serves one thread and reuses its buffers;
 * no bytes make it throw.
 */
public final class StrictParser {
    /** The append time of a message that has none: then no event is too far ahead of it. */
    public static final long APPEND_TIME_UNKNOWN = Long.MAX_VALUE;

    private final ContractDefinition contract;
    private final Members members;
    private final ParsedEvent event;
    private final FieldChecks checks;
    private final int eventIdColumn;
    private final int eventTypeColumn;
    private final int eventTimeColumn;
    private final String tooLarge;
    private final String tooDeep;
    private final String tooFarAhead;

    public StrictParser(ContractDefinition contract) {
        this.contract = contract;
        members = new Members(contract);
        event = new ParsedEvent(contract.columns().size());
        checks = new FieldChecks(members, event, contract.cardNumbers());
        eventIdColumn = contract.column("event_id");
        eventTypeColumn = contract.column("event_type");
        eventTimeColumn = contract.column("event_time_ms");
        tooLarge = "more than " + contract.messageBytes + " bytes";
        tooDeep = "nested deeper than " + contract.nestingLevels + " levels";
        tooFarAhead = "event_time_ms: more than " + contract.futureToleranceMs + " ms after the append time";
    }

    /**
     * Reads one message.
     *
     * @param message the value of the message, null for a tombstone
     * @param appendTimeMs when the broker appended it (Unix epoch, ms)
     * @return the outcome, valid until the next call
     */
    public ParsedEvent parse(byte[] message, long appendTimeMs) {
        event.clear();
        if (message == null || message.length == 0) {
            return refuse(Reason.NOT_JSON, message == null ? "no value (a tombstone)" : "no bytes");
        }
        if (message.length > contract.messageBytes) {
            return refuse(Reason.TOO_LARGE, tooLarge);
        }
        try {
            boolean isObject = members.read(message);
            if (members.scanner.loneSurrogate || members.nameTwice) {
                return refuseText(message, true);
            }
            return isObject ? check(appendTimeMs) : refuse(Reason.NOT_AN_OBJECT, "expected an object");
        } catch (NotJson error) {
            return error == NotJson.TOO_DEEP ? refuse(Reason.TOO_LARGE, tooDeep) : refuseText(message, false);
        }
    }

    private ParsedEvent refuse(Reason reason, String detail) {
        event.reason = reason;
        event.detail = detail;
        return event;
    }

    private ParsedEvent refuseText(byte[] message, boolean grammatical) {
        if (isTooDeep(message)) {
            return refuse(Reason.TOO_LARGE, tooDeep);
        }
        if (grammatical) {
            boolean lone = members.scanner.loneSurrogate;
            return refuse(Reason.NOT_JSON, lone ? "a lone surrogate" : "a name twice in one object");
        }
        return refuse(Reason.NOT_JSON, Utf8.isValid(message) ? "not JSON by RFC 8259" : "not UTF-8");
    }

    /** Counts brackets outside of strings, so that broken text has a depth too. */
    private boolean isTooDeep(byte[] message) {
        int depth = 0;
        boolean inString = false;
        for (int at = 0; at < message.length; at++) {
            byte unit = message[at];
            if (unit == '"') {
                inString = !inString;
            } else if (inString) {
                at += unit == '\\' ? 1 : 0;
            } else if (unit == '[' || unit == '{') {
                depth++;
                if (depth > contract.nestingLevels) {
                    return true;
                }
            } else if (unit == ']' || unit == '}') {
                depth--;
            }
        }
        return false;
    }

    private ParsedEvent check(long appendTimeMs) {
        int number = eventTypeNumber();
        if (number < 0) {
            return keepEventId(Reason.UNKNOWN_EVENT_TYPE, contract.unknownEventType);
        }
        event.eventType = contract.eventTypes[number];
        Reason worst = null;
        Field where = null;
        for (Field field : event.eventType.fields()) {
            Reason reason = checks.take(field);
            if (reason != null && (worst == null || reason.compareTo(worst) < 0)) {
                worst = reason;
                where = field;
            }
        }
        if (worst != null) {
            return keepEventId(worst, where.detail(worst));
        }
        if (event.bits[eventTimeColumn] - contract.futureToleranceMs > appendTimeMs) {
            return keepEventId(Reason.FUTURE_EVENT_TIME, tooFarAhead);
        }
        return event;
    }

    private int eventTypeNumber() {
        byte kind = members.kinds[eventTypeColumn];
        if (kind != Members.PLAIN_TEXT && kind != Members.ESCAPED_TEXT) {
            return -1;
        }
        byte[] name = members.text(eventTypeColumn);
        return contract.eventTypeNames.find(name, 0, name.length);
    }

    private ParsedEvent keepEventId(Reason reason, String detail) {
        Arrays.fill(event.present, false);
        checks.take(contract.columns().get(eventIdColumn));
        return refuse(reason, detail);
    }
}
