package dev.tandem.flink;

/** Where what stands in a {@code seen_KEY}, which {@link dev.tandem.features.Seen#shown} lays out. */
final class SeenCells {
    static final int FIRST_PARTITION = 1;
    static final int PER_PARTITION = 5;
    static final int FIRST = 1;
    static final int LAST = 2;
    static final int EVENTS = 3;
    static final int CHECKSUM = 4;

    private SeenCells() {}
}
