package dev.tandem.features;

/** One accepted event as the features see it; slots number the columns of {@link FeaturePlan#columns()}. */
public interface Event {
    /** The event's id in UTF-8. */
    byte[] id();

    String type();

    long timeMs();

    int partition();

    long offset();

    boolean isNull(int slot);

    long integer(int slot);

    double number(int slot);

    byte[] text(int slot);

    boolean truth(int slot);
}
