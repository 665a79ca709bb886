package dev.tandem.features;

import dev.tandem.contract.FieldType;
import java.util.List;
import java.util.function.Function;

/** One feature tied to what is kept for it. */
final class FeatureBinding {
    private static final double MS_PER_HOUR = 3_600_000.0;

    private final Feature feature;
    private final SourcePlan.Wanted wanted;
    private final SourcePlan.WantedValues values;
    private final FieldCode field;
    private final int stored;
    private final FieldCode latitude;
    private final FieldCode longitude;
    private final int latitudeColumn;
    private final int longitudeColumn;

    private FeatureBinding(Feature feature, SourcePlan plan, Function<String, FieldCode> fields) {
        this.feature = feature;
        FeatureFunction function = feature.function();
        field = feature.field() == null ? null : fields.apply(feature.field());
        boolean place = function.needsPlace();
        latitude = place ? fields.apply("latitude") : null;
        longitude = place ? fields.apply("longitude") : null;
        latitudeColumn = place ? plan.column("latitude") : -1;
        longitudeColumn = place ? plan.column("longitude") : -1;
        if (function.needsValueIndex()) {
            stored = plan.text(feature.field());
            values = plan.values(feature.filter(), feature.field(), function == FeatureFunction.COUNT_DISTINCT);
            wanted = values.present;
        } else {
            values = null;
            stored = storedField(plan);
            wanted = measure(plan);
        }
        markParts(plan);
    }

    static FeatureBinding plan(Feature feature, SourcePlan plan, Function<String, FieldCode> fields) {
        return new FeatureBinding(feature, plan, fields);
    }

    private int storedField(SourcePlan plan) {
        if (field == null) {
            return -1;
        }
        return field.type() == FieldType.TEXT ? plan.text(feature.field()) : plan.column(feature.field());
    }

    private SourcePlan.Wanted measure(SourcePlan plan) {
        return switch (feature.function()) {
            case COUNT, MS_SINCE_PREVIOUS -> plan.measure(feature.filter(), null);
            case DISTANCE_KM, SPEED_KMH -> plan.measure(feature.filter(), null, "latitude", "longitude");
            case PREVIOUS -> plan.measure(feature.filter(), null, feature.field());
            default -> {
                if (field.type() == FieldType.TEXT || field.type() == FieldType.BOOLEAN) {
                    throw new FeatureError(feature.name(), feature.function() + " needs a column of numbers, got "
                            + feature.field());
                }
                yield plan.measure(feature.filter(), feature.field(), feature.field());
            }
        };
    }

    private void markParts(SourcePlan plan) {
        switch (feature.function()) {
            case SUM, AVG -> {
                plan.requireWholeNumbers(feature);
                wanted.parts.sum = true;
            }
            case STDDEV -> {
                plan.requireWholeNumbers(feature);
                wanted.parts.sum = true;
                wanted.parts.squares = true;
            }
            case MIN -> wanted.parts.min = true;
            case MAX -> wanted.parts.max = true;
            default -> { }
        }
    }

    boolean isOn(String type) {
        return feature.on().isEmpty() || feature.on().contains(type);
    }

    /** The measures that the feature needs of its whole window. */
    List<Measure> summedUp() {
        return switch (feature.function()) {
            case COUNT, SUM, AVG, MIN, MAX, STDDEV -> List.of(wanted.measure);
            case COUNT_DISTINCT -> List.of(values.last.measure);
            default -> List.of();
        };
    }

    FeatureValue bind(Source source, Range range) {
        Measure measure = wanted.measure;
        long[] sums = range.summary;
        return switch (feature.function()) {
            case COUNT -> (event, key, fromMs) -> measure.count(sums, 0);
            case SUM -> (event, key, fromMs) ->
                    measure.count(sums, 0) == 0 ? null : (Object) measure.sum(sums).saturated();
            case AVG -> (event, key, fromMs) ->
                    measure.count(sums, 0) == 0 ? null : (Object) (measure.sum(sums).nearest() / measure.count(sums, 0));
            case MIN -> (event, key, fromMs) ->
                    measure.count(sums, 0) == 0 ? null : field.value(measure.min(sums, 0));
            case MAX -> (event, key, fromMs) ->
                    measure.count(sums, 0) == 0 ? null : field.value(measure.max(sums, 0));
            case STDDEV -> (event, key, fromMs) -> measure.count(sums, 0) < 2 ? null : (Object) Int128.sampleDeviation(
                    measure.count(sums, 0), measure.sum(sums), measure.squares(sums));
            case COUNT_DISTINCT -> countDistinct(source, range);
            case FIRST_SEEN_MS -> firstSeen(values.index);
            case MS_SINCE_PREVIOUS -> timeSincePrevious(new Previous(source.rows));
            case PREVIOUS -> previousValue(new Previous(source.rows));
            case DISTANCE_KM -> distance(new Previous(source.rows));
            case SPEED_KMH -> speed(new Previous(source.rows));
        };
    }

    /**
     * Every value in the window has one row there whose forerunner of the same value is before the window. Up to
     * the newest event that is the number of last rows; for an earlier end, less the values first met behind it.
     */
    private FeatureValue countDistinct(Source source, Range range) {
        Measure present = values.present.measure;
        Measure last = values.last.measure;
        Range toNewest = new Range(source.rows, new Measure[] {last});
        return (event, key, fromMs) -> {
            long newestMs = source.rows.tree().newestMs;
            if (key.timeMs >= newestMs) {
                return last.count(range.summary, 0);
            }
            if (fromMs > key.timeMs) {
                return 0L;
            }
            toNewest.sumUp(fromMs, newestMs);
            return last.count(toNewest.summary, 0) - toNewest.countBelow(present, key.timeMs, fromMs);
        };
    }

    private FeatureValue firstSeen(ValueIndex index) {
        return (event, key, fromMs) -> {
            if (event.isNull(field.slot())) {
                return null;
            }
            Key first = index.from(new Key(field.bytes(event), fromMs, Long.MIN_VALUE, Long.MIN_VALUE));
            return first == null || first.timeMs > key.timeMs ? null : (Object) first.timeMs;
        };
    }

    private FeatureValue timeSincePrevious(Previous previous) {
        return (event, key, fromMs) -> previous.find(wanted.measure, key, fromMs)
                ? (Object) (key.timeMs - previous.leaf.time(previous.row))
                : null;
    }

    private FeatureValue previousValue(Previous previous) {
        boolean text = field.type() == FieldType.TEXT;
        return (event, key, fromMs) -> {
            if (!previous.find(wanted.measure, key, fromMs)) {
                return null;
            }
            return text ? previous.text(stored) : field.value(previous.column(stored));
        };
    }

    private FeatureValue distance(Previous previous) {
        return (event, key, fromMs) -> {
            if (event.isNull(latitude.slot()) || event.isNull(longitude.slot())
                    || !previous.find(wanted.measure, key, fromMs)) {
                return null;
            }
            return Geography.distanceKm(
                    FieldCode.decimal(previous.column(latitudeColumn)),
                    FieldCode.decimal(previous.column(longitudeColumn)),
                    event.number(latitude.slot()), event.number(longitude.slot()));
        };
    }

    private FeatureValue speed(Previous previous) {
        FeatureValue distance = distance(previous);
        return (event, key, fromMs) -> {
            Object kilometres = distance.of(event, key, fromMs);
            if (kilometres == null || key.timeMs == previous.leaf.time(previous.row)) {
                return null;
            }
            return (double) kilometres * MS_PER_HOUR / (key.timeMs - previous.leaf.time(previous.row));
        };
    }
}
