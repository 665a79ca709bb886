package dev.tandem.flink;

import java.util.HashMap;
import java.util.Map;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.table.functions.ScalarFunction;

/** {@code count_alert(rule_id, alert)}: the alert as it came, counted in {@code alerts_raised} by rule. */
public final class CountAlert extends ScalarFunction {
    private static final long serialVersionUID = 1L;

    private transient MetricGroup metrics;
    private transient Map<String, Counter> raised;

    @Override
    public void open(FunctionContext context) {
        metrics = context.getMetricGroup();
        raised = new HashMap<>();
    }

    public String eval(String ruleId, String alert) {
        raised.computeIfAbsent(ruleId, rule -> metrics.addGroup("rule", rule).counter("alerts_raised")).inc();
        return alert;
    }

    @Override
    public boolean isDeterministic() {
        return false;
    }
}
