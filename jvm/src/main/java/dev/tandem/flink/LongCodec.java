package dev.tandem.flink;

import java.io.IOException;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** Whole numbers of either sign in 1 to 10 bytes, small ones in few. */
final class LongCodec {
    private static final int BITS = 7;
    private static final int MORE = 1 << BITS;

    private LongCodec() {}

    static void write(long value, DataOutputView target) throws IOException {
        long rest = value << 1 ^ value >> 63;
        while ((rest & -MORE) != 0) {
            target.writeByte((int) (rest & MORE - 1 | MORE));
            rest >>>= BITS;
        }
        target.writeByte((int) rest);
    }

    static long read(DataInputView source) throws IOException {
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
}
