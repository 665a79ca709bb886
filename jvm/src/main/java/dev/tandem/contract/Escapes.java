package dev.tandem.contract;

/** The escapes of JSON strings. */
final class Escapes {
    /** Bytes of an escape like {@code \}{@code u0041}. */
    static final int UNICODE_LENGTH = 6;

    private Escapes() {}

    /** The UTF-16 unit of the escape of six bytes at {@code at}, or -1 where there is none. */
    static int unit(byte[] bytes, int at, int end) {
        if (end - at < UNICODE_LENGTH || bytes[at] != '\\' || bytes[at + 1] != 'u') {
            return -1;
        }
        int unit = 0;
        for (int i = 2; i < UNICODE_LENGTH; i++) {
            byte digit = bytes[at + i];
            int value = digit < 0 ? -1 : Character.digit((char) digit, 16);
            if (value < 0) {
                return -1;
            }
            unit = unit << 4 | value;
        }
        return unit;
    }

    /**
     * Writes the unescaped bytes of a string that {@link JsonScanner} has taken into {@code target} and returns
     * the position behind them. They are never more than the escaped ones.
     */
    static int unescape(byte[] bytes, int start, int stop, byte[] target, int at) {
        int from = start;
        int to = at;
        while (from < stop) {
            if (bytes[from] != '\\') {
                target[to++] = bytes[from++];
            } else if (bytes[from + 1] != 'u') {
                target[to++] = simple(bytes[from + 1]);
                from += 2;
            } else {
                int unit = unit(bytes, from, stop);
                int low = Character.isHighSurrogate((char) unit) ? unit(bytes, from + UNICODE_LENGTH, stop) : -1;
                boolean pair = low >= 0 && Character.isLowSurrogate((char) low);
                to = Utf8.encode(pair ? Character.toCodePoint((char) unit, (char) low) : unit, target, to);
                from += pair ? 2 * UNICODE_LENGTH : UNICODE_LENGTH;
            }
        }
        return to;
    }

    private static byte simple(byte letter) {
        return switch (letter) {
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            default -> letter;
        };
    }
}
