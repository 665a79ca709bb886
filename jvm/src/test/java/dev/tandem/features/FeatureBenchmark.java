package dev.tandem.features;

import dev.tandem.contract.FieldType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Events a second of the features alone, in order, by rows in the longest window and number of features. */
final class FeatureBenchmark {
    private static final int KEYS = 100;
    private static final int EVENTS = 400_000;

    private FeatureBenchmark() {}

    public static void main(String[] arguments) {
        for (int round = 0; round < 2; round++) {
            for (int features : new int[] {1, 3, 10}) {
                for (int rows : new int[] {10, 100, 1_000, 10_000}) {
                    System.out.printf("round %d, %2d features, %5d rows: %,9.0f events/s%n",
                            round, features, rows, rate(features(features, rows)));
                }
            }
        }
    }

    private static List<Feature> features(int count, int rows) {
        List<Feature> features = new ArrayList<>();
        FeatureFunction[] functions = {FeatureFunction.COUNT, FeatureFunction.SUM, FeatureFunction.AVG,
            FeatureFunction.MAX, FeatureFunction.STDDEV, FeatureFunction.COUNT_DISTINCT, FeatureFunction.MIN,
            FeatureFunction.MS_SINCE_PREVIOUS, FeatureFunction.FIRST_SEEN_MS, FeatureFunction.COUNT};
        for (int each = 0; each < count; each++) {
            FeatureFunction function = functions[each];
            String field = !function.needsField() ? null : function.needsValueIndex() ? "merchant_id" : "amount_cents";
            features.add(new Feature("f" + each, function, field, "transaction", null,
                    1_000L * rows / (1 + each % 3), 0, Set.of()));
        }
        return features;
    }

    private static double rate(List<Feature> features) {
        FeaturePlan plan = new FeaturePlan(features,
                Map.of("amount_cents", FieldType.INTEGER, "merchant_id", FieldType.TEXT), 10_000, 0);
        Map<Integer, KeyState> states = new HashMap<>();
        Map<Integer, MemoryNodes> stores = new HashMap<>();
        Object[] results = new Object[features.size()];
        Sample sample = new Sample();
        int keys = Math.max(1, Math.min(KEYS, EVENTS / 2 / (int) (features.get(0).windowMs() / 1_000)));
        int warm = EVENTS / 2;
        long started = 0;
        for (int each = 0; each < EVENTS; each++) {
            if (each == warm) {
                started = System.nanoTime();
            }
            int key = each % keys;
            sample.move(each, 1_000L * (each / keys));
            plan.process(sample, states.computeIfAbsent(key, any -> plan.newState()),
                    stores.computeIfAbsent(key, any -> new MemoryNodes(false)), results);
        }
        return (EVENTS - warm) * 1e9 / (System.nanoTime() - started);
    }

    /** One event that moves on. */
    private static final class Sample implements Event {
        private static final byte[][] MERCHANTS = new byte[500][];
        private long timeMs;
        private long offset;

        static {
            for (int each = 0; each < MERCHANTS.length; each++) {
                MERCHANTS[each] = ("merchant-" + each).getBytes(java.nio.charset.StandardCharsets.UTF_8);
            }
        }

        void move(long toOffset, long toTimeMs) {
            offset = toOffset;
            timeMs = toTimeMs;
        }

        @Override
        public byte[] id() {
            return MERCHANTS[0];
        }

        @Override
        public String type() {
            return "transaction";
        }

        @Override
        public long timeMs() {
            return timeMs;
        }

        @Override
        public int partition() {
            return 0;
        }

        @Override
        public long offset() {
            return offset;
        }

        @Override
        public boolean isNull(int slot) {
            return false;
        }

        @Override
        public long integer(int slot) {
            return offset * 2_654_435_761L >>> 44;
        }

        @Override
        public double number(int slot) {
            return 0;
        }

        @Override
        public byte[] text(int slot) {
            return MERCHANTS[(int) ((offset * 2_654_435_761L >>> 20) % MERCHANTS.length)];
        }

        @Override
        public boolean truth(int slot) {
            return true;
        }
    }
}
