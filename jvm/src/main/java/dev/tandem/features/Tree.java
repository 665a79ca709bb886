package dev.tandem.features;

import java.util.function.BiConsumer;

/**
 * A B+tree whose inner nodes sum up what is below them. It keeps nothing itself: the root stands in the key's
 * state, the other nodes in the store, so that an event touches only the nodes on its way.
 */
final class Tree {
    static final int NODE_ENTRIES = 32;

    final Layout layout;
    private final int index;
    NodeStore store;
    KeyState state;

    /** The tree that is number {@code index} in the state of every key. */
    Tree(Layout layout, int index) {
        this.layout = layout;
        this.index = index;
    }

    void bind(KeyState keyState, NodeStore nodes) {
        state = keyState;
        store = nodes;
    }

    int index() {
        return index;
    }

    TreeState tree() {
        return state.trees[index];
    }

    /** Whether there is a row at {@code key}. */
    boolean contains(Key key) {
        Node node = tree().root;
        while (node.level > 0) {
            node = store.get(node.link(node.childOf(key)));
        }
        int at = node.firstFrom(key);
        return at < node.size && node.compare(at, key) == 0;
    }

    /** Takes out all rows. */
    void clear() {
        removeBelow(tree().root);
        state.trees[index] = new TreeState(layout.emptyLeaf());
    }

    private void removeBelow(Node node) {
        for (int entry = 0; node.level > 0 && entry < node.size; entry++) {
            if (node.level > 1) {
                removeBelow(store.get(node.link(entry)));
            }
            store.remove(node.link(entry));
        }
    }

    void insert(Row row) {
        TreeState tree = tree();
        tree.newestMs = Math.max(tree.newestMs, row.key.timeMs);
        Node right = insert(tree.root, row);
        if (right != null) {
            Node left = tree.root;
            tree.root = layout.emptyInner(left.level + 1);
            adopt(tree.root, 0, left);
            adopt(tree.root, 1, right);
        }
    }

    /** Puts the row below {@code node}; gives the new right half where the node had to be split, else null. */
    private Node insert(Node node, Row row) {
        if (node.level == 0) {
            int at = node.firstFrom(row.key);
            row.writeTo(node, at);
            return splitIfFull(node, at);
        }
        int entry = node.childOf(row.key);
        long id = node.link(entry);
        Node child = store.toChange(id);
        Node right = insert(child, row);
        store.put(id, child);
        if (entry == 0 && node.compare(0, row.key) > 0) {
            node.set(0, row.key, id);
        }
        if (right == null) {
            layout.addRow(row, node, entry);
            return null;
        }
        layout.summarise(child, node, entry);
        adopt(node, entry + 1, right);
        return splitIfFull(node, entry + 1);
    }

    /** In the usual order of arrival the left half stays full. */
    private static Node splitIfFull(Node node, int inserted) {
        if (node.size <= NODE_ENTRIES) {
            return null;
        }
        return node.split(inserted == node.size - 1 ? inserted : node.size / 2);
    }

    private void adopt(Node parent, int entry, Node child) {
        long id = state.nextNode++;
        store.put(id, child);
        parent.open(entry);
        parent.set(entry, child.key(0, layout.byValue), id);
        layout.summarise(child, parent, entry);
    }

    /** Changes the row at {@code key}, if it is there, and sums up again what is above it. */
    void change(Key key, BiConsumer<Node, Integer> change) {
        change(tree().root, key, change);
    }

    private void change(Node node, Key key, BiConsumer<Node, Integer> change) {
        if (node.level == 0) {
            int at = node.firstFrom(key);
            if (at < node.size && node.compare(at, key) == 0) {
                change.accept(node, at);
            }
            return;
        }
        int entry = node.childOf(key);
        Node child = store.toChange(node.link(entry));
        change(child, key, change);
        store.put(node.link(entry), child);
        layout.summarise(child, node, entry);
    }

    /** Takes out the row at {@code key}, if it is there. */
    void delete(Key key) {
        TreeState tree = tree();
        delete(tree.root, key);
        lowerRoot(tree);
    }

    private void delete(Node node, Key key) {
        if (node.level == 0) {
            int at = node.firstFrom(key);
            if (at < node.size && node.compare(at, key) == 0) {
                node.remove(at, at + 1);
            }
            return;
        }
        int entry = node.childOf(key);
        Node child = store.toChange(node.link(entry));
        delete(child, key);
        keepOrRemove(node, entry, child);
    }

    private void keepOrRemove(Node node, int entry, Node child) {
        long id = node.link(entry);
        if (child.size == 0) {
            store.remove(id);
            node.remove(entry, entry + 1);
            return;
        }
        store.put(id, child);
        node.set(entry, child.key(0, layout.byValue), id);
        layout.summarise(child, node, entry);
    }

    private void lowerRoot(TreeState tree) {
        while (tree.root.level > 0 && tree.root.size <= 1) {
            if (tree.root.size == 0) {
                tree.root = layout.emptyLeaf();
                return;
            }
            long id = tree.root.link(0);
            tree.root = store.toChange(id);
            store.remove(id);
        }
    }

    /**
     * Drops the oldest leaf if all its rows are before {@code horizonMs}; of a tree that is one leaf, the rows that
     * are. {@code dropped} is told each row. Gives whether anything was dropped.
     */
    boolean dropOldest(long horizonMs, BiConsumer<Node, Integer> dropped) {
        TreeState tree = tree();
        if (tree.root.level == 0) {
            return dropRows(tree.root, tree.root.firstFrom(horizonMs), dropped);
        }
        if (horizonMs <= tree.nextDropMs || !dropLeaf(tree.root, Long.MAX_VALUE, horizonMs, dropped)) {
            return false;
        }
        lowerRoot(tree);
        return true;
    }

    private boolean dropRows(Node leaf, int rows, BiConsumer<Node, Integer> dropped) {
        for (int row = 0; row < rows; row++) {
            tree().expiredBeforeMs = Math.max(tree().expiredBeforeMs, leaf.time(row) + layout.entryMs);
            dropped.accept(leaf, row);
        }
        if (rows > 0) {
            leaf.remove(0, rows);
        }
        return rows > 0;
    }

    private boolean dropLeaf(Node node, long nextTimeMs, long horizonMs, BiConsumer<Node, Integer> dropped) {
        long endMs = node.size > 1 ? node.time(1) : nextTimeMs;
        if (node.level == 1 && endMs >= horizonMs) {
            tree().nextDropMs = endMs;
            return false;
        }
        Node child = store.toChange(node.link(0));
        boolean any = node.level == 1
                ? dropRows(child, child.size, dropped)
                : dropLeaf(child, endMs, horizonMs, dropped);
        if (any) {
            keepOrRemove(node, 0, child);
        }
        return any;
    }
}
