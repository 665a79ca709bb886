package dev.tandem.features;

/** A feature that cannot be computed as it was asked for: which one, what was expected, what came. */
public final class FeatureError extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    public FeatureError(String feature, String problem) {
        super("feature " + feature + ": " + problem);
    }
}
