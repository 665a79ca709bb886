package dev.tandem.features;

import java.util.Arrays;

/**
 * What was taken in of one key, by partition: the first and the last offset, and, of the events whose time is not
 * before {@link #countedFromMs}, how many they are and the sum modulo 2^64 of {@link #mix} over them. The latter two
 * say exactly whether a set of events is the one that was taken in.
 *
 * <p>Counts stand apart for the span of time that the newest event is in and for the one before it; older ones are
 * let go. So they cover every window that is no longer than a span, and do not grow with history.
 */
public final class Seen {
    private static final int FIRST = 1;
    private static final int LAST = 2;
    private static final int COUNTS = 3;
    private static final int CELLS = 7;
    private static final int SHOWN_CELLS = 5;
    private static final int PARTITION_SHIFT = 48;

    private long span;
    private long[] cells;

    /** Nothing yet. */
    Seen() {
        this(Long.MIN_VALUE, new long[0]);
    }

    /** As {@link #span} and {@link #cells} gave it. */
    public Seen(long span, long[] cells) {
        this.span = span;
        this.cells = cells;
    }

    Seen copy() {
        return new Seen(span, cells.clone());
    }

    /** Number of the span that the newest event is in. */
    public long span() {
        return span;
    }

    /**
     * For each partition, in the order of its first event: its number, first and last offset, then count and sum in
     * the newest span, then in the one before.
     */
    public long[] cells() {
        return cells;
    }

    /** A number that tells events apart by their place: splitmix64's finaliser over the place. */
    public static long mix(int partition, long offset) {
        long z = (long) partition << PARTITION_SHIFT ^ offset;
        z = (z ^ z >>> 30) * 0xbf58476d1ce4e5b9L;
        z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
        return z ^ z >>> 31;
    }

    void takeIn(int partition, long offset, long timeMs, long spanMs) {
        long spanOfEvent = Math.floorDiv(timeMs, spanMs);
        if (spanOfEvent > span) {
            moveTo(spanOfEvent);
        }
        int at = place(partition, offset);
        cells[at + FIRST] = Math.min(cells[at + FIRST], offset);
        cells[at + LAST] = Math.max(cells[at + LAST], offset);
        long age = span - spanOfEvent;
        if (age <= 1) {
            int counts = at + COUNTS + 2 * (int) age;
            cells[counts]++;
            cells[counts + 1] += mix(partition, offset);
        }
    }

    private void moveTo(long newest) {
        boolean isNext = span != Long.MIN_VALUE && newest == span + 1;
        span = newest;
        for (int at = COUNTS; at < cells.length; at += CELLS) {
            cells[at + 2] = isNext ? cells[at] : 0;
            cells[at + 3] = isNext ? cells[at + 1] : 0;
            cells[at] = 0;
            cells[at + 1] = 0;
        }
    }

    private int place(int partition, long offset) {
        int at = 0;
        while (at < cells.length && cells[at] != partition) {
            at += CELLS;
        }
        if (at == cells.length) {
            cells = Arrays.copyOf(cells, at + CELLS);
            cells[at] = partition;
            cells[at + FIRST] = offset;
            cells[at + LAST] = offset;
        }
        return at;
    }

    /** The event time from which on events are counted. */
    long countedFromMs(long spanMs) {
        return (span - 1) * spanMs;
    }

    /** {@link #countedFromMs}, then for each partition: its number, first and last offset, count and sum. */
    public long[] shown(long spanMs) {
        long[] shown = new long[1 + cells.length / CELLS * SHOWN_CELLS];
        shown[0] = countedFromMs(spanMs);
        for (int from = 0, to = 1; from < cells.length; from += CELLS, to += SHOWN_CELLS) {
            shown[to] = cells[from];
            shown[to + FIRST] = cells[from + FIRST];
            shown[to + LAST] = cells[from + LAST];
            shown[to + COUNTS] = cells[from + COUNTS] + cells[from + COUNTS + 2];
            shown[to + COUNTS + 1] = cells[from + COUNTS + 1] + cells[from + COUNTS + 3];
        }
        return shown;
    }
}
