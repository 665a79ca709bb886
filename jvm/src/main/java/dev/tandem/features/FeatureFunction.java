package dev.tandem.features;

/** What a feature tells of the events in its window. */
public enum FeatureFunction {
    COUNT,
    COUNT_DISTINCT,
    SUM,
    AVG,
    MIN,
    MAX,
    STDDEV,
    /** Milliseconds since the event before this one. */
    MS_SINCE_PREVIOUS,
    /** Great-circle kilometres from the place of the event before this one. */
    DISTANCE_KM,
    /** Kilometres an hour from the place of the event before this one; null where no time has passed. */
    SPEED_KMH,
    /** When the field's value of this event was first seen, in milliseconds since the epoch. */
    FIRST_SEEN_MS,
    /** The field's value in the event before this one that has one. */
    PREVIOUS;

    boolean needsField() {
        return switch (this) {
            case COUNT, MS_SINCE_PREVIOUS, DISTANCE_KM, SPEED_KMH -> false;
            default -> true;
        };
    }

    boolean needsValueIndex() {
        return this == COUNT_DISTINCT || this == FIRST_SEEN_MS;
    }

    /** Whether sums of parts of a window can be put together. */
    boolean isOfSums() {
        return switch (this) {
            case COUNT, SUM, AVG, MIN, MAX, STDDEV -> true;
            default -> false;
        };
    }

    boolean needsPlace() {
        return this == DISTANCE_KM || this == SPEED_KMH;
    }
}
