package dev.tandem.contract;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/** One field of an event, with its limits (inclusive; lengths in code points) and the texts of its refusals. */
public final class Field {
    private final String name;
    private final FieldType type;
    final boolean required;
    final long min;
    final long max;
    final int maxLength;

    /** Capital letters that the text consists of, or 0 where the field has no such format. */
    final int capitalLetters;

    /** The only texts allowed, or null. */
    final NameIndex oneOf;

    /** The value where the field is absent, or null. */
    final byte[] defaultValue;

    final String missing;
    final String wrongType;
    final String outOfRange;
    final String cardNumber;

    /** Position in the engines' row; set once the columns of all types are known. */
    int column = -1;

    Field(Map<String, Object> entry) {
        name = (String) entry.get("name");
        type = FieldType.valueOf(((String) entry.get("type")).toUpperCase(java.util.Locale.ROOT));
        required = (Boolean) entry.get("required");
        boolean bounded = type == FieldType.INTEGER || type == FieldType.NUMBER;
        min = bounded ? (Long) entry.get("min") : 0;
        max = bounded ? (Long) entry.get("max") : 0;
        maxLength = type == FieldType.TEXT ? ((Long) entry.get("max_length")).intValue() : 0;
        String format = (String) entry.get("format");
        capitalLetters = format == null ? 0 : format.equals("currency") ? 3 : 2;
        List<String> allowed = texts(entry.get("one_of"));
        oneOf = allowed == null ? null : new NameIndex(allowed);
        String whenAbsent = (String) entry.get("default");
        defaultValue = whenAbsent == null ? null : whenAbsent.getBytes(StandardCharsets.UTF_8);
        missing = name + ": required";
        wrongType = name + ": expected " + expectedType();
        outOfRange = name + ": expected " + expectedRange(allowed);
        cardNumber = name + ": holds a card number";
    }

    @SuppressWarnings("unchecked")
    private static List<String> texts(Object list) {
        return (List<String>) list;
    }

    private String expectedType() {
        return switch (type) {
            case TEXT -> "text";
            case INTEGER -> "a whole number, digits only";
            case NUMBER -> "a number";
            case BOOLEAN -> "true or false";
        };
    }

    private String expectedRange(List<String> allowed) {
        if (type != FieldType.TEXT) {
            return min + " to " + max;
        }
        if (allowed != null) {
            return "one of " + String.join(", ", allowed);
        }
        if (capitalLetters > 0) {
            return capitalLetters + " capital letters";
        }
        return "1 to " + maxLength + " characters, no control characters";
    }

    /** The field's name in messages and its column's name in the engines' row. */
    public String name() {
        return name;
    }

    public FieldType type() {
        return type;
    }

    String detail(Reason reason) {
        return switch (reason) {
            case MISSING_FIELD -> missing;
            case WRONG_TYPE -> wrongType;
            case OUT_OF_RANGE -> outOfRange;
            case CARD_NUMBER -> cardNumber;
            default -> throw new IllegalArgumentException(reason + " is not about one field");
        };
    }
}
