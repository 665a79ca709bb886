package dev.tandem.flink;

import java.util.StringJoiner;
import org.apache.flink.table.annotation.DataTypeHint;
import org.apache.flink.table.functions.ScalarFunction;

/** {@code seen_offsets(seen_KEY)}: the last offset taken in of each partition, as a JSON object; NULL for NULL. */
public final class SeenOffsets extends ScalarFunction {
    private static final long serialVersionUID = 1L;

    public String eval(@DataTypeHint("ARRAY<BIGINT NOT NULL>") long[] seen) {
        if (seen == null) {
            return null;
        }
        StringJoiner partitions = new StringJoiner(",", "{", "}");
        for (int at = SeenCells.FIRST_PARTITION; at < seen.length; at += SeenCells.PER_PARTITION) {
            partitions.add("\"" + seen[at] + "\":" + seen[at + SeenCells.LAST]);
        }
        return partitions.toString();
    }
}
