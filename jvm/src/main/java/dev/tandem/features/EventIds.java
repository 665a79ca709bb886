package dev.tandem.features;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * The ids of a key's events, as hashes of 128 bits in two sets that take turns: an id goes into the set of the span
 * of event time that the key's newest event is in, and a set is emptied when its turn comes again. So an id is
 * remembered for one span at least and two at most, and nothing is ever searched for what is old.
 */
final class EventIds {
    static final int SETS = 2;
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private final long spanMs;
    private final IdSet[] sets = new IdSet[SETS];

    EventIds(long spanMs, int firstIndex) {
        this.spanMs = spanMs;
        for (int set = 0; set < SETS; set++) {
            sets[set] = new IdSet(firstIndex + set, set);
        }
    }

    IdSet[] sets() {
        return sets;
    }

    /** Remembers the id; gives whether it is new. {@code newestMs} is the key's newest event time before the event. */
    boolean takeIn(byte[] id, long timeMs, long newestMs) {
        long high = hash(id, 0x9e3779b97f4a7c15L);
        long low = hash(id, 0xc2b2ae3d27d4eb4fL);
        long span = Math.floorDiv(Math.max(newestMs, timeMs), spanMs);
        if (set(span - 1).contains(high, low)) {
            return false;
        }
        if (newestMs != Long.MIN_VALUE && span > Math.floorDiv(newestMs, spanMs)) {
            if (set(span).contains(high, low)) {
                return false;
            }
            startSpan(span, Math.floorDiv(newestMs, spanMs));
        }
        return set(span).add(high, low);
    }

    private void startSpan(long span, long before) {
        set(span).clear();
        if (span - before >= SETS) {
            set(span - 1).clear();
        }
    }

    private IdSet set(long span) {
        return sets[(int) Math.floorMod(span, (long) SETS)];
    }

    /** 64 bits of the id, others for another factor (odd). */
    static long hash(byte[] id, long factor) {
        long hash = id.length * factor;
        int at = 0;
        for (; at + Long.BYTES <= id.length; at += Long.BYTES) {
            hash = stirred(hash ^ (long) LONGS.get(id, at), factor);
        }
        for (; at < id.length; at++) {
            hash = stirred(hash ^ id[at], factor);
        }
        return stirred(hash, factor);
    }

    private static long stirred(long hash, long factor) {
        long product = (hash ^ hash >>> 32) * factor;
        return product ^ product >>> 29;
    }
}
