package dev.tandem.features;

/**
 * A set of hashes of 128 bits that grows by linear hashing (Litwin 1980), a bucket at a time: finding or adding one
 * touches one bucket, and every so often one more that is shared out anew, however many there are. It keeps nothing
 * itself: bucket 0 stands in the key's state, the others in the store, each a node of hashes in no order.
 */
final class IdSet {
    private static final int HASHES_PER_BUCKET = 16;
    private static final int CELLS = 2;
    /** The first entry of bucket 0 says how many hashes there are. */
    private static final int HEADER_ENTRIES = 1;

    private final int index;
    private final int set;
    private NodeStore store;
    private KeyState state;

    /**
     * @param index its number among the trees in the state of every key
     * @param set which of a key's sets it is, 0 or 1
     */
    IdSet(int index, int set) {
        this.index = index;
        this.set = set;
    }

    int index() {
        return index;
    }

    void bind(KeyState keyState, NodeStore nodes) {
        state = keyState;
        store = nodes;
    }

    static TreeState empty() {
        Node root = new Node(0, CELLS, 0);
        append(root, 0, 0);
        return new TreeState(root);
    }

    boolean contains(long high, long low) {
        int bucket = bucketOf(high, buckets(count()));
        return has(bucket, bucket(bucket), high, low);
    }

    private static boolean has(int bucket, Node node, long high, long low) {
        for (int at = first(bucket) * CELLS; at < node.size * CELLS; at += CELLS) {
            if (node.cells[at] == high && node.cells[at + 1] == low) {
                return true;
            }
        }
        return false;
    }

    /** Adds a hash; false for one that is in the set. */
    boolean add(long high, long low) {
        int buckets = buckets(count());
        int bucket = bucketOf(high, buckets);
        Node node = bucketToChange(bucket);
        if (has(bucket, node, high, low)) {
            return false;
        }
        append(node, high, low);
        keep(bucket, node);
        root().cells[0]++;
        if (buckets(count()) > buckets) {
            shareOut(buckets);
        }
        return true;
    }

    /** Takes out all hashes. */
    void clear() {
        for (int bucket = 1; bucket < buckets(count()); bucket++) {
            store.remove(number(bucket));
        }
        state.trees[index] = empty();
    }

    /** Moves what belongs into the new last bucket out of the one that had it. */
    private void shareOut(int last) {
        int source = last - Integer.highestOneBit(last);
        Node from = bucketToChange(source);
        Node to = new Node(0, CELLS, 0);
        int kept = first(source);
        for (int entry = kept; entry < from.size; entry++) {
            long high = from.cells[entry * CELLS];
            long low = from.cells[entry * CELLS + 1];
            if (bucketOf(high, last + 1) == last) {
                append(to, high, low);
            } else {
                from.cells[kept * CELLS] = high;
                from.cells[kept * CELLS + 1] = low;
                kept++;
            }
        }
        from.remove(kept, from.size);
        keep(source, from);
        keep(last, to);
    }

    private static void append(Node node, long high, long low) {
        int entry = node.size;
        node.open(entry);
        node.cells[entry * CELLS] = high;
        node.cells[entry * CELLS + 1] = low;
    }

    private static int buckets(long count) {
        return 1 + (int) (count / HASHES_PER_BUCKET);
    }

    private static int bucketOf(long high, int buckets) {
        int lowerHalf = Integer.highestOneBit(buckets);
        int bucket = (int) high & 2 * lowerHalf - 1;
        return bucket < buckets ? bucket : bucket - lowerHalf;
    }

    private static int first(int bucket) {
        return bucket == 0 ? HEADER_ENTRIES : 0;
    }

    private long count() {
        return root().cells[0];
    }

    private Node root() {
        return state.trees[index].root;
    }

    private Node bucket(int bucket) {
        return bucket == 0 ? root() : store.get(number(bucket));
    }

    private Node bucketToChange(int bucket) {
        return bucket == 0 ? root() : store.toChange(number(bucket));
    }

    private void keep(int bucket, Node node) {
        if (bucket > 0) {
            store.put(number(bucket), node);
        }
    }

    /** Below zero, where no tree's nodes are. */
    private long number(int bucket) {
        return -((long) bucket * EventIds.SETS + set);
    }
}
