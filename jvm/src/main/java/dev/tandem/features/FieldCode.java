package dev.tandem.features;

import dev.tandem.contract.FieldType;
import java.nio.ByteBuffer;

/** How the values of one column are kept: numbers as longs in the order of the numbers, values as bytes. */
record FieldCode(int slot, FieldType type) {
    long number(Event event) {
        return switch (type) {
            case INTEGER -> event.integer(slot);
            case NUMBER -> ordered(event.number(slot));
            case BOOLEAN -> event.truth(slot) ? 1 : 0;
            case TEXT -> throw new IllegalStateException("a text is not kept as a number");
        };
    }

    Object value(long code) {
        return switch (type) {
            case INTEGER -> code;
            case NUMBER -> decimal(code);
            case BOOLEAN -> code != 0;
            case TEXT -> throw new IllegalStateException("a text is not kept as a number");
        };
    }

    byte[] bytes(Event event) {
        if (type == FieldType.TEXT) {
            return event.text(slot);
        }
        return ByteBuffer.allocate(Long.BYTES).putLong(number(event)).array();
    }

    /** A long that is less exactly where the double is; minus zero counts as zero. */
    static long ordered(double value) {
        long bits = Double.doubleToLongBits(value + 0.0);
        return bits ^ ((bits >> 63) & Long.MAX_VALUE);
    }

    static double decimal(long code) {
        return Double.longBitsToDouble(code ^ ((code >> 63) & Long.MAX_VALUE));
    }
}
