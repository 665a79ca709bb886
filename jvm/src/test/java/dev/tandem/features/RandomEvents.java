package dev.tandem.features;

import dev.tandem.contract.FieldType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/** Random features and events of one key: nulls, equal times, late events, two partitions. */
public final class RandomEvents {
    public static final Map<String, FieldType> COLUMNS = Map.of(
            "amount_cents", FieldType.INTEGER,
            "merchant_id", FieldType.TEXT,
            "score", FieldType.INTEGER,
            "latitude", FieldType.NUMBER,
            "longitude", FieldType.NUMBER,
            "is_large", FieldType.BOOLEAN);

    private final Random random;
    private final int latenessMs;
    private long clockMs = 1_700_000_000_000L;
    private long offset;

    public RandomEvents(long seed, int latenessMs) {
        random = new Random(seed);
        this.latenessMs = latenessMs;
    }

    public List<Feature> features(int count) {
        List<Feature> features = new ArrayList<>();
        for (int each = 0; each < count; each++) {
            FeatureFunction function = FeatureFunction.values()[random.nextInt(FeatureFunction.values().length)];
            long windowMs = 1_000L + random.nextInt(120_000);
            long stepMs = random.nextInt(3) == 0 ? 1 + random.nextInt((int) windowMs) : 0;
            features.add(new Feature("feature_" + each, function, field(function),
                    random.nextInt(4) == 0 ? "payment" : "transaction",
                    random.nextInt(3) == 0 ? "is_large" : null, windowMs, stepMs,
                    random.nextInt(3) == 0 ? Set.of("transaction") : Set.of()));
        }
        return features;
    }

    private String field(FeatureFunction function) {
        return switch (function) {
            case SUM, AVG, STDDEV -> random.nextBoolean() ? "amount_cents" : "score";
            case MIN, MAX -> random.nextBoolean() ? "amount_cents" : "latitude";
            case COUNT_DISTINCT, FIRST_SEEN_MS, PREVIOUS -> random.nextBoolean() ? "merchant_id" : "score";
            default -> null;
        };
    }

    public Literal next() {
        clockMs += random.nextInt(3) == 0 ? 0 : random.nextInt(400);
        long timeMs = random.nextInt(5) == 0 ? clockMs - random.nextInt(latenessMs) : clockMs;
        Map<String, Object> values = new HashMap<>();
        put(values, "amount_cents", random.nextInt(10) == 0 ? 99_999_999_999_999L : (long) random.nextInt(1_000));
        put(values, "merchant_id", "m" + (random.nextBoolean() ? random.nextInt(4) : random.nextInt(200)));
        put(values, "score", (long) random.nextInt(9) - 4);
        put(values, "latitude", random.nextInt(180) - 90.0);
        put(values, "longitude", random.nextInt(360) - 180.0);
        put(values, "is_large", random.nextBoolean());
        String type = List.of("transaction", "transaction", "payment", "label").get(random.nextInt(4));
        return new Literal(type, timeMs, random.nextInt(2), offset++, values);
    }

    private void put(Map<String, Object> values, String name, Object value) {
        if (random.nextInt(8) > 0) {
            values.put(name, value);
        }
    }
}
