package dev.tandem.features;

import dev.tandem.contract.FieldType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Works out what must be kept of one event type for all features over it: each measure, column and value once. */
final class SourcePlan {
    private static final int MOST_MEASURES = 64;

    final String type;
    final List<FieldCode> columns = new ArrayList<>();
    final List<FieldCode> texts = new ArrayList<>();
    final List<ValueIndex> values = new ArrayList<>();
    final List<Source.Presence> presences = new ArrayList<>();
    int linkColumns;
    /** The longest window that needs the rows themselves, its step included. */
    long searchedMs;
    /** The longest window, its step included, for which sums are enough. */
    long summedMs;
    final long latenessMs;
    Tree tree;
    Stretches stretches;

    private final Function<String, FieldCode> fields;
    private final Map<String, Wanted> wanted = new LinkedHashMap<>();
    private final Map<String, WantedValues> wantedValues = new LinkedHashMap<>();
    private long stretchMs;

    /** A measure that some feature asks for, before its place is known. */
    static final class Wanted {
        final MeasureParts parts = new MeasureParts();
        int column = -1;
        int filterSlot;
        int[] slots;
        boolean marksLast;
        Measure measure;
    }

    /** An index by value that some feature asks for. */
    static final class WantedValues {
        Wanted present;
        Wanted last;
        FieldCode field;
        ValueIndex index;
    }

    SourcePlan(String type, long latenessMs, Function<String, FieldCode> fields) {
        this.type = type;
        this.latenessMs = latenessMs;
        this.fields = fields;
    }

    /** Sees to it that all of the feature's window is kept. */
    void keep(Feature feature) {
        long windowMs = feature.windowMs() + feature.stepMs();
        if (feature.isOfSums()) {
            summedMs = Math.max(summedMs, windowMs);
            stretchMs = greatestCommonDivisor(feature.stepMs(), stretchMs);
        } else {
            searchedMs = Math.max(searchedMs, windowMs);
        }
    }

    private static long greatestCommonDivisor(long one, long other) {
        return other == 0 ? one : greatestCommonDivisor(other, one % other);
    }

    long retentionMs() {
        return Math.max(searchedMs, summedMs) + latenessMs;
    }

    /** The measure of the rows where the filter is true and none of the columns is null. */
    Wanted measure(String filter, String column, String... notNull) {
        return wanted.computeIfAbsent(filter + "|" + column + "|" + String.join(",", notNull), any -> {
            Wanted measure = new Wanted();
            measure.filterSlot = filter == null ? -1 : fields.apply(filter).slot();
            measure.column = column == null ? -1 : column(column);
            measure.slots = new int[notNull.length];
            for (int each = 0; each < notNull.length; each++) {
                measure.slots[each] = fields.apply(notNull[each]).slot();
            }
            return measure;
        });
    }

    WantedValues values(String filter, String field, boolean countsValues) {
        WantedValues values = wantedValues.computeIfAbsent(filter + "|" + field, any -> {
            WantedValues fresh = new WantedValues();
            fresh.field = fields.apply(field);
            fresh.present = measure(filter, null, field, field);
            return fresh;
        });
        if (countsValues && values.last == null) {
            values.last = measure(filter, null, field, field, field);
            values.last.marksLast = true;
            values.present.parts.min = true;
            values.present.parts.max = true;
        }
        return values;
    }

    int column(String name) {
        FieldCode field = fields.apply(name);
        if (!columns.contains(field)) {
            columns.add(field);
        }
        return columns.indexOf(field);
    }

    int text(String name) {
        FieldCode field = fields.apply(name);
        if (!texts.contains(field)) {
            texts.add(field);
        }
        return texts.indexOf(field);
    }

    /** Gives every measure its place, and its tree the number {@code firstTree}; gives the next free number. */
    int settle(int firstTree) {
        for (WantedValues each : wantedValues.values()) {
            if (each.last != null) {
                each.present.column = columns.size() + linkColumns++;
            }
        }
        List<Measure> measures = new ArrayList<>();
        int cells = 0;
        for (Wanted each : wanted.values()) {
            each.measure = new Measure(measures.size(), each.column, cells, each.parts);
            cells += each.measure.cells;
            measures.add(each.measure);
            if (!each.marksLast) {
                presences.add(new Source.Presence(1L << each.measure.bit, each.filterSlot, each.slots));
            }
        }
        if (measures.size() > MOST_MEASURES) {
            throw new FeatureError(type, "expected at most " + MOST_MEASURES + " different measures of one event type"
                    + " by one key, got " + measures.size());
        }
        tree = new Tree(new Layout(measures.toArray(Measure[]::new), columns.size() + linkColumns, texts.size(),
                false), firstTree);
        int next = settleValues(firstTree + 1);
        if (summedMs <= searchedMs) {
            return next;
        }
        stretches = new Stretches(tree.layout, stretchMs, next);
        return next + 1;
    }

    private int settleValues(int firstTree) {
        int next = firstTree;
        for (WantedValues each : wantedValues.values()) {
            each.index = new ValueIndex(next++, each.field, texts.indexOf(each.field));
            each.index.present = each.present.measure;
            each.index.last = each.last == null ? null : each.last.measure;
            values.add(each.index);
        }
        return next;
    }

    /** The field's code, refused where sums cannot be exact. */
    void requireWholeNumbers(Feature feature) {
        if (fields.apply(feature.field()).type() != FieldType.INTEGER) {
            throw new FeatureError(feature.name(), feature.function() + " needs a column of whole numbers, got "
                    + feature.field());
        }
    }
}
