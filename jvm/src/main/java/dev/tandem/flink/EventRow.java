package dev.tandem.flink;

import dev.tandem.contract.ContractDefinition;
import dev.tandem.contract.Field;
import dev.tandem.contract.ParsedEvent;
import java.util.List;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.binary.BinaryRowData;
import org.apache.flink.table.data.writer.BinaryRowWriter;

/**
 * An accepted event as Flink sends rows between tasks: chosen columns of the contract, then the event's place on the
 * topic, {@code partition} (INT) and {@code offset} (BIGINT). Valid until the next event.
 */
final class EventRow {
    private static final int PLACE_COLUMNS = 2;

    private final Field[] fields;
    private final int[] columns;
    private final int partition;
    private final int offset;
    private final BinaryRowData row;
    private final BinaryRowWriter writer;

    /**
     * A row of the contract's columns {@code names}, made of messages with the columns {@code messageColumns}, which
     * have {@code partition} and {@code offset}.
     */
    EventRow(List<String> names, List<String> messageColumns) {
        List<Field> all = ContractDefinition.packaged().columns();
        List<Field> chosen = fields(names);
        fields = chosen.toArray(Field[]::new);
        columns = chosen.stream().mapToInt(all::indexOf).toArray();
        partition = RowEvent.column(messageColumns, "partition");
        offset = RowEvent.column(messageColumns, "offset");
        row = new BinaryRowData(fields.length + PLACE_COLUMNS);
        writer = new BinaryRowWriter(row);
    }

    /** The contract's fields of these names, in the contract's order. */
    static List<Field> fields(List<String> names) {
        return ContractDefinition.packaged().columns().stream()
                .filter(field -> names.contains(field.name()))
                .toList();
    }

    RowData of(ParsedEvent event, RowData message) {
        writer.reset();
        for (int place = 0; place < fields.length; place++) {
            int column = columns[place];
            if (event.isNull(column)) {
                writer.setNullAt(place);
                continue;
            }
            switch (fields[place].type()) {
                case TEXT -> writer.writeBinary(place, event.text(column));
                case INTEGER -> writer.writeLong(place, event.integer(column));
                case NUMBER -> writer.writeDouble(place, event.number(column));
                case BOOLEAN -> writer.writeBoolean(place, event.bool(column));
            }
        }
        writer.writeInt(fields.length, message.getInt(partition));
        writer.writeLong(fields.length + 1, message.getLong(offset));
        writer.complete();
        return row;
    }
}
