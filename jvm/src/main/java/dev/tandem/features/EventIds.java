package dev.tandem.features;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * The ids of a key's events, as hashes of 128 bits in two trees that take turns: an id goes into the tree of the span
 * of event time that the key's newest event is in, and a tree is emptied when its turn comes again. So an id is
 * remembered for one span at least and two at most, and nothing is ever searched for what is old.
 */
final class EventIds {
    static final int TREES = 2;
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long[] NO_COLUMNS = {};
    private static final byte[][] NO_TEXTS = {};

    private final long spanMs;
    private final Tree[] trees = new Tree[TREES];

    EventIds(long spanMs, int firstTree) {
        this.spanMs = spanMs;
        for (int tree = 0; tree < TREES; tree++) {
            trees[tree] = new Tree(new Layout(new Measure[0], 0, 0, false), firstTree + tree);
        }
    }

    Tree[] trees() {
        return trees;
    }

    /** Remembers the id; gives whether it is new. {@code newestMs} is the key's newest event time before the event. */
    boolean takeIn(byte[] id, long timeMs, long newestMs) {
        Key key = new Key(null, hash(id, 0x9e3779b97f4a7c15L), hash(id, 0xc2b2ae3d27d4eb4fL), 0);
        if (trees[0].contains(key) || trees[1].contains(key)) {
            return false;
        }
        long span = Math.floorDiv(Math.max(newestMs, timeMs), spanMs);
        if (newestMs != Long.MIN_VALUE && span > Math.floorDiv(newestMs, spanMs)) {
            startSpan(span, Math.floorDiv(newestMs, spanMs));
        }
        tree(span).insert(new Row(key, 0, NO_COLUMNS, NO_TEXTS));
        return true;
    }

    private void startSpan(long span, long before) {
        tree(span).clear();
        if (span - before >= TREES) {
            tree(span - 1).clear();
        }
    }

    private Tree tree(long span) {
        return trees[(int) Math.floorMod(span, (long) TREES)];
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
