package dev.tandem.contract;

import java.nio.charset.StandardCharsets;

/** Values of JSON number tokens. */
final class Numbers {
    /** Digits of the largest whole number of 64 bits. */
    private static final int DIGITS_MAX = 19;

    /** Whole numbers up to here are exact as doubles. */
    private static final long EXACT_MAX = 1L << 53;

    private static final double[] POWERS_OF_TEN = {
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
        1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22
    };

    private Numbers() {}

    /** Whether the token, a minus and digits only, is a number of 64 bits. */
    static boolean fitsLong(byte[] token, int start, int stop) {
        boolean negative = token[start] == '-';
        int digits = stop - start - (negative ? 1 : 0);
        if (digits != DIGITS_MAX) {
            return digits < DIGITS_MAX;
        }
        long magnitude = magnitude(token, start, stop);
        return magnitude >= 0 || (negative && magnitude == Long.MIN_VALUE);
    }

    /** The value of a token that {@link #fitsLong}. */
    static long longValue(byte[] token, int start, int stop) {
        long magnitude = magnitude(token, start, stop);
        return token[start] == '-' ? -magnitude : magnitude;
    }

    private static long magnitude(byte[] token, int start, int stop) {
        long magnitude = 0;
        for (int i = token[start] == '-' ? start + 1 : start; i < stop; i++) {
            magnitude = magnitude * 10 + (token[i] - '0');
        }
        return magnitude;
    }

    /** The double nearest to the token (infinite beyond the range); zero has no sign. */
    static double doubleValue(byte[] token, int start, int stop) {
        long mantissa = 0;
        int point = -1;
        int at = token[start] == '-' ? start + 1 : start;
        for (; at < stop && stop - start < DIGITS_MAX; at++) {
            if (token[at] == '.') {
                point = at;
            } else if (token[at] >= '0' && token[at] <= '9') {
                mantissa = mantissa * 10 + (token[at] - '0');
            } else {
                break;
            }
        }
        if (at < stop || mantissa > EXACT_MAX) {
            return Double.parseDouble(new String(token, start, stop - start, StandardCharsets.US_ASCII)) + 0.0;
        }
        double value = mantissa / POWERS_OF_TEN[point < 0 ? 0 : stop - point - 1];
        return (token[start] == '-' ? -value : value) + 0.0;
    }
}
