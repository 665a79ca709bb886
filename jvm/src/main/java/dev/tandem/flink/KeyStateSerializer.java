package dev.tandem.flink;

import dev.tandem.features.KeyState;
import dev.tandem.features.Seen;
import dev.tandem.features.TreeState;
import java.io.IOException;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.base.TypeSerializerSingleton;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** The state of one key as bytes: its trees with their roots, and what was taken in. */
public final class KeyStateSerializer extends TypeSerializerSingleton<KeyState> {
    public static final KeyStateSerializer INSTANCE = new KeyStateSerializer();
    private static final long serialVersionUID = 1L;

    @Override
    public boolean isImmutableType() {
        return false;
    }

    @Override
    public KeyState createInstance() {
        return new KeyState(new TreeState[0], 0, new Seen(Long.MIN_VALUE, new long[0]), Long.MIN_VALUE);
    }

    @Override
    public KeyState copy(KeyState state) {
        return state.copy();
    }

    @Override
    public KeyState copy(KeyState state, KeyState reuse) {
        return state.copy();
    }

    @Override
    public int getLength() {
        return -1;
    }

    @Override
    public void serialize(KeyState state, DataOutputView target) throws IOException {
        StateBytes bytes = StateBytes.begin();
        bytes.number(state.nextNode());
        bytes.number(state.newestMs());
        bytes.number(state.seen().span());
        bytes.number(state.seen().cells().length);
        for (long cell : state.seen().cells()) {
            bytes.number(cell);
        }
        bytes.number(state.trees().length);
        for (TreeState tree : state.trees()) {
            bytes.number(tree.newestMs());
            bytes.number(tree.expiredBeforeMs());
            bytes.number(tree.nextDropMs());
            NodeSerializer.write(tree.root(), bytes);
        }
        bytes.writeTo(target);
    }

    @Override
    public KeyState deserialize(DataInputView source) throws IOException {
        long nextNode = StateBytes.readNumber(source);
        long newestMs = StateBytes.readNumber(source);
        long span = StateBytes.readNumber(source);
        long[] cells = new long[(int) StateBytes.readNumber(source)];
        for (int cell = 0; cell < cells.length; cell++) {
            cells[cell] = StateBytes.readNumber(source);
        }
        TreeState[] trees = new TreeState[(int) StateBytes.readNumber(source)];
        for (int tree = 0; tree < trees.length; tree++) {
            trees[tree] = readTree(source);
        }
        return new KeyState(trees, nextNode, new Seen(span, cells), newestMs);
    }

    private static TreeState readTree(DataInputView source) throws IOException {
        long newestMs = StateBytes.readNumber(source);
        long expiredBeforeMs = StateBytes.readNumber(source);
        long nextDropMs = StateBytes.readNumber(source);
        return new TreeState(NodeSerializer.INSTANCE.deserialize(source), newestMs, expiredBeforeMs, nextDropMs);
    }

    @Override
    public KeyState deserialize(KeyState reuse, DataInputView source) throws IOException {
        return deserialize(source);
    }

    @Override
    public void copy(DataInputView source, DataOutputView target) throws IOException {
        serialize(deserialize(source), target);
    }

    @Override
    public TypeSerializerSnapshot<KeyState> snapshotConfiguration() {
        return new Snapshot();
    }

    /** The format has one version. */
    public static final class Snapshot extends SimpleTypeSerializerSnapshot<KeyState> {
        public Snapshot() {
            super(() -> INSTANCE);
        }
    }
}
