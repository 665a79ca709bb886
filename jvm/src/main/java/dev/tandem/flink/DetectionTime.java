package dev.tandem.flink;

import org.apache.flink.table.functions.ScalarFunction;

/** {@code now_ms()}: the clock at this row in milliseconds since the epoch; another value at every call. */
public final class DetectionTime extends ScalarFunction {
    private static final long serialVersionUID = 1L;

    public long eval() {
        return System.currentTimeMillis();
    }

    @Override
    public boolean isDeterministic() {
        return false;
    }
}
