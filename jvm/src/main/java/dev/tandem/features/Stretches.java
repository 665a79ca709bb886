package dev.tandem.features;

/**
 * The sums of rows that are gone, by aligned stretches of event time: windows whose start moves in steps need no more
 * of what is behind the latest event that may still come.
 */
final class Stretches {
    private static final byte[][] NO_TEXTS = {};

    final Tree tree;
    private final Layout rows;
    private final long lengthMs;
    private final long[] sums;
    private long startMs;
    private boolean isOpen;

    /** Stretches of {@code lengthMs} for rows that are laid out as {@code rows}. */
    Stretches(Layout rows, long lengthMs, int treeIndex) {
        tree = new Tree(Layout.ofSums(rows.measures, lengthMs), treeIndex);
        this.rows = rows;
        this.lengthMs = lengthMs;
        sums = new long[rows.summaryCells];
    }

    /** Takes over the sums of a row of a leaf; rows that follow each other are written together by {@link #close}. */
    void add(Node leaf, int row) {
        open(leaf.time(row));
        rows.add(rows.measures, leaf, row, sums, 0);
    }

    void add(Row row) {
        open(row.key.timeMs);
        rows.addRow(row, sums, 0);
        close();
    }

    private void open(long timeMs) {
        long start = Math.floorDiv(timeMs, lengthMs) * lengthMs;
        if (isOpen && start == startMs) {
            return;
        }
        close();
        startMs = start;
        isOpen = true;
        Layout.reset(rows.measures, sums, 0);
    }

    void close() {
        if (!isOpen) {
            return;
        }
        isOpen = false;
        Key key = new Key(null, startMs, 0, 0);
        if (tree.contains(key)) {
            tree.change(key, (leaf, at) -> tree.layout.merge(sums, leaf, at * leaf.stride + Node.PAYLOAD));
        } else {
            tree.insert(new Row(key, 0, sums.clone(), NO_TEXTS));
        }
    }
}
