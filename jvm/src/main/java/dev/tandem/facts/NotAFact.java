package dev.tandem.facts;

/** A message of the topic of facts is none; the text names what was expected. */
final class NotAFact extends Exception {
    private static final long serialVersionUID = 1L;

    NotAFact(String expected) {
        super(expected, null, false, false);
    }
}
