package dev.tandem.flink;

import java.util.List;
import java.util.stream.Stream;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.functions.RichFilterFunction;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;

/** Keeps the events of some types. */
final class OfTypes extends RichFilterFunction<RowData> {
    private static final long serialVersionUID = 1L;

    private final int column;
    private final String[] names;
    private transient StringData[] types;

    OfTypes(List<String> columns, String[] names) {
        column = RowEvent.column(columns, "event_type");
        this.names = names;
    }

    @Override
    public void open(OpenContext context) {
        types = Stream.of(names).map(StringData::fromString).toArray(StringData[]::new);
    }

    @Override
    public boolean filter(RowData row) {
        StringData type = row.getString(column);
        for (StringData kept : types) {
            if (kept.equals(type)) {
                return true;
            }
        }
        return false;
    }
}
