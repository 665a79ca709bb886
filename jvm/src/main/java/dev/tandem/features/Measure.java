package dev.tandem.features;

/**
 * What a tree keeps of some of its rows: how many they are and, of one column, exact sums of 128 bits, the least and
 * the greatest. The numbers stand in an array from {@code at} on; a part that nobody asked for takes no room.
 */
final class Measure {
    final int bit;
    final int column;
    private final int at;
    private final int sumAt;
    private final int squaresAt;
    private final int minAt;
    private final int maxAt;
    final int cells;

    Measure(int bit, int column, int at, MeasureParts parts) {
        this.bit = bit;
        this.column = column;
        this.at = at;
        int next = at + 1;
        sumAt = parts.sum ? next : -1;
        next += parts.sum ? 2 : 0;
        squaresAt = parts.squares ? next : -1;
        next += parts.squares ? 2 : 0;
        minAt = parts.min ? next++ : -1;
        maxAt = parts.max ? next++ : -1;
        cells = next - at;
    }

    boolean counts(long bits) {
        return (bits >>> bit & 1) != 0;
    }

    void reset(long[] target, int base) {
        target[base + at] = 0;
        for (int cell = at + 1; cell < at + cells; cell++) {
            target[base + cell] = 0;
        }
        if (minAt >= 0) {
            target[base + minAt] = Long.MAX_VALUE;
        }
        if (maxAt >= 0) {
            target[base + maxAt] = Long.MIN_VALUE;
        }
    }

    void add(long[] target, int base, long value) {
        target[base + at]++;
        if (sumAt >= 0) {
            add128(target, base + sumAt, value, value >> 63);
        }
        if (squaresAt >= 0) {
            add128(target, base + squaresAt, value * value, Math.multiplyHigh(value, value));
        }
        if (minAt >= 0) {
            target[base + minAt] = Math.min(target[base + minAt], value);
        }
        if (maxAt >= 0) {
            target[base + maxAt] = Math.max(target[base + maxAt], value);
        }
    }

    void merge(long[] target, int base, long[] source, int sourceBase) {
        target[base + at] += source[sourceBase + at];
        if (sumAt >= 0) {
            add128(target, base + sumAt, source[sourceBase + sumAt], source[sourceBase + sumAt + 1]);
        }
        if (squaresAt >= 0) {
            add128(target, base + squaresAt, source[sourceBase + squaresAt], source[sourceBase + squaresAt + 1]);
        }
        if (minAt >= 0) {
            target[base + minAt] = Math.min(target[base + minAt], source[sourceBase + minAt]);
        }
        if (maxAt >= 0) {
            target[base + maxAt] = Math.max(target[base + maxAt], source[sourceBase + maxAt]);
        }
    }

    private static void add128(long[] target, int at, long low, long high) {
        long sum = target[at] + low;
        target[at + 1] += high + (Long.compareUnsigned(sum, low) < 0 ? 1 : 0);
        target[at] = sum;
    }

    long count(long[] source, int base) {
        return source[base + at];
    }

    long min(long[] source, int base) {
        return source[base + minAt];
    }

    long max(long[] source, int base) {
        return source[base + maxAt];
    }

    Int128 sum(long[] source) {
        return new Int128(source[sumAt + 1], source[sumAt]);
    }

    Int128 squares(long[] source) {
        return new Int128(source[squaresAt + 1], source[squaresAt]);
    }
}
