package dev.tandem.flink;

import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/**
 * Bytes of a state, put together before they are written: a checkpoint's stream takes a call for each write. Whole
 * numbers of either sign take 1 to 10 bytes, small ones few.
 */
final class StateBytes {
    private static final ThreadLocal<StateBytes> OF_THREAD = ThreadLocal.withInitial(StateBytes::new);
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
    private static final int BITS = 7;
    private static final int MORE = 1 << BITS;
    private static final int LONGEST_NUMBER = 10;

    private byte[] bytes = new byte[4096];
    private int size;

    private StateBytes() {}

    /** No bytes yet; valid until the next call in the same thread. */
    static StateBytes begin() {
        StateBytes empty = OF_THREAD.get();
        empty.size = 0;
        return empty;
    }

    void octet(int value) {
        reserve(1);
        bytes[size++] = (byte) value;
    }

    void number(long value) {
        reserve(LONGEST_NUMBER);
        long rest = value << 1 ^ value >> 63;
        while ((rest & -MORE) != 0) {
            bytes[size++] = (byte) (rest & MORE - 1 | MORE);
            rest >>>= BITS;
        }
        bytes[size++] = (byte) rest;
    }

    /** The first {@code count} of the numbers, in 8 bytes each. */
    void wholes(long[] numbers, int count) {
        reserve(count * Long.BYTES);
        for (int number = 0; number < count; number++, size += Long.BYTES) {
            LONGS.set(bytes, size, numbers[number]);
        }
    }

    /** The first {@code count} of the numbers, each as its difference from the one {@code stride} places before it. */
    void differences(long[] numbers, int count, int stride) {
        reserve(count * LONGEST_NUMBER);
        byte[] to = bytes;
        int at = size;
        for (int number = 0; number < count; number++) {
            long difference = numbers[number] - (number < stride ? 0 : numbers[number - stride]);
            long rest = difference << 1 ^ difference >> 63;
            while ((rest & -MORE) != 0) {
                to[at++] = (byte) (rest & MORE - 1 | MORE);
                rest >>>= BITS;
            }
            to[at++] = (byte) rest;
        }
        size = at;
    }

    /** A text or null. */
    void text(byte[] text) {
        number(text == null ? -1 : text.length);
        if (text != null) {
            reserve(text.length);
            System.arraycopy(text, 0, bytes, size, text.length);
            size += text.length;
        }
    }

    private void reserve(int more) {
        if (size + more > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(2 * bytes.length, size + more));
        }
    }

    void writeTo(DataOutputView target) throws IOException {
        target.write(bytes, 0, size);
    }

    static long readNumber(DataInputView source) throws IOException {
        long rest = 0;
        int shift = 0;
        int next;
        do {
            next = source.readByte();
            rest |= (long) (next & MORE - 1) << shift;
            shift += BITS;
        } while ((next & MORE) != 0);
        return rest >>> 1 ^ -(rest & 1);
    }

    static byte[] readText(DataInputView source) throws IOException {
        int length = (int) readNumber(source);
        if (length < 0) {
            return null;
        }
        byte[] text = new byte[length];
        source.readFully(text);
        return text;
    }
}
