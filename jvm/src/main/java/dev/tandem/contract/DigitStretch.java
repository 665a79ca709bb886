package dev.tandem.contract;

import java.util.Arrays;

/** A stretch of digits and separators: its digits with their places in the text, and where its groups start. */
final class DigitStretch {
    byte[] values;

    /** Where each digit's bytes start and stop in the text. */
    int[] starts;

    int[] stops;
    int digits;

    /** Number of the first digit of each group; behind the last group stands the number of digits. */
    int[] groupStarts;

    int groups;
    private boolean inGroup;

    DigitStretch(int capacity) {
        values = new byte[capacity];
        starts = new int[capacity];
        stops = new int[capacity];
        groupStarts = new int[capacity + 1];
    }

    void digit(int start, int stop, int value) {
        if (digits == values.length) {
            grow();
        }
        if (!inGroup) {
            inGroup = true;
            groupStarts[groups++] = digits;
        }
        starts[digits] = start;
        stops[digits] = stop;
        values[digits++] = (byte) value;
        groupStarts[groups] = digits;
    }

    void endGroup() {
        inGroup = false;
    }

    void clear() {
        digits = 0;
        groups = 0;
        inGroup = false;
    }

    private void grow() {
        int capacity = values.length * 2;
        values = Arrays.copyOf(values, capacity);
        starts = Arrays.copyOf(starts, capacity);
        stops = Arrays.copyOf(stops, capacity);
        groupStarts = Arrays.copyOf(groupStarts, capacity + 1);
    }
}
