package dev.tandem.flink;

import dev.tandem.features.TreeState;
import java.util.StringJoiner;
import org.apache.flink.table.annotation.DataTypeHint;
import org.apache.flink.table.functions.ScalarFunction;

/**
 * {@code held_from(expired_KEY, 'transaction,payment')}: for each source type, in the order of the step, the event
 * time before which rows were gone, as a JSON object; a type of which nothing was gone is absent. NULL for NULL.
 */
public final class HeldFrom extends ScalarFunction {
    private static final long serialVersionUID = 1L;

    public String eval(@DataTypeHint("ARRAY<BIGINT NOT NULL>") long[] expiredBeforeMs, String sourceTypes) {
        if (expiredBeforeMs == null) {
            return null;
        }
        StringJoiner types = new StringJoiner(",", "{", "}");
        String[] names = sourceTypes.split(",");
        for (int type = 0; type < expiredBeforeMs.length; type++) {
            if (expiredBeforeMs[type] != TreeState.NOTHING_EXPIRED) {
                types.add("\"" + names[type] + "\":" + expiredBeforeMs[type]);
            }
        }
        return types.toString();
    }
}
