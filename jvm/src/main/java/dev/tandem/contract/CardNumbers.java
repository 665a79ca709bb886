package dev.tandem.contract;

import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Finds and masks card numbers: consecutive groups of digits, separated only by spaces and dashes, that
 * together have 13 to 19 digits, an issuer's prefix and a right Luhn check digit.
 */
public final class CardNumbers {
    private final int digitsMin;
    private final int digitsMax;
    private final String[] from;
    private final String[] to;

    CardNumbers(Map<String, Object> definition) {
        digitsMin = ((Long) definition.get("digits_min")).intValue();
        digitsMax = ((Long) definition.get("digits_max")).intValue();
        List<?> prefixes = (List<?>) definition.get("issuer_prefixes");
        from = bounds(prefixes, "from");
        to = bounds(prefixes, "to");
    }

    private static String[] bounds(List<?> prefixes, String name) {
        return prefixes.stream().map(prefix -> (String) ContractDefinition.members(prefix).get(name)).toArray(String[]::new);
    }

    /** Whether the text holds a card number. */
    public boolean isIn(byte[] text) {
        if (!mayHold(text)) {
            return false;
        }
        DigitStretch stretch = new DigitStretch(text.length);
        for (int at = 0; at < text.length; at++) {
            if (isDigit(text[at])) {
                stretch.digit(at, at + 1, text[at] - '0');
            } else if (text[at] == ' ' || text[at] == '-') {
                stretch.endGroup();
            } else if (mark(stretch, null)) {
                return true;
            }
        }
        return mark(stretch, null);
    }

    /** Whether enough digits and separators stand together; looks at every 13th byte of ordinary text only. */
    private boolean mayHold(byte[] text) {
        int run = 0;
        for (int at = digitsMin - 1; at < text.length; ) {
            run = at;
            while (run >= 0 && at - run < digitsMin && isDigitOrSeparator(text[run])) {
                run--;
            }
            if (at - run >= digitsMin) {
                return true;
            }
            at = run + digitsMin;
        }
        return false;
    }

    private static boolean isDigit(byte unit) {
        return unit >= '0' && unit <= '9';
    }

    private static boolean isDigitOrSeparator(byte unit) {
        return isDigit(unit) || unit == ' ' || unit == '-';
    }

    /**
     * A copy of the payload in which of every card number only the last four digits are left; each other
     * byte of it is {@code *}. Digits, spaces and dashes may be JSON escapes too, and NUL bytes (UTF-16)
     * are passed over.
     */
    public byte[] mask(byte[] payload) {
        byte[] masked = payload.clone();
        DigitStretch stretch = new DigitStretch(64);
        int at = 0;
        while (at < payload.length) {
            boolean escape = Escapes.unit(payload, at, payload.length) >= 0;
            int unit = escape ? Escapes.unit(payload, at, payload.length) : payload[at];
            int end = escape ? at + Escapes.UNICODE_LENGTH : at + 1;
            if (unit >= '0' && unit <= '9') {
                stretch.digit(at, end, unit - '0');
            } else if (unit == ' ' || unit == '-') {
                stretch.endGroup();
            } else if (unit != 0 || escape) {
                mark(stretch, masked);
                end = isEscapedBackslash(payload, at) ? at + 2 : end;
            }
            at = end;
        }
        mark(stretch, masked);
        return masked;
    }

    private static boolean isEscapedBackslash(byte[] payload, int at) {
        return payload[at] == '\\' && at + 1 < payload.length && payload[at + 1] == '\\';
    }

    /** Looks for card numbers in a whole stretch, masks them in {@code target} (if any) and empties the stretch. */
    private boolean mark(DigitStretch stretch, byte[] target) {
        if (stretch.digits < digitsMin) {
            stretch.clear();
            return false;
        }
        stretch.endGroup();
        boolean found = false;
        for (int first = 0; first < stretch.groups; first++) {
            int begin = stretch.groupStarts[first];
            for (int last = first; last < stretch.groups && stretch.groupStarts[last + 1] - begin <= digitsMax; last++) {
                if (isCardNumber(stretch.values, begin, stretch.groupStarts[last + 1])) {
                    found = true;
                    maskAllButFour(stretch, begin, stretch.groupStarts[last + 1], target);
                }
            }
        }
        stretch.clear();
        return found;
    }

    private static void maskAllButFour(DigitStretch stretch, int begin, int end, byte[] target) {
        for (int digit = begin; target != null && digit < end - 4; digit++) {
            Arrays.fill(target, stretch.starts[digit], stretch.stops[digit], (byte) '*');
        }
    }

    private boolean isCardNumber(byte[] digits, int begin, int end) {
        return end - begin >= digitsMin && hasIssuerPrefix(digits, begin) && passesLuhn(digits, begin, end);
    }

    private boolean hasIssuerPrefix(byte[] digits, int begin) {
        for (int i = 0; i < from.length; i++) {
            if (compare(digits, begin, from[i]) >= 0 && compare(digits, begin, to[i]) <= 0) {
                return true;
            }
        }
        return false;
    }

    private static int compare(byte[] digits, int begin, String prefix) {
        for (int i = 0; i < prefix.length(); i++) {
            int difference = digits[begin + i] - (prefix.charAt(i) - '0');
            if (difference != 0) {
                return difference;
            }
        }
        return 0;
    }

    private static boolean passesLuhn(byte[] digits, int begin, int end) {
        int sum = 0;
        for (int i = end - 1, place = 0; i >= begin; i--, place++) {
            int value = place % 2 == 0 ? digits[i] : digits[i] * 2;
            sum += value > 9 ? value - 9 : value;
        }
        return sum % 10 == 0;
    }
}
