package dev.tandem.flink;

import dev.tandem.features.Node;
import java.io.IOException;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.base.TypeSerializerSingleton;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** Nodes as bytes: each number as its difference from the one above it, which is small in a sorted node. */
public final class NodeSerializer extends TypeSerializerSingleton<Node> {
    public static final NodeSerializer INSTANCE = new NodeSerializer();
    private static final long serialVersionUID = 1L;

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
        return node.copy();
    }

    @Override
    public Node copy(Node node, Node reuse) {
        return node.copy();
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
        bytes.octet(node.level);
        bytes.number(node.stride);
        bytes.number(node.textsPerEntry);
        bytes.number(node.size());
        bytes.differences(node.cells(), node.size() * node.stride, node.stride);
        for (int text = 0; text < node.size() * node.textsPerEntry; text++) {
            bytes.text(node.text(text));
        }
    }

    @Override
    public Node deserialize(DataInputView source) throws IOException {
        int level = source.readByte();
        int stride = (int) StateBytes.readNumber(source);
        int textsPerEntry = (int) StateBytes.readNumber(source);
        int size = (int) StateBytes.readNumber(source);
        long[] cells = new long[size * stride];
        for (int cell = 0; cell < cells.length; cell++) {
            cells[cell] = StateBytes.readNumber(source) + (cell < stride ? 0 : cells[cell - stride]);
        }
        byte[][] texts = new byte[size * textsPerEntry][];
        for (int text = 0; text < texts.length; text++) {
            texts[text] = StateBytes.readText(source);
        }
        return new Node(level, stride, textsPerEntry, size, cells, texts);
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
