package dev.tandem.flink;

import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.MapData;
import org.apache.flink.table.data.RawValueData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.types.RowKind;
import org.apache.flink.types.variant.Variant;

/** A row as it came into a step, and behind its columns those that the step adds. */
final class FeaturedRow implements RowData {
    final RowData event;
    final RowData added;
    private final int eventColumns;

    FeaturedRow(RowData event, RowData added) {
        this.event = event;
        this.added = added;
        eventColumns = event.getArity();
    }

    private RowData part(int column) {
        return column < eventColumns ? event : added;
    }

    private int place(int column) {
        return column < eventColumns ? column : column - eventColumns;
    }

    @Override
    public int getArity() {
        return eventColumns + added.getArity();
    }

    @Override
    public RowKind getRowKind() {
        return event.getRowKind();
    }

    @Override
    public void setRowKind(RowKind kind) {
        event.setRowKind(kind);
    }

    @Override
    public boolean isNullAt(int column) {
        return part(column).isNullAt(place(column));
    }

    @Override
    public boolean getBoolean(int column) {
        return part(column).getBoolean(place(column));
    }

    @Override
    public byte getByte(int column) {
        return part(column).getByte(place(column));
    }

    @Override
    public short getShort(int column) {
        return part(column).getShort(place(column));
    }

    @Override
    public int getInt(int column) {
        return part(column).getInt(place(column));
    }

    @Override
    public long getLong(int column) {
        return part(column).getLong(place(column));
    }

    @Override
    public float getFloat(int column) {
        return part(column).getFloat(place(column));
    }

    @Override
    public double getDouble(int column) {
        return part(column).getDouble(place(column));
    }

    @Override
    public StringData getString(int column) {
        return part(column).getString(place(column));
    }

    @Override
    public DecimalData getDecimal(int column, int precision, int scale) {
        return part(column).getDecimal(place(column), precision, scale);
    }

    @Override
    public TimestampData getTimestamp(int column, int precision) {
        return part(column).getTimestamp(place(column), precision);
    }

    @Override
    public <T> RawValueData<T> getRawValue(int column) {
        return part(column).getRawValue(place(column));
    }

    @Override
    public byte[] getBinary(int column) {
        return part(column).getBinary(place(column));
    }

    @Override
    public ArrayData getArray(int column) {
        return part(column).getArray(place(column));
    }

    @Override
    public MapData getMap(int column) {
        return part(column).getMap(place(column));
    }

    @Override
    public RowData getRow(int column, int columns) {
        return part(column).getRow(place(column), columns);
    }

    @Override
    public Variant getVariant(int column) {
        return part(column).getVariant(place(column));
    }
}
