package dev.tandem.flink;

import dev.tandem.features.Node;
import dev.tandem.features.NodeStore;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.util.FlinkRuntimeException;

/** The nodes of the current key in Flink's state. */
final class StateNodes implements NodeStore {
    private final MapState<Long, Node> nodes;

    StateNodes(MapState<Long, Node> nodes) {
        this.nodes = nodes;
    }

    @Override
    public Node get(long id) {
        try {
            return nodes.get(id);
        } catch (Exception error) {
            throw new FlinkRuntimeException("state: reading node " + id, error);
        }
    }

    @Override
    public void put(long id, Node node) {
        try {
            nodes.put(id, node);
        } catch (Exception error) {
            throw new FlinkRuntimeException("state: writing node " + id, error);
        }
    }

    @Override
    public void remove(long id) {
        try {
            nodes.remove(id);
        } catch (Exception error) {
            throw new FlinkRuntimeException("state: removing node " + id, error);
        }
    }
}
