package dev.tandem.contract;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/** Finds a known name by its bytes, without making a String. */
final class NameIndex {
    private final byte[][] names;

    /** Number of the name + 1 by hash, 0 for none; open addressing, at most a quarter full. */
    private final int[] slots;

    NameIndex(List<String> known) {
        names = known.stream().map(name -> name.getBytes(StandardCharsets.UTF_8)).toArray(byte[][]::new);
        slots = new int[Integer.highestOneBit(Math.max(known.size(), 1)) * 8];
        for (int number = 0; number < names.length; number++) {
            int slot = hash(names[number], 0, names[number].length);
            while (slots[slot] != 0) {
                slot = slot + 1 & slots.length - 1;
            }
            slots[slot] = number + 1;
        }
    }

    /** The number of the name that these bytes spell, or -1. */
    int find(byte[] bytes, int start, int stop) {
        if (start == stop) {
            return -1;
        }
        int slot = hash(bytes, start, stop);
        while (slots[slot] != 0) {
            byte[] name = names[slots[slot] - 1];
            if (Arrays.equals(name, 0, name.length, bytes, start, stop)) {
                return slots[slot] - 1;
            }
            slot = slot + 1 & slots.length - 1;
        }
        return -1;
    }

    private int hash(byte[] bytes, int start, int stop) {
        int hash = (stop - start) * 31 + bytes[start] * 7 + bytes[stop - 1] * 113 + bytes[(start + stop) >>> 1] * 517;
        return (hash ^ hash >>> 5) & slots.length - 1;
    }
}
