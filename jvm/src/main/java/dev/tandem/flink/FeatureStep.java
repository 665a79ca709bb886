package dev.tandem.flink;

import dev.tandem.features.Feature;
import java.io.Serializable;
import java.util.List;

/**
 * What is computed in one pass over the events of a key.
 *
 * @param key the column whose events belong together
 * @param latenessMs how long rows are kept beyond the longest window, for events that arrive late
 * @param duplicatesMs how long the ids of events are remembered at least, to drop what came before; 0: not at all
 * @param fingerprint differs where the step's text does: state of another step must not be taken for its own
 */
public record FeatureStep(String key, long latenessMs, long duplicatesMs, List<Feature> features, String fingerprint)
        implements Serializable {
    boolean hasFeatures() {
        return !features.isEmpty();
    }
}
