package dev.tandem.flink;

import org.apache.flink.api.dag.Transformation;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.transformations.SourceTransformation;
import org.apache.flink.table.api.Table;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.DataType;

/** A table that is computed once however many queries read it: the optimiser does not see through a stream. */
public final class ComputedOnce {
    /** What the source of the topic of events is called in checkpoints. */
    static final String SOURCE_OF_EVENTS = "source-of-events";

    private ComputedOnce() {}

    public static Table of(StreamTableEnvironment environment, Table table) {
        return environment.fromDataStream(rows(environment, table));
    }

    /** The rows as a stream; the source that they come from keeps its state however the queries change. */
    static DataStream<RowData> rows(StreamTableEnvironment environment, Table table) {
        return rows(environment, table, SOURCE_OF_EVENTS);
    }

    /** As above; {@code source} is what checkpoints call the source, whatever it was called before. */
    static DataStream<RowData> rows(StreamTableEnvironment environment, Table table, String source) {
        DataStream<RowData> stream = environment.toDataStream(table, rowType(table));
        for (Transformation<?> before : stream.getTransformation().getTransitivePredecessors()) {
            if (before instanceof SourceTransformation<?, ?, ?>) {
                before.setUid(source);
            }
        }
        return stream;
    }

    static DataType rowType(Table table) {
        return table.getResolvedSchema().toPhysicalRowDataType().notNull().bridgedTo(RowData.class);
    }
}
