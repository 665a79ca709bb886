package dev.tandem.features;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;

/** Features from a plain list of all that has arrived: slow, and with nothing in common with the trees. */
final class WindowOracle {
    private static final Comparator<Literal> ORDER = Comparator.comparingLong(Literal::timeMs)
            .thenComparingInt(Literal::partition)
            .thenComparingLong(Literal::offset);

    private final List<Literal> arrived = new ArrayList<>();

    void arrive(Literal event) {
        arrived.add(event);
    }

    Object feature(Feature feature, Literal event, long goneBeforeMs) {
        if (!feature.on().isEmpty() && !feature.on().contains(event.type())) {
            return null;
        }
        List<Literal> window = window(feature, event, goneBeforeMs);
        return switch (feature.function()) {
            case COUNT -> (long) window.size();
            case COUNT_DISTINCT -> window.stream().map(x -> x.values().get(feature.field()))
                    .filter(Objects::nonNull).distinct().count();
            case FIRST_SEEN_MS -> window.stream()
                    .filter(x -> event.values().get(feature.field()) != null)
                    .filter(x -> event.values().get(feature.field()).equals(x.values().get(feature.field())))
                    .map(Literal::timeMs).min(Long::compare).orElse(null);
            case MIN -> window.stream().map(x -> x.values().get(feature.field()))
                    .filter(Objects::nonNull).min(this::compare).orElse(null);
            case MAX -> window.stream().map(x -> x.values().get(feature.field()))
                    .filter(Objects::nonNull).max(this::compare).orElse(null);
            case SUM, AVG, STDDEV -> fromSums(feature, window);
            default -> fromPrevious(feature, event, window);
        };
    }

    private List<Literal> window(Feature feature, Literal event, long goneBeforeMs) {
        long start = event.timeMs() - feature.windowMs();
        long aligned = feature.stepMs() == 0 ? start : start - Math.floorMod(start, feature.stepMs());
        return arrived.stream()
                .filter(x -> x.type().equals(feature.sourceType()))
                .filter(x -> feature.filter() == null || Boolean.TRUE.equals(x.values().get(feature.filter())))
                .filter(x -> x.timeMs() >= aligned && x.timeMs() <= event.timeMs() && x.timeMs() >= goneBeforeMs)
                .toList();
    }

    private int compare(Object one, Object other) {
        return one instanceof Long
                ? Long.compare((Long) one, (Long) other)
                : Double.compare((Double) one, (Double) other);
    }

    private Object fromSums(Feature feature, List<Literal> window) {
        List<BigInteger> numbers = window.stream().map(x -> x.values().get(feature.field()))
                .filter(Objects::nonNull).map(x -> BigInteger.valueOf((Long) x)).toList();
        if (numbers.isEmpty()) {
            return null;
        }
        BigInteger sum = numbers.stream().reduce(BigInteger.ZERO, BigInteger::add);
        return switch (feature.function()) {
            case SUM -> sum.min(BigInteger.valueOf(Long.MAX_VALUE)).max(BigInteger.valueOf(Long.MIN_VALUE)).longValue();
            case AVG -> sum.doubleValue() / numbers.size();
            default -> deviation(numbers, sum);
        };
    }

    private Double deviation(List<BigInteger> numbers, BigInteger sum) {
        if (numbers.size() < 2) {
            return null;
        }
        BigDecimal mean = new BigDecimal(sum).divide(BigDecimal.valueOf(numbers.size()), MathContext.DECIMAL128);
        BigDecimal spread = numbers.stream().map(x -> new BigDecimal(x).subtract(mean).pow(2))
                .reduce(BigDecimal.ZERO, BigDecimal::add);
        return Math.sqrt(spread.divide(BigDecimal.valueOf(numbers.size() - 1), MathContext.DECIMAL128).doubleValue());
    }

    private Object fromPrevious(Feature feature, Literal event, List<Literal> window) {
        List<Literal> before = window.stream().filter(x -> ORDER.compare(x, event) < 0).sorted(ORDER).toList();
        if (feature.function() == FeatureFunction.MS_SINCE_PREVIOUS) {
            return before.isEmpty() ? null : event.timeMs() - before.get(before.size() - 1).timeMs();
        }
        if (feature.function() == FeatureFunction.PREVIOUS) {
            return before.stream().map(x -> x.values().get(feature.field())).filter(Objects::nonNull)
                    .reduce((one, next) -> next).orElse(null);
        }
        List<Literal> places = before.stream().filter(WindowOracle::hasPlace).toList();
        if (places.isEmpty() || !hasPlace(event)) {
            return null;
        }
        Literal last = places.get(places.size() - 1);
        double kilometres = Geography.distanceKm(degrees(last, "latitude"), degrees(last, "longitude"),
                degrees(event, "latitude"), degrees(event, "longitude"));
        if (feature.function() == FeatureFunction.DISTANCE_KM) {
            return kilometres;
        }
        long elapsedMs = event.timeMs() - last.timeMs();
        return elapsedMs == 0 ? null : kilometres * 3_600_000.0 / elapsedMs;
    }

    private static boolean hasPlace(Literal event) {
        return event.values().get("latitude") != null && event.values().get("longitude") != null;
    }

    private static double degrees(Literal event, String field) {
        return (Double) event.values().get(field);
    }
}
