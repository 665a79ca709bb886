package dev.tandem.features;

import java.util.HashMap;
import java.util.Map;

/** Nodes in a map; hands out copies where asked to, as a state backend that keeps bytes does. */
final class MemoryNodes implements NodeStore {
    final Map<Long, Node> nodes = new HashMap<>();
    private final boolean copies;
    long touched;

    MemoryNodes(boolean copies) {
        this.copies = copies;
    }

    @Override
    public Node get(long id) {
        touched++;
        Node node = nodes.get(id);
        return copies ? node.copy() : node;
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
