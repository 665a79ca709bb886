package dev.tandem.contract;

import java.util.Arrays;

/**
 * The outcome for one message: accepted with the values of its fields, or quarantined with reason and detail
 * (then only {@code event_id} is filled, where it can be read safely). Valid until the parser's next message.
 */
public final class ParsedEvent {
    Reason reason;
    String detail;
    ContractDefinition.EventType eventType;
    final boolean[] present;
    final byte[][] texts;

    /** Whole numbers, the bits of doubles, and 1 or 0 for true or false. */
    final long[] bits;

    ParsedEvent(int columns) {
        present = new boolean[columns];
        texts = new byte[columns][];
        bits = new long[columns];
    }

    void clear() {
        reason = null;
        detail = null;
        eventType = null;
        Arrays.fill(present, false);
    }

    /** Why the message is quarantined, or null for an accepted event. */
    public Reason reason() {
        return reason;
    }

    /** What was expected, and of which field; never a value. Null for an accepted event. */
    public String detail() {
        return detail;
    }

    public boolean isNull(int column) {
        return !present[column];
    }

    /** The UTF-8 bytes of a text; they are not touched again. */
    public byte[] text(int column) {
        return texts[column];
    }

    public long integer(int column) {
        return bits[column];
    }

    public double number(int column) {
        return Double.longBitsToDouble(bits[column]);
    }

    public boolean bool(int column) {
        return bits[column] != 0;
    }
}
