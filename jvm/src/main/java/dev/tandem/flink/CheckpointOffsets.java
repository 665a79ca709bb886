package dev.tandem.flink;

import java.io.DataInputStream;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.api.common.typeutils.base.array.BytePrimitiveArraySerializer;
import org.apache.flink.core.fs.FSDataInputStream;
import org.apache.flink.core.fs.Path;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataInputViewStreamWrapper;
import org.apache.flink.runtime.checkpoint.Checkpoints;
import org.apache.flink.runtime.checkpoint.OperatorState;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.state.OperatorStateHandle;

/**
 * The places on a topic that a checkpoint goes on from: what the Kafka source's readers kept of their partitions.
 * A commit of the consumer group follows a checkpoint, and may be missing when a job was killed in between.
 */
public final class CheckpointOffsets {
    private static final String SOURCE_STATE = "SourceReaderState";
    private static final String METADATA = "_metadata";
    private static final int SPLIT_VERSION = 0;

    private CheckpointOffsets() {}

    /**
     * Partition to the next offset to read, of the partitions of {@code topic}.
     *
     * @param checkpoint URI of the checkpoint's folder or of its metadata
     * @throws IOException the checkpoint cannot be read, or its source is of another version
     */
    public static Map<Integer, Long> of(String checkpoint, String topic) throws IOException {
        Path given = new Path(checkpoint);
        Path metadata = given.getName().equals(METADATA) ? given : new Path(given, METADATA);
        Map<Integer, Long> offsets = new TreeMap<>();
        try (DataInputStream input = new DataInputStream(metadata.getFileSystem().open(metadata))) {
            ClassLoader loader = CheckpointOffsets.class.getClassLoader();
            for (OperatorState operator :
                    Checkpoints.loadCheckpointMetadata(input, loader, checkpoint).getOperatorStates()) {
                for (OperatorSubtaskState subtask : operator.getStates()) {
                    for (OperatorStateHandle state : subtask.getManagedOperatorState()) {
                        read(state, topic, offsets);
                    }
                }
            }
        }
        return offsets;
    }

    private static void read(OperatorStateHandle state, String topic, Map<Integer, Long> offsets) throws IOException {
        OperatorStateHandle.StateMetaInfo kept = state.getStateNameToPartitionOffsets().get(SOURCE_STATE);
        if (kept == null) {
            return;
        }
        try (FSDataInputStream input = state.openInputStream()) {
            for (long place : kept.getOffsets()) {
                input.seek(place);
                byte[] split = BytePrimitiveArraySerializer.INSTANCE.deserialize(new DataInputViewStreamWrapper(input));
                add(new DataInputDeserializer(split), topic, offsets);
            }
        }
    }

    private static void add(DataInputDeserializer split, String topic, Map<Integer, Long> offsets) throws IOException {
        int version = split.readInt();
        if (version != SPLIT_VERSION) {
            throw new IOException("expected partitions of the Kafka source in version " + SPLIT_VERSION + ", got "
                    + version);
        }
        split.readInt();
        if (split.readUTF().equals(topic)) {
            int partition = split.readInt();
            offsets.put(partition, split.readLong());
        }
    }
}
