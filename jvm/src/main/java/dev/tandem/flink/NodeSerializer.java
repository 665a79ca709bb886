package dev.tandem.flink;

import dev.tandem.features.Node;
import java.io.IOException;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.base.TypeSerializerSingleton;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/**
 * Nodes as bytes: each number as its difference from the one above it, which is small in a sorted node; hashes as
 * they are.
 *
 * <p>A copy is the node itself: a checkpoint of state on the heap copies all nodes of a key with the key's next event,
 * of which that event changes two or three. {@link StateNodes} copies these.
 */
public final class NodeSerializer extends TypeSerializerSingleton<Node> {
    public static final NodeSerializer INSTANCE = new NodeSerializer();
    private static final long serialVersionUID = 1L;
    /** In the octet of the level: the cells stand as they are. */
    private static final int AS_THEY_ARE = 0x40;

    @Override
    public boolean isImmutableType() {
        return false;
    }

    @Override
    public Node createInstance() {
        return new Node(0, 0, 0, 0, new long[0], new byte[0][]);
    }

    @Override
    public Node copy(Node node) {
        return node;
    }

    @Override
    public Node copy(Node node, Node reuse) {
        return node;
    }

    @Override
    public int getLength() {
        return -1;
    }

    @Override
    public void serialize(Node node, DataOutputView target) throws IOException {
        StateBytes bytes = StateBytes.begin();
        write(node, bytes);
        bytes.writeTo(target);
    }

    static void write(Node node, StateBytes bytes) {
        bytes.octet(node.isOfHashes() ? node.level | AS_THEY_ARE : node.level);
        bytes.number(node.stride);
        bytes.number(node.textsPerEntry);
        bytes.number(node.size());
        if (node.isOfHashes()) {
            bytes.wholes(node.cells(), node.size() * node.stride);
        } else {
            bytes.differences(node.cells(), node.size() * node.stride, node.stride);
        }
        for (int text = 0; text < node.size() * node.textsPerEntry; text++) {
            bytes.text(node.text(text));
        }
    }

    @Override
    public Node deserialize(DataInputView source) throws IOException {
        int first = source.readByte();
        boolean asTheyAre = (first & AS_THEY_ARE) != 0;
        int stride = (int) StateBytes.readNumber(source);
        int textsPerEntry = (int) StateBytes.readNumber(source);
        int size = (int) StateBytes.readNumber(source);
        long[] cells = new long[size * stride];
        for (int cell = 0; cell < cells.length; cell++) {
            cells[cell] = asTheyAre
                    ? source.readLong()
                    : StateBytes.readNumber(source) + (cell < stride ? 0 : cells[cell - stride]);
        }
        byte[][] texts = new byte[size * textsPerEntry][];
        for (int text = 0; text < texts.length; text++) {
            texts[text] = StateBytes.readText(source);
        }
        return new Node(first & ~AS_THEY_ARE, stride, textsPerEntry, size, cells, texts);
    }

    @Override
    public Node deserialize(Node reuse, DataInputView source) throws IOException {
        return deserialize(source);
    }

    @Override
    public void copy(DataInputView source, DataOutputView target) throws IOException {
        serialize(deserialize(source), target);
    }

    @Override
    public TypeSerializerSnapshot<Node> snapshotConfiguration() {
        return new Snapshot();
    }

    /** The format has one version. */
    public static final class Snapshot extends SimpleTypeSerializerSnapshot<Node> {
        public Snapshot() {
            super(() -> INSTANCE);
        }
    }
}
