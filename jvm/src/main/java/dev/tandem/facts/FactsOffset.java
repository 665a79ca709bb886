package dev.tandem.facts;

import java.util.Map;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.table.functions.FunctionContext;

/** {@code facts_offset()}: the offset of the last fact taken in so far, -1 without any; another value at every call. */
public final class FactsOffset extends FactFunction {
    private static final long serialVersionUID = 1L;

    public FactsOffset(Map<String, String> connection, String topic) {
        super(connection, topic);
    }

    @Override
    public void open(FunctionContext context) throws Exception {
        super.open(context);
        context.getMetricGroup().gauge("facts_offset", (Gauge<Long>) () -> facts().lastOffset());
        context.getMetricGroup().gauge("facts_refused", (Gauge<Long>) () -> facts().refused());
    }

    public long eval() {
        return facts().lastOffset();
    }

    @Override
    public boolean isDeterministic() {
        return false;
    }
}
