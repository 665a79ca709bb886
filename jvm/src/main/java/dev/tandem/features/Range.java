package dev.tandem.features;

/** Sums up the rows of a tree between two event times, both included. */
final class Range {
    private final Tree tree;
    private final Measure[] wanted;
    final long[] summary;

    Range(Tree tree, Measure[] wanted) {
        this.tree = tree;
        this.wanted = wanted;
        summary = new long[tree.layout.summaryCells];
    }

    /** Adds to the sums of another range. */
    Range(Tree tree, Range other) {
        this.tree = tree;
        wanted = other.wanted;
        summary = other.summary;
    }

    void sumUp(long fromMs, long toMs) {
        Layout.reset(wanted, summary, 0);
        addUp(fromMs, toMs);
    }

    void addUp(long fromMs, long toMs) {
        addBelow(tree.tree().root, fromMs, toMs, false, toMs >= tree.tree().newestMs);
    }

    private void addBelow(Node node, long fromMs, long toMs, boolean startsInside, boolean endsInside) {
        int end = endsInside ? node.size : node.firstFrom(toMs + 1);
        if (node.level == 0) {
            for (int row = startsInside ? 0 : node.firstFrom(fromMs); row < end; row++) {
                tree.layout.add(wanted, node, row, summary, 0);
            }
            return;
        }
        for (int child = startsInside ? 0 : Math.max(0, node.firstFrom(fromMs) - 1); child < end; child++) {
            boolean wholeStart = startsInside || node.time(child) >= fromMs;
            boolean wholeEnd = endsInside || child < end - 1;
            if (wholeStart && wholeEnd) {
                tree.layout.add(wanted, node, child, summary, 0);
            } else {
                addBelow(tree.store.get(node.link(child)), fromMs, toMs, wholeStart, wholeEnd);
            }
        }
    }

    /** How many rows behind {@code afterMs} have a number below {@code bound} in the measure's column. */
    long countBelow(Measure measure, long afterMs, long bound) {
        return countBelow(tree.tree().root, measure, afterMs, bound, false);
    }

    private long countBelow(Node node, Measure measure, long afterMs, long bound, boolean startsInside) {
        int first = startsInside ? 0 : node.firstFrom(afterMs + 1);
        long count = 0;
        for (int entry = node.level == 0 || startsInside ? first : Math.max(0, first - 1); entry < node.size; entry++) {
            int payload = entry * node.stride + Node.PAYLOAD;
            if (node.level == 0) {
                boolean below = measure.counts(node.link(entry)) && node.cells[payload + measure.column] < bound;
                count += below ? 1 : 0;
            } else if (measure.count(node.cells, payload) > 0 && measure.min(node.cells, payload) < bound) {
                boolean whole = startsInside || node.time(entry) > afterMs;
                count += whole && measure.max(node.cells, payload) < bound
                        ? measure.count(node.cells, payload)
                        : countBelow(tree.store.get(node.link(entry)), measure, afterMs, bound, whole);
            }
        }
        return count;
    }
}
