package dev.tandem.flink;

import java.util.List;
import org.apache.flink.api.java.functions.KeySelector;
import org.apache.flink.table.data.RowData;

/**
 * The key of an event. Events without one have no state, so they go by user: their mark, a control character, is in
 * no accepted text.
 */
final class EventKey implements KeySelector<RowData, String> {
    private static final long serialVersionUID = 1L;
    private static final char OF_NULL = '\u0000';

    private final int column;
    private final int user;

    EventKey(String key, List<String> columns) {
        column = RowEvent.column(columns, key);
        user = RowEvent.column(columns, "user_id");
    }

    @Override
    public String getKey(RowData row) {
        return row.isNullAt(column) ? OF_NULL + row.getString(user).toString() : row.getString(column).toString();
    }

    static boolean isOfNull(String key) {
        return !key.isEmpty() && key.charAt(0) == OF_NULL;
    }
}
