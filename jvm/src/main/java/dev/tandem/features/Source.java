package dev.tandem.features;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;

/** The rows of one event type of a key: what is kept of each, how long, and by which values they can be found. */
final class Source {
    private static final int DROPS_PER_EVENT = 2;
    private static final BiConsumer<Node, Integer> NOTHING_MORE = (leaf, row) -> { };

    final String type;
    final Tree rows;
    final List<ValueIndex> values;
    private final List<Presence> presences;
    private final FieldCode[] columns;
    private final FieldCode[] texts;
    private final int linkColumns;
    private final long rowsMs;
    private final long searchedMs;
    private final long sumsMs;
    /** Null where every feature needs the rows themselves, or as long as they are kept anyway. */
    final Stretches stretches;
    private final BiConsumer<Node, Integer> forget = this::forget;

    /** An event counts in the measures {@code bits} if the filter is true and no slot is null. */
    record Presence(long bits, int filterSlot, int[] slots) {
        boolean holds(Event event) {
            if (filterSlot >= 0 && (event.isNull(filterSlot) || !event.truth(filterSlot))) {
                return false;
            }
            for (int slot : slots) {
                if (event.isNull(slot)) {
                    return false;
                }
            }
            return true;
        }
    }

    Source(SourcePlan plan) {
        type = plan.type;
        rows = plan.tree;
        values = plan.values;
        presences = plan.presences;
        columns = plan.columns.toArray(FieldCode[]::new);
        texts = plan.texts.toArray(FieldCode[]::new);
        linkColumns = plan.linkColumns;
        rowsMs = plan.searchedMs + plan.latenessMs;
        searchedMs = plan.searchedMs;
        sumsMs = plan.summedMs + plan.latenessMs;
        stretches = plan.stretches;
    }

    void bind(KeyState state, NodeStore store) {
        rows.bind(state, store);
        for (ValueIndex index : values) {
            index.tree.bind(state, store);
        }
        if (stretches != null) {
            stretches.tree.bind(state, store);
        }
    }

    List<Tree> trees() {
        List<Tree> trees = new ArrayList<>(List.of(rows));
        values.forEach(index -> trees.add(index.tree));
        if (stretches != null) {
            trees.add(stretches.tree);
        }
        return trees;
    }

    /** Before which event time nothing is looked at for an event at {@code timeMs}: its rows or their sums are gone. */
    long heldFromMs(KeyState state, long timeMs) {
        long rowsFromMs = state.trees[rows.index()].expiredBeforeMs;
        if (stretches == null || timeMs - searchedMs < rowsFromMs) {
            return rowsFromMs;
        }
        return state.trees[stretches.tree.index()].expiredBeforeMs;
    }

    void takeIn(Event event, Key key) {
        long bits = 0;
        for (Presence presence : presences) {
            bits |= presence.holds(event) ? presence.bits : 0;
        }
        long[] numbers = new long[columns.length + linkColumns];
        for (int column = 0; column < columns.length; column++) {
            numbers[column] = event.isNull(columns[column].slot()) ? 0 : columns[column].number(event);
        }
        byte[][] bytes = new byte[texts.length][];
        for (int text = 0; text < texts.length; text++) {
            bytes[text] = event.isNull(texts[text].slot()) ? null : texts[text].bytes(event);
        }
        if (stretches != null && key.timeMs < rows.tree().expiredBeforeMs) {
            stretches.add(new Row(key, bits, numbers, bytes));
            return;
        }
        for (ValueIndex index : values) {
            if (index.present.counts(bits)) {
                bits = link(index, new Key(bytes[index.text], key.timeMs, key.partition, key.offset), bits, numbers);
            }
        }
        rows.insert(new Row(key, bits, numbers, bytes));
    }

    /** Ties the new row to the rows before and behind it that have the same value; gives its measures. */
    private long link(ValueIndex index, Key key, long bits, long[] numbers) {
        if (!index.countsValues()) {
            index.add(key);
            return bits;
        }
        Key before = index.before(key);
        Key behind = index.from(key);
        index.add(key);
        int column = index.present.column;
        numbers[column] = before == null ? Long.MIN_VALUE : before.timeMs;
        if (behind != null) {
            rows.change(place(behind), (leaf, row) ->
                    leaf.cells[row * leaf.stride + Node.PAYLOAD + column] = key.timeMs);
            return bits;
        }
        if (before != null) {
            rows.change(place(before), (leaf, row) ->
                    leaf.cells[row * leaf.stride + Node.LINK] &= ~(1L << index.last.bit));
        }
        return bits | 1L << index.last.bit;
    }

    private static Key place(Key key) {
        return new Key(null, key.timeMs, key.partition, key.offset);
    }

    void expire() {
        long newestMs = rows.tree().newestMs;
        drop(rows, newestMs - rowsMs, forget);
        if (stretches != null) {
            stretches.close();
            drop(stretches.tree, newestMs - sumsMs, NOTHING_MORE);
        }
    }

    private static void drop(Tree tree, long horizonMs, BiConsumer<Node, Integer> dropped) {
        for (int drop = 0; drop < DROPS_PER_EVENT && tree.dropOldest(horizonMs, dropped); drop++) {
            // each call drops one leaf
        }
    }

    private void forget(Node leaf, int row) {
        if (stretches != null) {
            stretches.add(leaf, row);
        }
        for (ValueIndex index : values) {
            if (index.present.counts(leaf.link(row))) {
                byte[] value = leaf.texts[row * leaf.textsPerEntry + index.text];
                Key key = leaf.key(row, false);
                index.tree.delete(new Key(value, key.timeMs, key.partition, key.offset));
            }
        }
    }
}
