package dev.tandem.contract;

/**
 * Reads the tokens of one JSON text (RFC 8259) from UTF-8 bytes, without copying and without guessing an
 * encoding. The last string or number stands in {@link #start} and {@link #stop}. Reused for many messages.
 */
final class JsonScanner {
    private static final byte[] STRING_CLASS = new byte[256];
    private static final byte PLAIN = 0;
    private static final byte QUOTE = 1;
    private static final byte BACKSLASH = 2;
    private static final byte CONTROL = 3;
    private static final byte DELETE = 4;
    private static final byte HIGH = 5;

    static {
        for (int unit = 0; unit < 256; unit++) {
            STRING_CLASS[unit] = unit < 0x20 ? CONTROL : unit >= 0x80 ? HIGH : PLAIN;
        }
        STRING_CLASS['"'] = QUOTE;
        STRING_CLASS['\\'] = BACKSLASH;
        STRING_CLASS[0x7F] = DELETE;
    }

    byte[] bytes;
    int position;

    /** First byte of the last string (behind its quote) or number. */
    int start;

    /** Behind the last byte of the last string (its closing quote) or number. */
    int stop;

    /** Whether the last string holds escapes and has to be unescaped. */
    boolean escaped;

    /** Whether the last string is ASCII without escapes and control characters. */
    boolean plain;

    /** Whether the last number is an optional minus and digits only. */
    boolean whole;

    /** Whether any string so far held an escaped surrogate without its other half. */
    boolean loneSurrogate;

    void begin(byte[] message) {
        bytes = message;
        position = 0;
        loneSurrogate = false;
    }

    /** Skips white space and returns the next byte, or -1 at the end. */
    int next() {
        while (position < bytes.length) {
            byte unit = bytes[position];
            if (unit > ' ' || unit < 0) {
                return unit & 0xFF;
            }
            if (unit != ' ' && unit != '\n' && unit != '\r' && unit != '\t') {
                return unit;
            }
            position++;
        }
        return -1;
    }

    /** Takes the string whose opening quote is the next byte. */
    void string() throws NotJson {
        byte[] text = bytes;
        int at = ++position;
        start = at;
        escaped = false;
        plain = true;
        while (at < text.length) {
            switch (STRING_CLASS[text[at] & 0xFF]) {
                case PLAIN -> at++;
                case QUOTE -> {
                    stop = at;
                    position = at + 1;
                    return;
                }
                case BACKSLASH -> at = escape(at);
                case DELETE -> {
                    plain = false;
                    at++;
                }
                case HIGH -> at = character(at);
                default -> throw NotJson.SYNTAX;
            }
        }
        throw NotJson.SYNTAX;
    }

    private int character(int at) throws NotJson {
        plain = false;
        int length = Utf8.characterLength(bytes, at, bytes.length);
        if (length == 0) {
            throw NotJson.SYNTAX;
        }
        return at + length;
    }

    private int escape(int at) throws NotJson {
        plain = false;
        escaped = true;
        if (at + 1 >= bytes.length) {
            throw NotJson.SYNTAX;
        }
        return switch (bytes[at + 1]) {
            case '"', '\\', '/', 'b', 'f', 'n', 'r', 't' -> at + 2;
            case 'u' -> unicodeEscape(at);
            default -> throw NotJson.SYNTAX;
        };
    }

    private int unicodeEscape(int at) throws NotJson {
        int unit = Escapes.unit(bytes, at, bytes.length);
        if (unit < 0) {
            throw NotJson.SYNTAX;
        }
        if (!Character.isSurrogate((char) unit)) {
            return at + Escapes.UNICODE_LENGTH;
        }
        int low = Escapes.unit(bytes, at + Escapes.UNICODE_LENGTH, bytes.length);
        if (low >= 0 && Character.isSurrogatePair((char) unit, (char) low)) {
            return at + 2 * Escapes.UNICODE_LENGTH;
        }
        loneSurrogate = true;
        return at + Escapes.UNICODE_LENGTH;
    }

    /** Takes the number that starts at the next byte. */
    void number() throws NotJson {
        start = position;
        whole = true;
        if (at(position) == '-') {
            position++;
        }
        if (at(position) == '0') {
            position++;
        } else {
            digits();
        }
        if (at(position) == '.') {
            whole = false;
            position++;
            digits();
        }
        if ((at(position) | 0x20) == 'e') {
            whole = false;
            position++;
            if (at(position) == '+' || at(position) == '-') {
                position++;
            }
            digits();
        }
        stop = position;
    }

    private void digits() throws NotJson {
        int first = position;
        while (at(position) >= '0' && at(position) <= '9') {
            position++;
        }
        if (position == first) {
            throw NotJson.SYNTAX;
        }
    }

    private int at(int index) {
        return index < bytes.length ? bytes[index] : 0;
    }

    /** Takes {@code word} (true, false or null). */
    void literal(String word) throws NotJson {
        for (int i = 0; i < word.length(); i++) {
            if (at(position + i) != word.charAt(i)) {
                throw NotJson.SYNTAX;
            }
        }
        position += word.length();
    }
}
