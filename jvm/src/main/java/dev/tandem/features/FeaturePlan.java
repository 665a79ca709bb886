package dev.tandem.features;

import dev.tandem.contract.FieldType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * All features of one key column over one shared state: {@link #process} takes an event in and computes its
 * features from what has arrived so far; {@link #takeInId} drops what came before. Not for two threads at once.
 */
public final class FeaturePlan {
    private final List<Feature> features;
    private final Map<String, FieldType> columnTypes;
    private final List<String> columns = new ArrayList<>();
    private final FieldType[] resultTypes;
    private final List<Source> sources = new ArrayList<>();
    private final Map<String, Source> sourceByType = new HashMap<>();
    private final List<Window> windows = new ArrayList<>();
    private final Map<String, Window[]> windowsByType = new HashMap<>();
    private final int trees;
    private final long retentionMs;
    private final EventIds ids;

    /**
     * @param columnTypes type of every column that features may name
     * @param latenessMs how long rows are kept beyond the longest window, for events that arrive late
     * @param duplicatesMs how long ids are remembered at least, in the key's event time; 0: not at all
     */
    public FeaturePlan(
            List<Feature> features, Map<String, FieldType> columnTypes, long latenessMs, long duplicatesMs) {
        this.features = List.copyOf(features);
        this.columnTypes = Map.copyOf(columnTypes);
        resultTypes = new FieldType[features.size()];
        Map<String, SourcePlan> plans = new LinkedHashMap<>();
        List<FeatureBinding> bindings = new ArrayList<>();
        for (Feature feature : features) {
            SourcePlan plan = plans.computeIfAbsent(feature.sourceType(), type -> new SourcePlan(type, latenessMs, this::field));
            plan.keep(feature);
            resultTypes[bindings.size()] = resultType(feature);
            bindings.add(FeatureBinding.plan(feature, plan, this::field));
        }
        int next = 0;
        for (SourcePlan plan : plans.values()) {
            next = plan.settle(next);
            Source source = new Source(plan);
            sources.add(source);
            sourceByType.put(plan.type, source);
        }
        ids = duplicatesMs == 0 ? null : new EventIds(duplicatesMs, next);
        trees = next + (ids == null ? 0 : EventIds.SETS);
        retentionMs = plans.values().stream().mapToLong(SourcePlan::retentionMs).max().orElse(0);
        for (int feature = 0; feature < bindings.size(); feature++) {
            addToWindow(features.get(feature), feature, bindings.get(feature));
        }
    }

    private void addToWindow(Feature feature, int output, FeatureBinding binding) {
        Source source = sourceByType.get(feature.sourceType());
        Window window = windows.stream()
                .filter(each -> each.isOf(source, feature))
                .findFirst()
                .orElseGet(() -> {
                    Window fresh = new Window(source, feature);
                    windows.add(fresh);
                    return fresh;
                });
        window.add(output, binding);
    }

    private FieldCode field(String name) {
        FieldType type = columnTypes.get(name);
        if (type == null) {
            throw new FeatureError(name, "no such column of text, BIGINT, DOUBLE or BOOLEAN");
        }
        if (!columns.contains(name)) {
            columns.add(name);
        }
        return new FieldCode(columns.indexOf(name), type);
    }

    private FieldType resultType(Feature feature) {
        return switch (feature.function()) {
            case COUNT, COUNT_DISTINCT, SUM, MS_SINCE_PREVIOUS, FIRST_SEEN_MS -> FieldType.INTEGER;
            case AVG, STDDEV, DISTANCE_KM, SPEED_KMH -> FieldType.NUMBER;
            case MIN, MAX, PREVIOUS -> field(feature.field()).type();
        };
    }

    /** The columns that events are asked for; a column's place in this list is its slot. */
    public List<String> columns() {
        return List.copyOf(columns);
    }

    public List<Feature> features() {
        return features;
    }

    /** Type of the value of a feature: Long, Double, Boolean, or byte[] of UTF-8 for a text. */
    public FieldType resultType(int feature) {
        return resultTypes[feature];
    }

    /** Event types of which rows are kept, in the order of {@link #heldFromMs}. */
    public List<String> sourceTypes() {
        return sources.stream().map(source -> source.type).toList();
    }

    /** How long rows are kept behind the newest, in event time: the longest window, its step and the lateness. */
    public long retentionMs() {
        return retentionMs;
    }

    /** Length of the spans of {@link Seen}: no window is longer. */
    public long spanMs() {
        return Math.max(retentionMs, Feature.SHORTEST_WINDOW_MS);
    }

    public KeyState newState() {
        TreeState[] states = new TreeState[trees];
        for (Source source : sources) {
            for (Tree tree : source.trees()) {
                states[tree.index()] = new TreeState(tree.layout.emptyLeaf());
            }
        }
        for (IdSet set : ids == null ? new IdSet[0] : ids.sets()) {
            states[set.index()] = IdSet.empty();
        }
        return new KeyState(states, 0, new Seen(), Long.MIN_VALUE);
    }

    /** Before which event time, for an event at {@code timeMs}, what came of each source is gone. */
    public long[] heldFromMs(KeyState state, long timeMs) {
        long[] heldFromMs = new long[sources.size()];
        for (int source = 0; source < heldFromMs.length; source++) {
            heldFromMs[source] = sources.get(source).heldFromMs(state, timeMs);
        }
        return heldFromMs;
    }

    public boolean dropsDuplicates() {
        return ids != null;
    }

    /** Remembers the event's id, where the plan drops duplicates; false for an id that the key has had. */
    public boolean takeInId(Event event, KeyState state, NodeStore store) {
        if (ids == null) {
            return true;
        }
        for (IdSet set : ids.sets()) {
            set.bind(state, store);
        }
        if (!ids.takeIn(event.id(), event.timeMs(), state.newestMs)) {
            return false;
        }
        state.newestMs = Math.max(state.newestMs, event.timeMs());
        return true;
    }

    /** Takes the event in and writes its features to {@code results}, in the order of the features. */
    public void process(Event event, KeyState state, NodeStore store, Object[] results) {
        Key key = key(event);
        Source own = insert(event, key, state, store);
        java.util.Arrays.fill(results, null);
        for (Window window : windowsFor(event.type())) {
            window.evaluate(event, key, results);
        }
        if (own != null) {
            own.expire();
        }
    }

    /** Takes the event in and leaves the state as {@link #process} does; nobody asks for its features. */
    public void takeIn(Event event, KeyState state, NodeStore store) {
        Source own = insert(event, key(event), state, store);
        if (own != null) {
            own.expire();
        }
    }

    private static Key key(Event event) {
        return new Key(null, event.timeMs(), event.partition(), event.offset());
    }

    /** Gives where the events of its type are kept; null where they are not. */
    private Source insert(Event event, Key key, KeyState state, NodeStore store) {
        state.newestMs = Math.max(state.newestMs, event.timeMs());
        state.seen.takeIn(event.partition(), event.offset(), event.timeMs(), spanMs());
        for (Source source : sources) {
            source.bind(state, store);
        }
        Source own = sourceByType.get(event.type());
        if (own != null) {
            own.takeIn(event, key);
        }
        return own;
    }

    private Window[] windowsFor(String type) {
        return windowsByType.computeIfAbsent(type, any -> windows.stream()
                .map(window -> window.forType(type))
                .filter(window -> !window.isEmpty())
                .toArray(Window[]::new));
    }
}
