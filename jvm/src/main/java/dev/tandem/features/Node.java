package dev.tandem.features;

import java.util.Arrays;

/**
 * A node of a tree: entries in the order of (value, where the tree has one) event time, partition, offset.
 *
 * <p>All numbers stand in one array, {@code stride} a entry: event time, partition, offset, the link, then the
 * payload. In a leaf (level 0) an entry is a row, its link the set of measures that it counts in, its payload the
 * columns. Above, an entry is a child: the least key below it, its number, the summary of its rows.
 */
public final class Node {
    static final int PARTITION = 1;
    static final int OFFSET = 2;
    static final int LINK = 3;
    static final int PAYLOAD = 4;
    private static final int FIRST_CAPACITY = 4;

    public final int level;
    public final int stride;
    public final int textsPerEntry;
    int size;
    long[] cells;
    byte[][] texts;
    /** The last checkpoint before the node was last kept. */
    private long keptAfter;

    Node(int level, int stride, int textsPerEntry) {
        this(level, stride, textsPerEntry, 0, new long[0], new byte[0][]);
    }

    /** A node with the arrays given, which it keeps. */
    public Node(int level, int stride, int textsPerEntry, int size, long[] cells, byte[][] texts) {
        this.level = level;
        this.stride = stride;
        this.textsPerEntry = textsPerEntry;
        this.size = size;
        this.cells = cells;
        this.texts = texts;
    }

    /** A copy that shares no array; the texts themselves are never changed and are shared. */
    public Node copy() {
        return new Node(level, stride, textsPerEntry, size, cells.clone(), texts.clone());
    }

    /** Whether the checkpoint, which is the last one, may hold the node. */
    public boolean isIn(long checkpoint) {
        return keptAfter < checkpoint;
    }

    /** Says that the node is kept now, when that checkpoint is the last one. */
    public void keptAfter(long checkpoint) {
        keptAfter = checkpoint;
    }

    /** Whether the cells are hashes, in no order, rather than entries of a tree. */
    public boolean isOfHashes() {
        return stride < PAYLOAD;
    }

    public int size() {
        return size;
    }

    /** The numbers of the entries; there may be room behind them. */
    public long[] cells() {
        return cells;
    }

    public byte[] text(int index) {
        return texts[index];
    }

    long time(int entry) {
        return cells[entry * stride];
    }

    long link(int entry) {
        return cells[entry * stride + LINK];
    }

    /** Index of the first entry whose event time is {@code timeMs} or later. */
    int firstFrom(long timeMs) {
        int low = 0;
        int high = size;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (cells[middle * stride] < timeMs) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** Index of the first entry at or behind {@code key}. */
    int firstFrom(Key key) {
        if (size > 0 && compare(size - 1, key) < 0) {
            return size;
        }
        int low = 0;
        int high = size;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (compare(middle, key) < 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** The child that holds {@code key}, or would. */
    int childOf(Key key) {
        int from = firstFrom(key);
        return from < size && compare(from, key) == 0 ? from : Math.max(0, from - 1);
    }

    int compare(int entry, Key key) {
        if (key.value != null) {
            int order = Arrays.compareUnsigned(texts[entry * textsPerEntry], key.value);
            if (order != 0) {
                return order;
            }
        }
        int at = entry * stride;
        int order = Long.compare(cells[at], key.timeMs);
        if (order == 0) {
            order = Long.compare(cells[at + PARTITION], key.partition);
        }
        return order == 0 ? Long.compare(cells[at + OFFSET], key.offset) : order;
    }

    Key key(int entry, boolean byValue) {
        int at = entry * stride;
        byte[] value = byValue ? texts[entry * textsPerEntry] : null;
        return new Key(value, cells[at], cells[at + PARTITION], cells[at + OFFSET]);
    }

    /** Makes room for one entry; its cells are whatever stood there. */
    void open(int entry) {
        grow();
        System.arraycopy(cells, entry * stride, cells, (entry + 1) * stride, (size - entry) * stride);
        if (textsPerEntry > 0) {
            System.arraycopy(texts, entry * textsPerEntry, texts, (entry + 1) * textsPerEntry,
                    (size - entry) * textsPerEntry);
        }
        size++;
    }

    private void grow() {
        if ((size + 1) * stride > cells.length) {
            int capacity = Math.max(FIRST_CAPACITY, Math.min(2 * size, Math.max(size, Tree.NODE_ENTRIES) + 1));
            cells = Arrays.copyOf(cells, capacity * stride);
            texts = textsPerEntry == 0 ? texts : Arrays.copyOf(texts, capacity * textsPerEntry);
        }
    }

    void set(int entry, Key key, long link) {
        int at = entry * stride;
        cells[at] = key.timeMs;
        cells[at + PARTITION] = key.partition;
        cells[at + OFFSET] = key.offset;
        cells[at + LINK] = link;
        if (key.value != null) {
            texts[entry * textsPerEntry] = key.value;
        }
    }

    /** Takes out the entries from {@code from} until before {@code to}. */
    void remove(int from, int to) {
        System.arraycopy(cells, to * stride, cells, from * stride, (size - to) * stride);
        if (textsPerEntry > 0) {
            System.arraycopy(texts, to * textsPerEntry, texts, from * textsPerEntry, (size - to) * textsPerEntry);
            Arrays.fill(texts, (size - to + from) * textsPerEntry, size * textsPerEntry, null);
        }
        size -= to - from;
    }

    /** Moves the entries from {@code from} on to a new node. */
    Node split(int from) {
        int moved = size - from;
        Node right = new Node(level, stride, textsPerEntry, moved,
                Arrays.copyOfRange(cells, from * stride, size * stride),
                Arrays.copyOfRange(texts, from * textsPerEntry, size * textsPerEntry));
        remove(from, size);
        return right;
    }
}
