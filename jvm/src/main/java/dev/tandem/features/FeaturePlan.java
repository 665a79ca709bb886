package dev.tandem.features;

import dev.tandem.contract.FieldType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * All features of one key column over one shared state: {@link #process} takes an event in and computes its
 * features from what has arrived so far. Not for two threads at once.
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

    /**
     * @param columnTypes type of every column that features may name
     * @param latenessMs how long rows are kept beyond the longest window, for events that arrive late
     */
    public FeaturePlan(List<Feature> features, Map<String, FieldType> columnTypes, long latenessMs) {
        this.features = List.copyOf(features);
        this.columnTypes = Map.copyOf(columnTypes);
        resultTypes = new FieldType[features.size()];
        Map<String, SourcePlan> plans = new LinkedHashMap<>();
        List<FeatureBinding> bindings = new ArrayList<>();
        for (Feature feature : features) {
            SourcePlan plan = plans.computeIfAbsent(feature.sourceType(), type -> new SourcePlan(type, this::field));
            plan.retentionMs = Math.max(plan.retentionMs, feature.windowMs() + feature.stepMs() + latenessMs);
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
        trees = next;
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
            case COUNT, COUNT_DISTINCT, SUM, TIME_SINCE_PREVIOUS, FIRST_SEEN -> FieldType.INTEGER;
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

    /** Event types of which rows are kept, in the order of {@link #expiredBeforeMs}. */
    public List<String> sourceTypes() {
        return sources.stream().map(source -> source.type).toList();
    }

    /** How long the rows of the longest window are kept. */
    public long retentionMs() {
        return sources.stream().mapToLong(source -> source.retentionMs).max().orElse(0);
    }

    public KeyState newState() {
        TreeState[] states = new TreeState[trees];
        for (Source source : sources) {
            states[source.rows.index()] = new TreeState(source.rows.layout.emptyLeaf());
            for (ValueIndex values : source.values) {
                states[values.tree.index()] = new TreeState(values.tree.layout.emptyLeaf());
            }
        }
        return new KeyState(states, 0, new long[0], Long.MIN_VALUE);
    }

    /** Before which event time the rows of each source are gone from the state. */
    public long[] expiredBeforeMs(KeyState state) {
        return sources.stream().mapToLong(source -> state.trees[source.rows.index()].expiredBeforeMs).toArray();
    }

    /** Takes the event in and writes its features to {@code results}, in the order of the features. */
    public void process(Event event, KeyState state, NodeStore store, Object[] results) {
        state.takeIn(event.partition(), event.offset(), event.timeMs());
        for (Source source : sources) {
            source.bind(state, store);
        }
        Key key = new Key(null, event.timeMs(), event.partition(), event.offset());
        Source own = sourceByType.get(event.type());
        if (own != null) {
            own.takeIn(event, key);
        }
        java.util.Arrays.fill(results, null);
        for (Window window : windowsFor(event.type())) {
            window.evaluate(event, key, results);
        }
        if (own != null) {
            own.expire();
        }
    }

    private Window[] windowsFor(String type) {
        return windowsByType.computeIfAbsent(type, any -> windows.stream()
                .map(window -> window.forType(type))
                .filter(window -> !window.isEmpty())
                .toArray(Window[]::new));
    }
}
