package dev.tandem.features;

/** How the nodes of one tree are laid out, and how rows and children are summed up. */
final class Layout {
    final Measure[] measures;
    final boolean byValue;
    private final boolean ofSums;
    /** Length in event time of what an entry of a leaf stands for; of a row, 1. */
    final long entryMs;
    final int leafStride;
    final int innerStride;
    final int leafTexts;
    final int innerTexts;
    final int summaryCells;

    /** Of leaves that hold rows. */
    Layout(Measure[] measures, int columns, int texts, boolean byValue) {
        this(measures, columns, texts, byValue, false, 1);
    }

    private Layout(Measure[] measures, int columns, int texts, boolean byValue, boolean ofSums, long entryMs) {
        this.measures = measures;
        this.byValue = byValue;
        this.ofSums = ofSums;
        this.entryMs = entryMs;
        int cells = 0;
        for (Measure measure : measures) {
            cells += measure.cells;
        }
        summaryCells = cells;
        leafStride = Node.PAYLOAD + columns;
        innerStride = Node.PAYLOAD + cells;
        leafTexts = texts;
        innerTexts = byValue ? 1 : 0;
    }

    /** Of leaves that hold sums of the rows of aligned stretches of time. */
    static Layout ofSums(Measure[] measures, long entryMs) {
        int cells = 0;
        for (Measure measure : measures) {
            cells += measure.cells;
        }
        return new Layout(measures, cells, 0, false, true, entryMs);
    }

    Node emptyLeaf() {
        return new Node(0, leafStride, leafTexts);
    }

    Node emptyInner(int level) {
        return new Node(level, innerStride, innerTexts);
    }

    /** Adds one entry of a node, a row or a child, to a summary. */
    void add(Measure[] wanted, Node node, int entry, long[] summary, int base) {
        int at = entry * node.stride;
        if (ofSums || node.level > 0) {
            for (Measure measure : wanted) {
                measure.merge(summary, base, node.cells, at + Node.PAYLOAD);
            }
            return;
        }
        long bits = node.cells[at + Node.LINK];
        for (Measure measure : wanted) {
            if (measure.counts(bits)) {
                measure.add(summary, base, measure.column < 0 ? 0 : node.cells[at + Node.PAYLOAD + measure.column]);
            }
        }
    }

    static void reset(Measure[] wanted, long[] summary, int base) {
        for (Measure measure : wanted) {
            measure.reset(summary, base);
        }
    }

    /** Writes the summary of a whole child into its entry. */
    void summarise(Node child, Node parent, int entry) {
        int base = entry * parent.stride + Node.PAYLOAD;
        reset(measures, parent.cells, base);
        for (int each = 0; each < child.size; each++) {
            add(measures, child, each, parent.cells, base);
        }
    }

    /** Adds a new row to the summary of the child that it went into. */
    void addRow(Row row, Node parent, int entry) {
        int base = entry * parent.stride + Node.PAYLOAD;
        if (ofSums) {
            merge(row.columns, parent, base);
        } else {
            addRow(row, parent.cells, base);
        }
    }

    void addRow(Row row, long[] summary, int base) {
        for (Measure measure : measures) {
            if (measure.counts(row.bits)) {
                measure.add(summary, base, measure.column < 0 ? 0 : row.columns[measure.column]);
            }
        }
    }

    void merge(long[] summary, Node node, int base) {
        for (Measure measure : measures) {
            measure.merge(node.cells, base, summary, 0);
        }
    }
}
