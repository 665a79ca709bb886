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
        target.writeByte(node.level);
        LongCodec.write(node.stride, target);
        LongCodec.write(node.textsPerEntry, target);
        LongCodec.write(node.size(), target);
        for (int cell = 0; cell < node.size() * node.stride; cell++) {
            LongCodec.write(node.cell(cell) - (cell < node.stride ? 0 : node.cell(cell - node.stride)), target);
        }
        for (int text = 0; text < node.size() * node.textsPerEntry; text++) {
            writeText(node.text(text), target);
        }
    }

    private static void writeText(byte[] text, DataOutputView target) throws IOException {
        LongCodec.write(text == null ? -1 : text.length, target);
        if (text != null) {
            target.write(text);
        }
    }

    @Override
    public Node deserialize(DataInputView source) throws IOException {
        int level = source.readByte();
        int stride = (int) LongCodec.read(source);
        int textsPerEntry = (int) LongCodec.read(source);
        int size = (int) LongCodec.read(source);
        long[] cells = new long[size * stride];
        for (int cell = 0; cell < cells.length; cell++) {
            cells[cell] = LongCodec.read(source) + (cell < stride ? 0 : cells[cell - stride]);
        }
        byte[][] texts = new byte[size * textsPerEntry][];
        for (int text = 0; text < texts.length; text++) {
            texts[text] = readText(source);
        }
        return new Node(level, stride, textsPerEntry, size, cells, texts);
    }

    private static byte[] readText(DataInputView source) throws IOException {
        int length = (int) LongCodec.read(source);
        if (length < 0) {
            return null;
        }
        byte[] text = new byte[length];
        source.readFully(text);
        return text;
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
