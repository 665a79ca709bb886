package dev.tandem.flink;

import dev.tandem.contract.ContractDefinition;
import dev.tandem.contract.Field;
import dev.tandem.contract.FieldType;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.table.api.Table;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.IntType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;

/** Messages as the strict parser reads them, each once, whatever is asked of the tables. */
public final class ParsedMessages {
    private static final String PARSED = "parsed-messages";
    private static final String ACCEPTED = "accepted-events";

    private ParsedMessages() {}

    /**
     * The messages with the columns {@code reason}, {@code detail} (NULL for an accepted event) and those of the
     * contract. Only the columns that are read become values of Flink's.
     *
     * @param messages needs the columns message (BYTES) and append_time (TIMESTAMP_LTZ(3))
     */
    public static Table of(StreamTableEnvironment environment, Table messages) {
        RowType messageType = (RowType) ComputedOnce.rowType(messages).getLogicalType();
        List<RowType.RowField> fields = new ArrayList<>(messageType.getFields());
        LogicalType text = ColumnType.of(FieldType.TEXT);
        fields.add(new RowType.RowField("reason", text));
        fields.add(new RowType.RowField("detail", text));
        fields.addAll(columns(ContractDefinition.packaged().columns()));
        return parsed(environment, messages, new ParseMessages(messageType.getFieldNames()), fields, PARSED);
    }

    /**
     * The accepted events with the contract's columns that {@code names} has, {@code partition} and {@code offset}.
     * Each is written once, as it is sent between tasks: for rows of which most are sent.
     *
     * @param messages needs the columns message (BYTES), append_time (TIMESTAMP_LTZ(3)), partition (INT) and offset
     *     (BIGINT)
     */
    public static Table accepted(StreamTableEnvironment environment, Table messages, String[] names) {
        RowType messageType = (RowType) ComputedOnce.rowType(messages).getLogicalType();
        List<RowType.RowField> fields = new ArrayList<>(columns(EventRow.fields(List.of(names))));
        fields.add(new RowType.RowField("partition", new IntType(false)));
        fields.add(new RowType.RowField("offset", new BigIntType(false)));
        AcceptMessages accept = new AcceptMessages(messageType.getFieldNames(), List.of(names));
        return parsed(environment, messages, accept, fields, ACCEPTED);
    }

    private static Table parsed(
            StreamTableEnvironment environment,
            Table messages,
            ProcessFunction<RowData, RowData> parse,
            List<RowType.RowField> fields,
            String name) {
        DataStream<RowData> rows = ComputedOnce.rows(environment, messages)
                .process(parse, InternalTypeInfo.of(new RowType(false, fields)))
                .name(name);
        return environment.fromDataStream(rows);
    }

    private static List<RowType.RowField> columns(List<Field> fields) {
        return fields.stream()
                .map(field -> new RowType.RowField(field.name(), ColumnType.of(field.type())))
                .toList();
    }
}
