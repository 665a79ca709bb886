package dev.tandem.features;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What a key says of the events that it has taken in. */
class SeenTest {
    private static final long SPAN_MS = 60_000;

    private record Place(int partition, long offset, long timeMs) {}

    @Test
    void eachPartitionsFirstAndLastOffsetCountAndChecksumAreShown() {
        Seen seen = new Seen();
        for (long[] place : new long[][] {{3, 7}, {1, 2}, {3, 9}, {3, 8}}) {
            seen.takeIn((int) place[0], place[1], 5_000 + SPAN_MS, SPAN_MS);
        }
        long ofThree = Seen.mix(3, 7) + Seen.mix(3, 8) + Seen.mix(3, 9);
        assertArrayEquals(new long[] {0, 3, 7, 9, 3, ofThree, 1, 2, 2, 1, Seen.mix(1, 2)}, seen.shown(SPAN_MS));
    }

    @Test
    void theCountsAreThoseOfAllEventsFromTheTimeThatIsNamedInAnyOrderOfArrival() {
        Random random = new Random(4);
        Seen seen = new Seen();
        List<Place> arrived = new ArrayList<>();
        long clockMs = 1_700_000_000_000L;
        for (int each = 0; each < 3_000; each++) {
            clockMs += random.nextInt(50) == 0 ? random.nextInt(200_000) : random.nextInt(500);
            Place place = new Place(random.nextInt(3), each, clockMs - random.nextInt(150_000));
            arrived.add(place);
            seen.takeIn(place.partition, place.offset, place.timeMs, SPAN_MS);
            assertCounts(arrived, seen.shown(SPAN_MS));
            seen = new Seen(seen.span(), seen.cells().clone());
        }
    }

    private static void assertCounts(List<Place> arrived, long[] shown) {
        long newestMs = arrived.stream().mapToLong(Place::timeMs).max().orElseThrow();
        assertEquals((newestMs / SPAN_MS - 1) * SPAN_MS, shown[0]);
        for (int at = 1; at < shown.length; at += 5) {
            int partition = (int) shown[at];
            List<Place> counted = arrived.stream()
                    .filter(place -> place.partition == partition && place.timeMs >= shown[0]).toList();
            assertEquals(counted.size(), shown[at + 3]);
            assertEquals(counted.stream().mapToLong(place -> Seen.mix(partition, place.offset)).sum(), shown[at + 4]);
        }
    }

    @Test
    void thePlaceIsMixedAsSplitmix64Does() {
        assertEquals(0, Seen.mix(0, 0));
        assertEquals(0x5692161d100b05e5L, Seen.mix(0, 1));
        assertEquals(0x645cdd953a8a14caL, Seen.mix(7, 123_456_789));
    }
}
