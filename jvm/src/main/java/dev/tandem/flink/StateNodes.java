package dev.tandem.flink;

import dev.tandem.features.Node;
import dev.tandem.features.NodeStore;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.util.FlinkRuntimeException;

/**
 * The nodes of the current key in Flink's state. While a checkpoint is being written, a node of before its snapshot is
 * never changed, but copied first.
 */
final class StateNodes implements NodeStore {
    private final MapState<Long, Node> nodes;
    /** Numbers of checkpoints rise from 1. */
    private long lastCheckpoint;
    private boolean isBeingWritten;

    StateNodes(MapState<Long, Node> nodes) {
        this.nodes = nodes;
    }

    /** From now on the checkpoint may be reading all nodes. */
    void snapshotTaken(long checkpoint) {
        lastCheckpoint = checkpoint;
        isBeingWritten = true;
    }

    void checkpointWritten(long checkpoint) {
        isBeingWritten &= checkpoint < lastCheckpoint;
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
    public Node toChange(long id) {
        Node node = get(id);
        return isBeingWritten && node.isIn(lastCheckpoint) ? node.copy() : node;
    }

    @Override
    public void put(long id, Node node) {
        node.keptAfter(lastCheckpoint);
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
