package dev.tandem.features;

/** Computes one feature of an event from the state that is bound; null where the feature is NULL. */
interface FeatureValue {
    Object of(Event event, Key key, long fromMs);
}
