package dev.tandem.features;

/** A row on its way into a tree: its place, the measures that it counts in, its columns and texts. */
final class Row {
    final Key key;
    final long bits;
    final long[] columns;
    final byte[][] texts;

    Row(Key key, long bits, long[] columns, byte[][] texts) {
        this.key = key;
        this.bits = bits;
        this.columns = columns;
        this.texts = texts;
    }

    void writeTo(Node leaf, int entry) {
        leaf.open(entry);
        leaf.set(entry, key, bits);
        System.arraycopy(columns, 0, leaf.cells, entry * leaf.stride + Node.PAYLOAD, columns.length);
        System.arraycopy(texts, 0, leaf.texts, entry * leaf.textsPerEntry, leaf.textsPerEntry);
    }
}
