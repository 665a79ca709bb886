package dev.tandem.features;

import java.util.HashMap;
import java.util.Map;

/** Nodes in a map; hands out copies where asked to, as a state backend that keeps bytes does. */
public final class MemoryNodes implements NodeStore {
    final Map<Long, Node> nodes = new HashMap<>();
    private final boolean copies;
    long touched;

    public MemoryNodes(boolean copies) {
        this.copies = copies;
    }

    public Map<Long, Node> nodes() {
        return nodes;
    }

    @Override
    public Node get(long id) {
        touched++;
        Node node = nodes.get(id);
        return copies ? node.copy() : node;
    }

    @Override
    public Node toChange(long id) {
        return get(id);
    }

    @Override
    public void put(long id, Node node) {
        touched++;
        nodes.put(id, copies ? node.copy() : node);
    }

    @Override
    public void remove(long id) {
        nodes.remove(id);
    }
}
