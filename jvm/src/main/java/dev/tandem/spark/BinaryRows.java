package dev.tandem.spark;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.Arrays;
import org.apache.spark.sql.Row;
import org.postgresql.copy.CopyIn;

/**
 * Rows in the binary format of COPY: a signature, then for each row the number of fields and each field as its length
 * (-1 for NULL) and its bytes in network order, then -1 as the number of fields. PostgreSQL documentation, COPY,
 * "Binary Format".
 */
final class BinaryRows {
    private static final byte[] SIGNATURE = {'P', 'G', 'C', 'O', 'P', 'Y', '\n', (byte) 0xFF, '\r', '\n', 0};
    private static final int FLAGS_AND_EXTENSION_BYTES = 8;
    private static final int FLUSH_BYTES = 1 << 16;
    private static final int LONGEST_FIXED_FIELD_BYTES = 12;

    private final CopyIn copy;
    private final BinaryColumn[] columns;
    private ByteBuffer buffer = ByteBuffer.allocate(2 * FLUSH_BYTES);

    BinaryRows(CopyIn copy, BinaryColumn[] columns) {
        this.copy = copy;
        this.columns = columns;
        buffer.put(SIGNATURE).put(new byte[FLAGS_AND_EXTENSION_BYTES]);
    }

    void append(Row row) throws SQLException {
        reserve(Short.BYTES);
        buffer.putShort((short) columns.length);
        for (int column = 0; column < columns.length; column++) {
            reserve(LONGEST_FIXED_FIELD_BYTES);
            if (row.isNullAt(column)) {
                buffer.putInt(-1);
            } else {
                put(columns[column], row.get(column));
            }
        }
        if (buffer.position() >= FLUSH_BYTES) {
            flush();
        }
    }

    void end() throws SQLException {
        reserve(Short.BYTES);
        buffer.putShort((short) -1);
        flush();
        copy.endCopy();
    }

    private void put(BinaryColumn column, Object value) {
        switch (column) {
            case BOOLEAN -> buffer.putInt(1).put((byte) ((Boolean) value ? 1 : 0));
            case INTEGER -> buffer.putInt(Integer.BYTES).putInt(Math.toIntExact(((Number) value).longValue()));
            case BIGINT -> buffer.putInt(Long.BYTES).putLong(((Number) value).longValue());
            case DOUBLE -> buffer.putInt(Double.BYTES).putDouble(((Number) value).doubleValue());
            case TEXT -> put(((String) value).getBytes(StandardCharsets.UTF_8));
            case BYTES -> put((byte[]) value);
        }
    }

    private void put(byte[] bytes) {
        reserve(Integer.BYTES + bytes.length);
        buffer.putInt(bytes.length).put(bytes);
    }

    private void reserve(int bytes) {
        if (buffer.remaining() < bytes) {
            byte[] grown = Arrays.copyOf(buffer.array(), Math.max(2 * buffer.capacity(), buffer.position() + bytes));
            buffer = ByteBuffer.wrap(grown).position(buffer.position());
        }
    }

    private void flush() throws SQLException {
        copy.writeToCopy(buffer.array(), 0, buffer.position());
        buffer.clear();
    }
}
