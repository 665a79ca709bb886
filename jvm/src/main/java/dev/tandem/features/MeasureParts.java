package dev.tandem.features;

/** Which parts of a measure some feature asks for. */
final class MeasureParts {
    boolean sum;
    boolean squares;
    boolean min;
    boolean max;
}
