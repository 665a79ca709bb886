package dev.tandem.features;

/** The rows of one source that have a value in one field, in the order of the values. */
final class ValueIndex {
    final Tree tree;
    final FieldCode field;
    /** Where the value stands among the texts of the source's rows. */
    final int text;
    /** The rows that are in this index; its column is the time of the row before with the same value. */
    Measure present;
    /** The rows that are the last of their value; null where no feature counts values. */
    Measure last;

    ValueIndex(int treeIndex, FieldCode field, int text) {
        this.tree = new Tree(new Layout(new Measure[0], 0, 1, true), treeIndex);
        this.field = field;
        this.text = text;
    }

    boolean countsValues() {
        return last != null;
    }

    void add(Key key) {
        tree.insert(new Row(key, 0, new long[0], new byte[][] {key.value}));
    }

    /** The last row before {@code key} with the same value, or null. */
    Key before(Key key) {
        Node node = tree.tree().root;
        while (true) {
            int at = node.firstFrom(key) - 1;
            if (at < 0) {
                return null;
            }
            if (node.level == 0) {
                return sameValue(node, at, key);
            }
            node = tree.store.get(node.link(at));
        }
    }

    /** The first row at or behind {@code key} with the same value, or null. */
    Key from(Key key) {
        Node node = tree.tree().root;
        Key next = null;
        while (true) {
            int at = node.firstFrom(key);
            if (at < node.size) {
                next = sameValue(node, at, key);
            }
            if (node.level == 0 || at < node.size && node.compare(at, key) == 0) {
                return next;
            }
            if (at == 0) {
                return next;
            }
            node = tree.store.get(node.link(at - 1));
        }
    }

    private static Key sameValue(Node node, int at, Key key) {
        Key found = node.key(at, true);
        return java.util.Arrays.equals(found.value, key.value) ? found : null;
    }
}
