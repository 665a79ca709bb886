package dev.tandem.features;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/** An event with its columns by name, for tests. */
public record Literal(String type, long timeMs, int partition, long offset, Map<String, Object> values) {
    public Event on(FeaturePlan plan) {
        List<String> columns = plan.columns();
        Literal literal = this;
        return new Event() {
            @Override
            public byte[] id() {
                return (literal.partition + "-" + literal.offset).getBytes(StandardCharsets.UTF_8);
            }

            @Override
            public String type() {
                return literal.type;
            }

            @Override
            public long timeMs() {
                return literal.timeMs;
            }

            @Override
            public int partition() {
                return literal.partition;
            }

            @Override
            public long offset() {
                return literal.offset;
            }

            @Override
            public boolean isNull(int slot) {
                return literal.values.get(columns.get(slot)) == null;
            }

            @Override
            public long integer(int slot) {
                return (Long) literal.values.get(columns.get(slot));
            }

            @Override
            public double number(int slot) {
                return (Double) literal.values.get(columns.get(slot));
            }

            @Override
            public byte[] text(int slot) {
                return ((String) literal.values.get(columns.get(slot))).getBytes(StandardCharsets.UTF_8);
            }

            @Override
            public boolean truth(int slot) {
                return (Boolean) literal.values.get(columns.get(slot));
            }
        };
    }
}
