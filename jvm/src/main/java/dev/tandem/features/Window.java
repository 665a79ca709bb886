package dev.tandem.features;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The features that are computed over the same rows of a source: their sums are made in one pass. */
final class Window {
    private final Source source;
    private final long windowMs;
    private final long stepMs;
    private final List<Integer> outputs = new ArrayList<>();
    private final List<FeatureBinding> bindings = new ArrayList<>();
    private Range range;
    private Range stretches;
    private FeatureValue[] values;
    private int[] places;

    Window(Source source, Feature feature) {
        this(source, feature.windowMs(), feature.stepMs());
    }

    private Window(Source source, long windowMs, long stepMs) {
        this.source = source;
        this.windowMs = windowMs;
        this.stepMs = stepMs;
    }

    boolean isOf(Source other, Feature feature) {
        return source == other && windowMs == feature.windowMs() && stepMs == feature.stepMs();
    }

    void add(int output, FeatureBinding binding) {
        outputs.add(output);
        bindings.add(binding);
    }

    boolean isEmpty() {
        return outputs.isEmpty();
    }

    /** This window with the features alone that events of a type get. */
    Window forType(String type) {
        Window window = new Window(source, windowMs, stepMs);
        Set<Measure> wanted = new LinkedHashSet<>();
        for (int each = 0; each < bindings.size(); each++) {
            if (bindings.get(each).isOn(type)) {
                window.add(outputs.get(each), bindings.get(each));
                wanted.addAll(bindings.get(each).summedUp());
            }
        }
        window.range = new Range(source.rows, wanted.toArray(Measure[]::new));
        if (source.stretches != null && stepMs > 0) {
            window.stretches = new Range(source.stretches.tree, window.range);
        }
        window.places = window.outputs.stream().mapToInt(Integer::intValue).toArray();
        window.values = window.bindings.stream()
                .map(binding -> binding.bind(source, window.range))
                .toArray(FeatureValue[]::new);
        return window;
    }

    void evaluate(Event event, Key key, Object[] results) {
        long heldFromMs = source.heldFromMs(source.rows.state, key.timeMs);
        long fromMs = Math.max(Feature.windowStart(key.timeMs, windowMs, stepMs), heldFromMs);
        range.sumUp(fromMs, key.timeMs);
        if (stretches != null && fromMs < source.rows.tree().expiredBeforeMs) {
            stretches.addUp(fromMs, key.timeMs);
        }
        for (int each = 0; each < values.length; each++) {
            results[places[each]] = values[each].of(event, key, fromMs);
        }
    }
}
