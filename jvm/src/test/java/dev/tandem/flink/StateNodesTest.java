package dev.tandem.flink;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tandem.features.FeaturePlan;
import dev.tandem.features.KeyState;
import dev.tandem.features.Literal;
import dev.tandem.features.MemoryNodes;
import dev.tandem.features.Node;
import dev.tandem.features.RandomEvents;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.typeutils.base.LongSerializer;
import org.apache.flink.api.common.typeutils.base.MapSerializer;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a checkpoint reads while events go on, and how nodes are written. */
class StateNodesTest {
    private static final long KEEP_LATE_MS = 30_000;
    private static final long DUPLICATES_MS = 60_000;
    private static final MapSerializer<Long, Node> SERIALIZER =
            new MapSerializer<>(LongSerializer.INSTANCE, NodeSerializer.INSTANCE);

    /** One key's nodes as Flink keeps them on the heap, where a snapshot shares what its serializer calls a copy. */
    private static final class HeapMap {
        private Map<Long, Node> nodes = new HashMap<>();

        Map<Long, Node> snapshot() {
            Map<Long, Node> held = nodes;
            nodes = SERIALIZER.copy(held);
            return held;
        }

        @SuppressWarnings("unchecked")
        MapState<Long, Node> state() {
            return (MapState<Long, Node>) Proxy.newProxyInstance(
                    MapState.class.getClassLoader(), new Class<?>[] {MapState.class}, (self, method, given) ->
                            switch (method.getName()) {
                                case "get" -> nodes.get(given[0]);
                                case "put" -> nodes.put((Long) given[0], (Node) given[1]);
                                case "remove" -> nodes.remove(given[0]);
                                default -> throw new UnsupportedOperationException(method.getName());
                            });
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void aSnapshotStaysAsItWasWhileEventsGoOnAndEveryValueIsRight(long seed) throws IOException {
        RandomEvents events = new RandomEvents(seed, 5_000);
        FeaturePlan plan = new FeaturePlan(events.features(12), RandomEvents.COLUMNS, KEEP_LATE_MS, DUPLICATES_MS);
        HeapMap heap = new HeapMap();
        StateNodes nodes = new StateNodes(heap.state());
        MemoryNodes copies = new MemoryNodes(true);
        KeyState state = plan.newState();
        KeyState other = plan.newState();
        Object[] results = new Object[plan.features().size()];
        Object[] expected = new Object[plan.features().size()];
        Map<Long, Node> held = Map.of();
        byte[] written = {};
        for (int each = 0; each < 6_000; each++) {
            if (each % 1_000 == 500) {
                nodes.snapshotTaken(each);
                held = heap.snapshot();
                state = state.copy();
                written = bytes(held);
                assertTrue(held.size() > 10, held.size() + " nodes");
            } else if (each % 1_000 == 900) {
                assertArrayEquals(written, bytes(held), "the snapshot of event " + (each - 400) + " has changed");
                nodes.checkpointWritten(each - 400);
            }
            Literal event = events.next();
            assertEquals(plan.takeInId(event.on(plan), other, copies), plan.takeInId(event.on(plan), state, nodes));
            plan.process(event.on(plan), other, copies, expected);
            plan.process(event.on(plan), state, nodes, results);
            for (int feature = 0; feature < results.length; feature++) {
                assertValue(expected[feature], results[feature], plan.features().get(feature) + " at event " + each);
            }
        }
        assertArrayEquals(bytes(copies.nodes()), bytes(heap.nodes));
    }

    private static void assertValue(Object expected, Object actual, String what) {
        if (expected instanceof byte[] text) {
            assertArrayEquals(text, (byte[]) actual, what);
        } else {
            assertEquals(expected, actual, what);
        }
    }

    @Test
    void aNodeIsCopiedOnceForASnapshotAndOnlyUntilTheCheckpointIsWritten() {
        StateNodes nodes = new StateNodes(new HeapMap().state());
        Node node = new Node(0, 2, 0, 0, new long[0], new byte[0][]);
        nodes.put(1, node);
        assertSame(node, nodes.toChange(1));
        nodes.snapshotTaken(7);
        Node copy = nodes.toChange(1);
        assertNotSame(node, copy);
        nodes.put(1, copy);
        assertSame(copy, nodes.toChange(1));
        nodes.snapshotTaken(8);
        nodes.checkpointWritten(7);
        assertNotSame(copy, nodes.toChange(1));
        nodes.checkpointWritten(8);
        assertSame(copy, nodes.toChange(1));
    }

    @Test
    void hashesAreWrittenWholeAndThoseThatWereWrittenAsDifferencesAreRead() throws IOException {
        Node hashes = new Node(0, 2, 0, 2, new long[] {5, -7, Long.MIN_VALUE, Long.MAX_VALUE}, new byte[0][]);
        byte[] written = bytes(Map.of(3L, hashes));
        assertEquals(4 + 8 + 1 + 4 + 4 * Long.BYTES, written.length);
        Map<Long, Node> read = SERIALIZER.deserialize(new DataInputDeserializer(written));
        assertArrayEquals(hashes.cells(), read.get(3L).cells());
        byte[] differences = {0, 4, 0, 4, 10, 13, 1, 4};
        Node old = NodeSerializer.INSTANCE.deserialize(new DataInputDeserializer(differences));
        assertArrayEquals(new long[] {5, -7, 4, -5}, old.cells());
        assertEquals(0, old.level);
    }

    private static byte[] bytes(Map<Long, Node> nodes) throws IOException {
        DataOutputSerializer target = new DataOutputSerializer(1 << 16);
        SERIALIZER.serialize(new TreeMap<>(nodes), target);
        return target.getCopyOfBuffer();
    }
}
