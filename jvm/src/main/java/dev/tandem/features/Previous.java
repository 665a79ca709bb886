package dev.tandem.features;

/** Finds the row before a place that counts in a measure. Valid until the next search. */
final class Previous {
    private final Tree tree;
    Node leaf;
    int row;

    Previous(Tree tree) {
        this.tree = tree;
    }

    /** Whether there is such a row at {@code fromMs} or later. */
    boolean find(Measure measure, Key before, long fromMs) {
        leaf = null;
        find(tree.tree().root, measure, before, false);
        return leaf != null && leaf.time(row) >= fromMs;
    }

    private void find(Node node, Measure measure, Key before, boolean allBefore) {
        int end = allBefore ? node.size : node.firstFrom(before);
        for (int entry = end - 1; entry >= 0 && leaf == null; entry--) {
            if (node.level == 0) {
                if (measure.counts(node.link(entry))) {
                    leaf = node;
                    row = entry;
                }
            } else if (measure.count(node.cells, entry * node.stride + Node.PAYLOAD) > 0) {
                find(tree.store.get(node.link(entry)), measure, before, allBefore || entry < end - 1);
            }
        }
    }

    long column(int column) {
        return leaf.cells[row * leaf.stride + Node.PAYLOAD + column];
    }

    byte[] text(int text) {
        return leaf.texts[row * leaf.textsPerEntry + text];
    }
}
