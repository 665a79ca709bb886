package dev.tandem.features;

import java.util.Arrays;

/** All that is kept for one key beside the nodes below the roots: the trees, and what was taken in. */
public final class KeyState {
    private static final int CELLS_PER_PARTITION = 3;

    final TreeState[] trees;
    long nextNode;
    /** For each partition that events of this key came from: its number, the last offset, how many events. */
    long[] seen;

    /** The latest event time among all events taken in, of whatever type. */
    long newestMs;

    public KeyState(TreeState[] trees, long nextNode, long[] seen, long newestMs) {
        this.trees = trees;
        this.nextNode = nextNode;
        this.seen = seen;
        this.newestMs = newestMs;
    }

    public KeyState copy() {
        TreeState[] copies = new TreeState[trees.length];
        for (int tree = 0; tree < trees.length; tree++) {
            copies[tree] = trees[tree].copy();
        }
        return new KeyState(copies, nextNode, seen.clone(), newestMs);
    }

    public TreeState[] trees() {
        return trees;
    }

    public long nextNode() {
        return nextNode;
    }

    /** Partition, greatest offset and number of events taken in, for each partition in the order of its first event. */
    public long[] seen() {
        return seen;
    }

    public long newestMs() {
        return newestMs;
    }

    void takeIn(int partition, long offset, long timeMs) {
        newestMs = Math.max(newestMs, timeMs);
        for (int at = 0; at < seen.length; at += CELLS_PER_PARTITION) {
            if (seen[at] == partition) {
                seen[at + 1] = Math.max(seen[at + 1], offset);
                seen[at + 2]++;
                return;
            }
        }
        int at = seen.length;
        seen = Arrays.copyOf(seen, at + CELLS_PER_PARTITION);
        seen[at] = partition;
        seen[at + 1] = offset;
        seen[at + 2] = 1;
    }
}
