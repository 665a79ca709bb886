package dev.tandem.flink;

import dev.tandem.contract.ParsedEvent;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.MapData;
import org.apache.flink.table.data.RawValueData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.types.RowKind;
import org.apache.flink.types.variant.Variant;

/**
 * The outcome of parsing as a row: reason, detail, then the contract's columns. Only what is asked for is made into
 * Flink's values: most rows are dropped by a filter that reads a few columns. Valid until the parser's next message.
 */
final class MessageRow implements RowData {
    static final int COLUMNS_BEFORE_FIELDS = 2;

    private final int arity;
    private final StringData[] reasons;
    private ParsedEvent event;

    /** A row of so many fields of the contract; {@code reasons} are the texts of the reasons by their ordinal. */
    MessageRow(int fields, StringData[] reasons) {
        arity = COLUMNS_BEFORE_FIELDS + fields;
        this.reasons = reasons;
    }

    MessageRow of(ParsedEvent parsed) {
        event = parsed;
        return this;
    }

    @Override
    public int getArity() {
        return arity;
    }

    @Override
    public RowKind getRowKind() {
        return RowKind.INSERT;
    }

    @Override
    public void setRowKind(RowKind kind) {
        if (kind != RowKind.INSERT) {
            throw new UnsupportedOperationException("parsed messages are only ever added, not " + kind);
        }
    }

    @Override
    public boolean isNullAt(int column) {
        return column < COLUMNS_BEFORE_FIELDS
                ? event.reason() == null
                : event.isNull(column - COLUMNS_BEFORE_FIELDS);
    }

    @Override
    public StringData getString(int column) {
        return switch (column) {
            case 0 -> reasons[event.reason().ordinal()];
            case 1 -> StringData.fromString(event.detail());
            default -> StringData.fromBytes(event.text(column - COLUMNS_BEFORE_FIELDS));
        };
    }

    @Override
    public long getLong(int column) {
        return event.integer(column - COLUMNS_BEFORE_FIELDS);
    }

    @Override
    public double getDouble(int column) {
        return event.number(column - COLUMNS_BEFORE_FIELDS);
    }

    @Override
    public boolean getBoolean(int column) {
        return event.bool(column - COLUMNS_BEFORE_FIELDS);
    }

    @Override
    public byte getByte(int column) {
        throw noSuchType(column);
    }

    @Override
    public short getShort(int column) {
        throw noSuchType(column);
    }

    @Override
    public int getInt(int column) {
        throw noSuchType(column);
    }

    @Override
    public float getFloat(int column) {
        throw noSuchType(column);
    }

    @Override
    public DecimalData getDecimal(int column, int precision, int scale) {
        throw noSuchType(column);
    }

    @Override
    public TimestampData getTimestamp(int column, int precision) {
        throw noSuchType(column);
    }

    @Override
    public <T> RawValueData<T> getRawValue(int column) {
        throw noSuchType(column);
    }

    @Override
    public byte[] getBinary(int column) {
        throw noSuchType(column);
    }

    @Override
    public ArrayData getArray(int column) {
        throw noSuchType(column);
    }

    @Override
    public MapData getMap(int column) {
        throw noSuchType(column);
    }

    @Override
    public RowData getRow(int column, int columns) {
        throw noSuchType(column);
    }

    @Override
    public Variant getVariant(int column) {
        throw noSuchType(column);
    }

    private static UnsupportedOperationException noSuchType(int column) {
        return new UnsupportedOperationException(
                "column " + column + ": expected a text, BIGINT, DOUBLE or BOOLEAN, as the contract has");
    }
}
