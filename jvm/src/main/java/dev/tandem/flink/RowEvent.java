package dev.tandem.flink;

import dev.tandem.features.Event;
import dev.tandem.features.FeaturePlan;
import java.util.List;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.apache.flink.table.types.logical.RowType;

/** A row of accepted events as the features see it. Valid until the next row. */
final class RowEvent implements Event {
    private final int id;
    private final int type;
    private final int timeMs;
    private final int partition;
    private final boolean partitionIsInt;
    private final int offset;
    private final int[] slots;
    private RowData row;
    private StringData lastType;
    private String lastTypeName;

    RowEvent(FeaturePlan plan, RowType rowType) {
        List<String> columns = rowType.getFieldNames();
        id = column(columns, "event_id");
        type = column(columns, "event_type");
        timeMs = column(columns, "event_time_ms");
        partition = column(columns, "partition");
        partitionIsInt = rowType.getTypeAt(partition).getTypeRoot() == LogicalTypeRoot.INTEGER;
        offset = column(columns, "offset");
        slots = plan.columns().stream().mapToInt(name -> column(columns, name)).toArray();
    }

    static int column(List<String> columns, String name) {
        int index = columns.indexOf(name);
        if (index < 0) {
            throw new IllegalArgumentException("windowed features: expected a column " + name + " among " + columns);
        }
        return index;
    }

    RowEvent of(RowData newRow) {
        row = newRow;
        return this;
    }

    @Override
    public byte[] id() {
        return row.getString(id).toBytes();
    }

    @Override
    public String type() {
        StringData name = row.getString(type);
        if (!name.equals(lastType)) {
            lastTypeName = name.toString();
            lastType = StringData.fromString(lastTypeName);
        }
        return lastTypeName;
    }

    @Override
    public long timeMs() {
        return row.getLong(timeMs);
    }

    @Override
    public int partition() {
        return partitionIsInt ? row.getInt(partition) : (int) row.getLong(partition);
    }

    @Override
    public long offset() {
        return row.getLong(offset);
    }

    @Override
    public boolean isNull(int slot) {
        return row.isNullAt(slots[slot]);
    }

    @Override
    public long integer(int slot) {
        return row.getLong(slots[slot]);
    }

    @Override
    public double number(int slot) {
        return row.getDouble(slots[slot]);
    }

    @Override
    public byte[] text(int slot) {
        return row.getString(slots[slot]).toBytes();
    }

    @Override
    public boolean truth(int slot) {
        return row.getBoolean(slots[slot]);
    }
}
