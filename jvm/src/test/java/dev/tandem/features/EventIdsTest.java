package dev.tandem.features;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Ids of a key: remembered for a span at least, two at most. */
class EventIdsTest {
    private static final long SPAN_MS = 1_000;

    private final FeaturePlan plan = new FeaturePlan(List.of(), RandomEvents.COLUMNS, 0, SPAN_MS);
    private final MemoryNodes store = new MemoryNodes(true);
    private KeyState state = plan.newState();

    private boolean isNew(long id, long timeMs) {
        state = state.copy();
        return plan.takeInId(new Literal("label", timeMs, 0, id, Map.of()).on(plan), state, store);
    }

    @Test
    void anIdIsNewOnceWithinASpanHoweverManyThereAre() {
        for (int id = 0; id < 5_000; id++) {
            assertTrue(isNew(id, SPAN_MS + id % 999));
        }
        for (int id = 0; id < 5_000; id++) {
            assertFalse(isNew(id, SPAN_MS));
        }
        for (int id = 0; id < 5_000; id++) {
            assertFalse(isNew(id, 2 * SPAN_MS));
        }
    }

    @Test
    void idsOfTheSpanBeforeAreKnownAndThoseOfOlderSpansForgottenWithAllTheirNodes() {
        for (int id = 0; id < 500; id++) {
            isNew(id, SPAN_MS);
        }
        assertTrue(isNew(500, 2 * SPAN_MS + 999));
        assertFalse(isNew(0, 2 * SPAN_MS));
        assertTrue(isNew(501, 3 * SPAN_MS));
        assertTrue(isNew(0, SPAN_MS));
        assertTrue(isNew(502, 90 * SPAN_MS));
        assertTrue(isNew(500, 90 * SPAN_MS));
        assertEquals(0, store.nodes.size());
    }

    @Test
    void anEventTouchesFewNodesAndNoNodeIsLongHoweverManyIdsThereAre() {
        long mostTouched = 0;
        for (int id = 0; id < 20_000; id++) {
            long before = store.touched;
            isNew(id, SPAN_MS);
            mostTouched = Math.max(mostTouched, store.touched - before);
        }
        assertTrue(mostTouched <= 6, "nodes touched: " + mostTouched);
        assertEquals(20_000 / 16, store.nodes.size(), 20);
        assertTrue(store.nodes.values().stream().allMatch(node -> node.size < 80));
    }

    @Test
    void hashesOfIdsThatDifferInOneLetterDiffer() {
        Set<Long> hashes = new HashSet<>();
        for (int id = 0; id < 100_000; id++) {
            hashes.add(EventIds.hash(("event-" + id).getBytes(StandardCharsets.UTF_8), 0x9e3779b97f4a7c15L));
        }
        assertEquals(100_000, hashes.size());
        byte[] zero = {0};
        assertNotEquals(EventIds.hash(zero, 3), EventIds.hash(new byte[0], 3));
    }
}
