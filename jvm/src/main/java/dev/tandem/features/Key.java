package dev.tandem.features;

/** The place of a row in a tree: first by value in a tree that has one, else null; then as events are ordered. */
final class Key {
    final byte[] value;
    final long timeMs;
    final long partition;
    final long offset;

    Key(byte[] value, long timeMs, long partition, long offset) {
        this.value = value;
        this.timeMs = timeMs;
        this.partition = partition;
        this.offset = offset;
    }
}
