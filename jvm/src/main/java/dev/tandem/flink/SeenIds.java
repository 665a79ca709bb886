package dev.tandem.flink;

import java.util.function.Function;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.RowType;

/**
 * The ids of a key's events, in two sets that take turns: an id is put into the set of the span of time that the
 * key's newest event is in, and a set is emptied when its turn comes again. So an id is remembered for one span at
 * least and two at most, and nothing is ever searched for what is old.
 */
final class SeenIds {
    private static final int SETS = 2;

    private final long spanMs;
    private final int idColumn;
    private final int timeColumn;
    private final MapState<String, Boolean> even;
    private final MapState<String, Boolean> odd;

    SeenIds(long spanMs, RowType rowType, Function<String, MapState<String, Boolean>> state) {
        this.spanMs = spanMs;
        idColumn = RowEvent.column(rowType.getFieldNames(), "event_id");
        timeColumn = RowEvent.column(rowType.getFieldNames(), "event_time_ms");
        even = state.apply("ids_even");
        odd = state.apply("ids_odd");
    }

    /** Whether the event came before; remembers it if not. {@code newestMs} is the key's newest time before it. */
    boolean hasHad(RowData row, long newestMs) throws Exception {
        String id = row.getString(idColumn).toString();
        if (even.contains(id) || odd.contains(id)) {
            return true;
        }
        long span = Math.floorDiv(Math.max(newestMs, row.getLong(timeColumn)), spanMs);
        if (newestMs != Long.MIN_VALUE && span > Math.floorDiv(newestMs, spanMs)) {
            startSpan(span, Math.floorDiv(newestMs, spanMs));
        }
        set(span).put(id, true);
        return false;
    }

    private void startSpan(long span, long before) {
        set(span).clear();
        if (span - before >= SETS) {
            set(span - 1).clear();
        }
    }

    private MapState<String, Boolean> set(long span) {
        return Math.floorMod(span, SETS) == 0 ? even : odd;
    }

    void clear() {
        even.clear();
        odd.clear();
    }
}
