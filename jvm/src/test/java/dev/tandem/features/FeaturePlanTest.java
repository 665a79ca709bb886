package dev.tandem.features;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The features against an oracle that goes through a plain list. */
class FeaturePlanTest {
    private static final long KEEP_LATE_MS = 30_000;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
    void everyValueIsTheOraclesInAnyOrderOfArrival(long seed) {
        RandomEvents events = new RandomEvents(seed, seed % 3 == 0 ? 200_000 : 5_000);
        FeaturePlan plan = new FeaturePlan(events.features(12), RandomEvents.COLUMNS, KEEP_LATE_MS, 0);
        assertAgreement(plan, events, 1_500, new MemoryNodes(seed % 2 == 0));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void valuesAreTheOraclesBehindWindowsThatWereOnlyFilled(long seed) {
        RandomEvents events = new RandomEvents(seed, seed % 3 == 0 ? 200_000 : 5_000);
        FeaturePlan plan = new FeaturePlan(events.features(12), RandomEvents.COLUMNS, KEEP_LATE_MS, 0);
        assertAgreement(plan, events, 1_500, 1_000, new MemoryNodes(seed % 2 == 0));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void windowsThatMoveInStepsKeepTheirValuesWhenTheirRowsAreSummedUp(long seed) {
        RandomEvents events = new RandomEvents(seed, seed % 3 == 0 ? 200_000 : 5_000);
        List<Feature> features = new ArrayList<>();
        for (FeatureFunction function : List.of(FeatureFunction.COUNT, FeatureFunction.AVG, FeatureFunction.MIN,
                FeatureFunction.MAX, FeatureFunction.STDDEV, FeatureFunction.SUM)) {
            String field = function.needsField() ? "score" : null;
            String filter = features.size() % 2 == 0 ? null : "is_large";
            long stepMs = 4_000 + 2_000 * (features.size() % 3);
            features.add(new Feature("stepped_" + function, function, field, "transaction", filter, 120_000, stepMs,
                    Set.of()));
        }
        if (seed % 2 == 0) {
            features.add(feature("recent", FeatureFunction.SUM, "score", 10_000, 0));
            features.add(feature("places", FeatureFunction.COUNT_DISTINCT, "merchant_id", 20_000, 5_000));
        }
        FeaturePlan plan = new FeaturePlan(features, RandomEvents.COLUMNS, 6_000, 0);
        assertAgreement(plan, events, 1_500, new MemoryNodes(seed % 2 == 0));
    }

    private static void assertAgreement(FeaturePlan plan, RandomEvents events, int count, MemoryNodes store) {
        assertAgreement(plan, events, count, 0, store);
    }

    /** Nobody asks for the features of the first events, as many as {@code filled}. */
    private static void assertAgreement(
            FeaturePlan plan, RandomEvents events, int count, int filled, MemoryNodes store) {
        WindowOracle oracle = new WindowOracle();
        KeyState state = plan.newState();
        Object[] results = new Object[plan.features().size()];
        for (int each = 0; each < count; each++) {
            Literal event = events.next();
            oracle.arrive(event);
            if (each < filled) {
                plan.takeIn(event.on(plan), state, store);
                continue;
            }
            long[] goneBeforeMs = plan.heldFromMs(state, event.timeMs());
            plan.process(event.on(plan), state, store, results);
            state = state.copy();
            for (int feature = 0; feature < results.length; feature++) {
                Feature asked = plan.features().get(feature);
                long gone = goneBeforeMs[plan.sourceTypes().indexOf(asked.sourceType())];
                assertSame(oracle.feature(asked, event, gone), results[feature], asked + " at event " + each);
            }
        }
    }

    private static void assertSame(Object expected, Object actual, String what) {
        Object value = actual instanceof byte[] text ? new String(text, StandardCharsets.UTF_8) : actual;
        if (expected instanceof Double number && value instanceof Double other) {
            assertEquals(number, other, Math.abs(number) * 1e-12, what);
        } else {
            assertEquals(expected, value, what);
        }
    }

    @Test
    void rowsThatNoWindowCanReachAreDroppedAndTheRestIsKept() {
        Feature count = feature("payments", FeatureFunction.COUNT_DISTINCT, "merchant_id", 60_000, 0);
        FeaturePlan plan = new FeaturePlan(List.of(count), RandomEvents.COLUMNS, 0, 0);
        MemoryNodes store = new MemoryNodes(false);
        KeyState state = plan.newState();
        Object[] results = new Object[1];
        int mostNodes = 0;
        for (int each = 0; each < 50_000; each++) {
            Literal event = new Literal("transaction", 100L * each, 0, each, Map.of("merchant_id", "m" + each));
            plan.process(event.on(plan), state, store, results);
            mostNodes = Math.max(mostNodes, store.nodes.size());
            assertEquals((long) Math.min(each + 1, 601), results[0]);
            assertTrue(plan.heldFromMs(state, 100L * each)[0] <= Math.max(100L * each - 60_000, Long.MIN_VALUE + 1));
        }
        assertTrue(mostNodes < 100, "601 rows in " + mostNodes + " nodes");
    }

    @Test
    void whatIsKeptOfAWindowThatMovesInStepsGrowsWithItsStepsAndNotWithItsRows() {
        Feature sum = feature("spent", FeatureFunction.SUM, "amount_cents", 1_000_000, 50_000);
        FeaturePlan plan = new FeaturePlan(List.of(sum), RandomEvents.COLUMNS, 1_000, 0);
        MemoryNodes store = new MemoryNodes(false);
        KeyState state = plan.newState();
        Object[] results = new Object[1];
        int mostNodes = 0;
        for (int each = 0; each < 50_000; each++) {
            long timeMs = 100L * each;
            Literal event = new Literal("transaction", timeMs, 0, each, Map.of("amount_cents", 1L));
            plan.process(event.on(plan), state, store, results);
            mostNodes = Math.max(mostNodes, store.nodes.size());
            long startMs = Math.floorDiv(timeMs - 1_000_000, 50_000) * 50_000;
            assertEquals(Math.min(each, each - startMs / 100) + 1, results[0]);
        }
        assertTrue(mostNodes < 10, "21 stretches and 10 rows in " + mostNodes + " nodes");
    }

    @Test
    void anEventTouchesFewNodesHoweverManyRowsAreInTheWindow() {
        Feature sum = feature("spent", FeatureFunction.SUM, "amount_cents", 1_000_000, 0);
        FeaturePlan plan = new FeaturePlan(List.of(sum), RandomEvents.COLUMNS, 0, 0);
        MemoryNodes store = new MemoryNodes(false);
        KeyState state = plan.newState();
        for (int each = 0; each < 100_000; each++) {
            Literal event = new Literal("transaction", 10L * each, 0, each, Map.of("amount_cents", 1L));
            store.touched = 0;
            plan.process(event.on(plan), state, store, new Object[1]);
            assertTrue(store.touched <= 20, store.touched + " nodes touched at event " + each);
        }
    }

    @Test
    void sumsBeyondALongStopAtItsEnds() {
        Feature sum = feature("spent", FeatureFunction.SUM, "amount_cents", 60_000, 0);
        Feature average = feature("mean", FeatureFunction.AVG, "amount_cents", 60_000, 0);
        FeaturePlan plan = new FeaturePlan(List.of(sum, average), RandomEvents.COLUMNS, 0, 0);
        KeyState state = plan.newState();
        Object[] results = new Object[2];
        for (int each = 0; each < 3; each++) {
            Literal event = new Literal("transaction", 5_000, 0, each, Map.of("amount_cents", Long.MAX_VALUE - 1));
            plan.process(event.on(plan), state, new MemoryNodes(false), results);
        }
        assertEquals(Long.MAX_VALUE, results[0]);
        assertEquals((double) (Long.MAX_VALUE - 1), results[1]);
    }

    private static Feature feature(String name, FeatureFunction function, String field, long windowMs, long stepMs) {
        return new Feature(name, function, field, "transaction", null, windowMs, stepMs, Set.of());
    }
}
