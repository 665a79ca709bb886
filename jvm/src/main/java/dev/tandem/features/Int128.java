package dev.tandem.features;

import java.math.BigInteger;

/** An exact whole number of 128 bits. */
record Int128(long high, long low) {
    boolean fitsLong() {
        return high == low >> 63;
    }

    /** The number, or the end of the range of a long that it lies beyond. */
    long saturated() {
        if (fitsLong()) {
            return low;
        }
        return high < 0 ? Long.MIN_VALUE : Long.MAX_VALUE;
    }

    BigInteger exact() {
        BigInteger unsignedLow = BigInteger.valueOf(low >>> 1).shiftLeft(1).or(BigInteger.valueOf(low & 1));
        return BigInteger.valueOf(high).shiftLeft(Long.SIZE).add(unsignedLow);
    }

    /** The nearest double. */
    double nearest() {
        return fitsLong() ? (double) low : exact().doubleValue();
    }

    /** The deviation of a sample of {@code count} numbers, at least two, from their exact sums. */
    static double sampleDeviation(long count, Int128 sum, Int128 squares) {
        BigInteger n = BigInteger.valueOf(count);
        BigInteger spread = n.multiply(squares.exact()).subtract(sum.exact().pow(2));
        return Math.sqrt(spread.doubleValue() / ((double) count * (double) (count - 1)));
    }
}
