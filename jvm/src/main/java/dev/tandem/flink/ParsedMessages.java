package dev.tandem.flink;

import dev.tandem.contract.ContractDefinition;
import dev.tandem.contract.Field;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.table.api.Table;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.BooleanType;
import org.apache.flink.table.types.logical.DoubleType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.VarCharType;

/**
 * Messages with what the strict parser says of them. Each is parsed once, whatever is asked of the table, and only the
 * columns that are read become values of Flink's.
 */
public final class ParsedMessages {
    private static final String NAME = "parsed-messages";

    private ParsedMessages() {}

    /**
     * The messages with the columns {@code reason}, {@code detail} (NULL for an accepted event) and those of the
     * contract.
     *
     * @param messages needs the columns message (BYTES) and append_time (TIMESTAMP_LTZ(3))
     */
    public static Table of(StreamTableEnvironment environment, Table messages) {
        RowType messageType = (RowType) ComputedOnce.rowType(messages).getLogicalType();
        List<RowType.RowField> fields = new ArrayList<>(messageType.getFields());
        LogicalType text = new VarCharType(VarCharType.MAX_LENGTH);
        fields.add(new RowType.RowField("reason", text));
        fields.add(new RowType.RowField("detail", text));
        for (Field field : ContractDefinition.packaged().columns()) {
            fields.add(new RowType.RowField(field.name(), logical(field)));
        }
        DataStream<RowData> parsed = ComputedOnce.rows(environment, messages)
                .process(new ParseMessages(messageType.getFieldNames()),
                        InternalTypeInfo.of(new RowType(false, fields)))
                .name(NAME);
        return environment.fromDataStream(parsed);
    }

    private static LogicalType logical(Field field) {
        return switch (field.type()) {
            case TEXT -> new VarCharType(VarCharType.MAX_LENGTH);
            case INTEGER -> new BigIntType();
            case NUMBER -> new DoubleType();
            case BOOLEAN -> new BooleanType();
        };
    }
}
