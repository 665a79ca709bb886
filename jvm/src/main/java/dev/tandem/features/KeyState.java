package dev.tandem.features;

/** All that is kept for one key beside the nodes below the roots: the trees, and what was taken in. */
public final class KeyState {
    final TreeState[] trees;
    final Seen seen;
    long nextNode;

    /** The latest event time among all events taken in, of whatever type. */
    long newestMs;

    public KeyState(TreeState[] trees, long nextNode, Seen seen, long newestMs) {
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
        return new KeyState(copies, nextNode, seen.copy(), newestMs);
    }

    public TreeState[] trees() {
        return trees;
    }

    public long nextNode() {
        return nextNode;
    }

    public Seen seen() {
        return seen;
    }

    public long newestMs() {
        return newestMs;
    }
}
