package dev.tandem.features;

import java.util.Objects;
import java.util.Set;

/**
 * One feature: a function over the accepted events x of {@code sourceType} (and with {@code filter} true, where one
 * is named) that have the key of an event e and {@code lower <= x.event_time_ms <= e.event_time_ms}. The lower end
 * is {@code e.event_time_ms - windowMs}, rounded down to a multiple of {@code stepMs} where that is not zero.
 *
 * @param field the column that the function is of, or null
 * @param filter a BOOLEAN column, or null
 * @param on types of the events that get the feature; the others get NULL. Empty: all types
 */
public record Feature(
        String name,
        FeatureFunction function,
        String field,
        String sourceType,
        String filter,
        long windowMs,
        long stepMs,
        Set<String> on) implements java.io.Serializable {
    public static final long SHORTEST_WINDOW_MS = 1_000L;
    public static final long LONGEST_WINDOW_MS = 90L * 24 * 60 * 60 * 1_000;

    public Feature {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(function, "function");
        Objects.requireNonNull(sourceType, "source_type");
        on = Set.copyOf(on);
        if (windowMs < SHORTEST_WINDOW_MS || windowMs > LONGEST_WINDOW_MS) {
            throw new FeatureError(name, "window_ms: expected " + SHORTEST_WINDOW_MS + " to " + LONGEST_WINDOW_MS
                    + ", got " + windowMs);
        }
        if (stepMs < 0 || stepMs > windowMs) {
            throw new FeatureError(name, "step_ms: expected 0 to window_ms, got " + stepMs);
        }
        if (function.needsField() != (field != null)) {
            throw new FeatureError(name, function + (field == null ? " needs a field" : " takes no field"));
        }
    }

    /** Whether sums over aligned stretches of time are enough for it, once no event can end inside of them. */
    boolean isOfSums() {
        return stepMs > 0 && function.isOfSums();
    }

    /** The first event time that is in the window of an event at {@code timeMs}. */
    static long windowStart(long timeMs, long windowMs, long stepMs) {
        long start = timeMs - windowMs;
        return stepMs == 0 ? start : Math.floorDiv(start, stepMs) * stepMs;
    }
}
