package dev.tandem.facts;

import java.util.Arrays;
import java.util.Comparator;

/**
 * What a fact says about its subject, for event times from {@code fromMs} to before {@code untilMs}.
 *
 * @param value a Long or a Double (parameter), a Boolean (list entry) or a String (mode, risk level)
 */
record DatedValue(long offset, long fromMs, long untilMs, Object value) {
    static final long NO_END = Long.MAX_VALUE;

    private static final Comparator<DatedValue> NEWEST_FIRST =
            Comparator.comparingLong(DatedValue::fromMs).thenComparingLong(DatedValue::offset).reversed();

    /** Whether a decision that knew the facts up to {@code factsOffset} had it for this event time. */
    boolean holdsAt(long eventTimeMs, long factsOffset) {
        return offset <= factsOffset && fromMs <= eventTimeMs && eventTimeMs < untilMs;
    }

    /** The values with one more, the newest start first, and of equal starts the greatest offset. */
    static DatedValue[] with(DatedValue[] values, DatedValue more) {
        DatedValue[] longer = values == null ? new DatedValue[1] : Arrays.copyOf(values, values.length + 1);
        longer[longer.length - 1] = more;
        Arrays.sort(longer, NEWEST_FIRST);
        return longer;
    }
}
