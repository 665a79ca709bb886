package dev.tandem.contract;

/** Strict UTF-8: no overlong forms, no surrogates, nothing beyond U+10FFFF. */
final class Utf8 {
    private Utf8() {}

    /** Number of bytes of the well-formed character that starts at {@code at}, or 0 where there is none. */
    static int characterLength(byte[] bytes, int at, int end) {
        int lead = bytes[at] & 0xFF;
        if (lead < 0x80) {
            return 1;
        }
        if (lead < 0xC2 || lead > 0xF4) {
            return 0;
        }
        int length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
        if (end - at < length || !isSecond(lead, bytes[at + 1] & 0xFF)) {
            return 0;
        }
        for (int i = 2; i < length; i++) {
            if ((bytes[at + i] & 0xC0) != 0x80) {
                return 0;
            }
        }
        return length;
    }

    private static boolean isSecond(int lead, int second) {
        return switch (lead) {
            case 0xE0 -> second >= 0xA0 && second <= 0xBF;
            case 0xED -> second >= 0x80 && second <= 0x9F;
            case 0xF0 -> second >= 0x90 && second <= 0xBF;
            case 0xF4 -> second >= 0x80 && second <= 0x8F;
            default -> (second & 0xC0) == 0x80;
        };
    }

    static boolean isValid(byte[] bytes) {
        for (int at = 0; at < bytes.length; ) {
            int length = characterLength(bytes, at, bytes.length);
            if (length == 0) {
                return false;
            }
            at += length;
        }
        return true;
    }

    /** Number of code points of well-formed text, or -1 where it holds a control character (Unicode Cc). */
    static int codePointsWithoutControls(byte[] text) {
        int codePoints = 0;
        for (int i = 0; i < text.length; i++) {
            int unit = text[i] & 0xFF;
            if (unit < 0x20 || unit == 0x7F || (unit == 0xC2 && (text[i + 1] & 0xFF) < 0xA0)) {
                return -1;
            }
            if ((unit & 0xC0) != 0x80) {
                codePoints++;
            }
        }
        return codePoints;
    }

    /** Writes one code point and returns the position behind it; a lone surrogate becomes three bytes. */
    static int encode(int codePoint, byte[] target, int at) {
        if (codePoint < 0x80) {
            target[at] = (byte) codePoint;
            return at + 1;
        }
        if (codePoint < 0x800) {
            target[at] = (byte) (0xC0 | codePoint >> 6);
            return tail(codePoint, 1, target, at + 1);
        }
        if (codePoint < 0x10000) {
            target[at] = (byte) (0xE0 | codePoint >> 12);
            return tail(codePoint, 2, target, at + 1);
        }
        target[at] = (byte) (0xF0 | codePoint >> 18);
        return tail(codePoint, 3, target, at + 1);
    }

    private static int tail(int codePoint, int count, byte[] target, int at) {
        for (int i = 0; i < count; i++) {
            target[at + i] = (byte) (0x80 | (codePoint >> 6 * (count - 1 - i)) & 0x3F);
        }
        return at + count;
    }
}
