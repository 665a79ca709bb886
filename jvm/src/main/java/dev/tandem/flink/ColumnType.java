package dev.tandem.flink;

import dev.tandem.contract.FieldType;
import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.BooleanType;
import org.apache.flink.table.types.logical.DoubleType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.VarCharType;

/** What Flink calls the types of fields and features; each may be NULL. */
final class ColumnType {
    private ColumnType() {}

    static LogicalType of(FieldType type) {
        return switch (type) {
            case TEXT -> new VarCharType(VarCharType.MAX_LENGTH);
            case INTEGER -> new BigIntType();
            case NUMBER -> new DoubleType();
            case BOOLEAN -> new BooleanType();
        };
    }
}
