package dev.tandem.contract;

/** Checks the values of one field after another against the contract and takes them into the event. */
final class FieldChecks {
    private final Members members;
    private final ParsedEvent event;
    private final CardNumbers cardNumbers;

    FieldChecks(Members members, ParsedEvent event, CardNumbers cardNumbers) {
        this.members = members;
        this.event = event;
        this.cardNumbers = cardNumbers;
    }

    /** Takes the field's value into the event, or says why it is refused (null where it is not). */
    Reason take(Field field) {
        byte kind = members.kinds[field.column];
        if (kind == Members.ABSENT || kind == Members.NULL) {
            return field.required ? Reason.MISSING_FIELD : takeDefault(field);
        }
        return switch (field.type()) {
            case TEXT -> takeText(field, kind);
            case INTEGER -> takeInteger(field, kind);
            case NUMBER -> takeNumber(field, kind);
            case BOOLEAN -> takeBoolean(field, kind);
        };
    }

    private Reason takeDefault(Field field) {
        if (field.defaultValue != null) {
            event.texts[field.column] = field.defaultValue;
            event.present[field.column] = true;
        }
        return null;
    }

    private Reason takeText(Field field, byte kind) {
        if (kind != Members.PLAIN_TEXT && kind != Members.TEXT && kind != Members.ESCAPED_TEXT) {
            return Reason.WRONG_TYPE;
        }
        byte[] text = members.text(field.column);
        int codePoints = kind == Members.PLAIN_TEXT ? text.length : Utf8.codePointsWithoutControls(text);
        if (codePoints < 1 || codePoints > field.maxLength || !isAllowed(field, text)) {
            return Reason.OUT_OF_RANGE;
        }
        if (cardNumbers.isIn(text)) {
            return Reason.CARD_NUMBER;
        }
        event.texts[field.column] = text;
        event.present[field.column] = true;
        return null;
    }

    private static boolean isAllowed(Field field, byte[] text) {
        if (field.oneOf != null && field.oneOf.find(text, 0, text.length) < 0) {
            return false;
        }
        return field.capitalLetters == 0 || (text.length == field.capitalLetters && isCapital(text));
    }

    private static boolean isCapital(byte[] text) {
        for (byte unit : text) {
            if (unit < 'A' || unit > 'Z') {
                return false;
            }
        }
        return true;
    }

    private Reason takeInteger(Field field, byte kind) {
        int column = field.column;
        if (kind != Members.WHOLE_NUMBER) {
            return Reason.WRONG_TYPE;
        }
        byte[] bytes = members.scanner.bytes;
        if (!Numbers.fitsLong(bytes, members.starts[column], members.stops[column])) {
            return Reason.OUT_OF_RANGE;
        }
        long value = Numbers.longValue(bytes, members.starts[column], members.stops[column]);
        if (value < field.min || value > field.max) {
            return Reason.OUT_OF_RANGE;
        }
        return takeBits(column, value);
    }

    private Reason takeNumber(Field field, byte kind) {
        int column = field.column;
        if (kind != Members.WHOLE_NUMBER && kind != Members.OTHER_NUMBER) {
            return Reason.WRONG_TYPE;
        }
        double value = Numbers.doubleValue(members.scanner.bytes, members.starts[column], members.stops[column]);
        if (value < field.min || value > field.max) {
            return Reason.OUT_OF_RANGE;
        }
        return takeBits(column, Double.doubleToRawLongBits(value));
    }

    private Reason takeBoolean(Field field, byte kind) {
        if (kind != Members.TRUE && kind != Members.FALSE) {
            return Reason.WRONG_TYPE;
        }
        return takeBits(field.column, kind == Members.TRUE ? 1 : 0);
    }

    private Reason takeBits(int column, long value) {
        event.bits[column] = value;
        event.present[column] = true;
        return null;
    }
}
