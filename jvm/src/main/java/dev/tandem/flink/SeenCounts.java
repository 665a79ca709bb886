package dev.tandem.flink;

import java.util.StringJoiner;
import org.apache.flink.table.annotation.DataTypeHint;
import org.apache.flink.table.functions.ScalarFunction;

/**
 * {@code seen_counts(seen_KEY)}: for each partition how many events were counted, their checksum as 16 hexadecimal
 * digits, and the first offset taken in, as a JSON object; NULL for NULL.
 */
public final class SeenCounts extends ScalarFunction {
    private static final long serialVersionUID = 1L;

    public String eval(@DataTypeHint("ARRAY<BIGINT NOT NULL>") long[] seen) {
        if (seen == null) {
            return null;
        }
        StringJoiner partitions = new StringJoiner(",", "{", "}");
        for (int at = SeenCells.FIRST_PARTITION; at < seen.length; at += SeenCells.PER_PARTITION) {
            partitions.add(String.format("\"%d\":{\"events\":%d,\"checksum\":\"%016x\",\"first_offset\":%d}",
                    seen[at], seen[at + SeenCells.EVENTS], seen[at + SeenCells.CHECKSUM],
                    seen[at + SeenCells.FIRST]));
        }
        return partitions.toString();
    }
}
