package dev.tandem.features;

/** What one key keeps of one tree beside the nodes below its root. */
public final class TreeState {
    public static final long NOTHING_EXPIRED = Long.MIN_VALUE;

    Node root;
    /** The latest event time among the rows ever taken in. */
    long newestMs = Long.MIN_VALUE;
    /** Rows before this event time are gone, or no longer looked at. */
    long expiredBeforeMs = NOTHING_EXPIRED;
    /** No leaf can be dropped for a horizon up to this one. */
    long nextDropMs = Long.MIN_VALUE;

    TreeState(Node root) {
        this.root = root;
    }

    public TreeState(Node root, long newestMs, long expiredBeforeMs, long nextDropMs) {
        this.root = root;
        this.newestMs = newestMs;
        this.expiredBeforeMs = expiredBeforeMs;
        this.nextDropMs = nextDropMs;
    }

    TreeState copy() {
        return new TreeState(root.copy(), newestMs, expiredBeforeMs, nextDropMs);
    }

    public Node root() {
        return root;
    }

    public long newestMs() {
        return newestMs;
    }

    public long expiredBeforeMs() {
        return expiredBeforeMs;
    }

    public long nextDropMs() {
        return nextDropMs;
    }
}
