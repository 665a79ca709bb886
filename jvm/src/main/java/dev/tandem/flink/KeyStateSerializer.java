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
        LongCodec.write(state.nextNode(), target);
        LongCodec.write(state.newestMs(), target);
        LongCodec.write(state.seen().span(), target);
        LongCodec.write(state.seen().cells().length, target);
        for (long cell : state.seen().cells()) {
            LongCodec.write(cell, target);
        }
        LongCodec.write(state.trees().length, target);
        for (TreeState tree : state.trees()) {
            LongCodec.write(tree.newestMs(), target);
            LongCodec.write(tree.expiredBeforeMs(), target);
            LongCodec.write(tree.nextDropMs(), target);
            NodeSerializer.INSTANCE.serialize(tree.root(), target);
        }
    }

    @Override
    public KeyState deserialize(DataInputView source) throws IOException {
        long nextNode = LongCodec.read(source);
        long newestMs = LongCodec.read(source);
        long span = LongCodec.read(source);
        long[] cells = new long[(int) LongCodec.read(source)];
        for (int cell = 0; cell < cells.length; cell++) {
            cells[cell] = LongCodec.read(source);
        }
        TreeState[] trees = new TreeState[(int) LongCodec.read(source)];
        for (int tree = 0; tree < trees.length; tree++) {
            trees[tree] = readTree(source);
        }
        return new KeyState(trees, nextNode, new Seen(span, cells), newestMs);
    }

    private static TreeState readTree(DataInputView source) throws IOException {
        long newestMs = LongCodec.read(source);
        long expiredBeforeMs = LongCodec.read(source);
        long nextDropMs = LongCodec.read(source);
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
