package dev.tandem.contract;

import java.util.Arrays;
import java.util.concurrent.ThreadLocalRandom;

/** The names met so far in the objects of one message: tells a name that an object holds twice. */
final class NameTable {
    private static final int SLOTS_AT_FIRST = 64;

    /** Odd and not known to senders, so that nobody can make names that collide. */
    private final int multiplier = ThreadLocalRandom.current().nextInt() | 1;

    /** Entry number + 1 by hash, 0 for none; open addressing. */
    private int[] slots = new int[SLOTS_AT_FIRST];

    private int[] objects = new int[SLOTS_AT_FIRST];
    private int[] hashes = new int[SLOTS_AT_FIRST];
    private int[] ends = new int[SLOTS_AT_FIRST + 1];
    private int entries;

    /** The names behind one another, unescaped. */
    private final byte[] names;

    NameTable(int messageBytes) {
        names = new byte[messageBytes + Escapes.UNICODE_LENGTH];
    }

    void clear() {
        if (slots.length > SLOTS_AT_FIRST) {
            slots = new int[SLOTS_AT_FIRST];
        } else if (entries > 0) {
            Arrays.fill(slots, 0);
        }
        entries = 0;
    }

    /** Adds the name that the scanner has just taken; false where this object has it already. */
    boolean add(int object, JsonScanner name) {
        int begin = ends[entries];
        int end = Escapes.unescape(name.bytes, name.start, name.stop, names, begin);
        int hash = hash(object, begin, end);
        int slot = slotOf(object, hash, begin, end);
        if (slots[slot] != 0) {
            return false;
        }
        objects[entries] = object;
        hashes[entries] = hash;
        entries++;
        slots[slot] = entries;
        grow();
        ends[entries] = end;
        return true;
    }

    private int hash(int object, int begin, int end) {
        int hash = object;
        for (int i = begin; i < end; i++) {
            hash = (hash ^ names[i]) * multiplier;
            hash ^= hash >>> 15;
        }
        return hash ^ hash >>> 7;
    }

    private int slotOf(int object, int hash, int begin, int end) {
        int slot = hash & slots.length - 1;
        while (slots[slot] != 0 && !isSame(slots[slot] - 1, object, hash, begin, end)) {
            slot = slot + 1 & slots.length - 1;
        }
        return slot;
    }

    private boolean isSame(int entry, int object, int hash, int begin, int end) {
        return hashes[entry] == hash
                && objects[entry] == object
                && Arrays.equals(names, ends[entry], ends[entry + 1], names, begin, end);
    }

    private void grow() {
        if (entries * 2 <= slots.length) {
            return;
        }
        slots = new int[slots.length * 2];
        objects = Arrays.copyOf(objects, slots.length);
        hashes = Arrays.copyOf(hashes, slots.length);
        ends = Arrays.copyOf(ends, slots.length + 1);
        for (int entry = 0; entry < entries; entry++) {
            int slot = hashes[entry] & slots.length - 1;
            while (slots[slot] != 0) {
                slot = slot + 1 & slots.length - 1;
            }
            slots[slot] = entry + 1;
        }
    }
}
