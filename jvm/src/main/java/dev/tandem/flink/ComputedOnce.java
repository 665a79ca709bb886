package dev.tandem.flink;

import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.table.api.Table;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.DataType;

/** A table that is computed once however many queries read it: the optimiser does not see through a stream. */
public final class ComputedOnce {
    private ComputedOnce() {}

    public static Table of(StreamTableEnvironment environment, Table table) {
        return environment.fromDataStream(rows(environment, table));
    }

    static DataStream<RowData> rows(StreamTableEnvironment environment, Table table) {
        return environment.toDataStream(table, rowType(table));
    }

    static DataType rowType(Table table) {
        return table.getResolvedSchema().toPhysicalRowDataType().notNull().bridgedTo(RowData.class);
    }
}
