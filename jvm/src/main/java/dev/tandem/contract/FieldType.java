package dev.tandem.contract;

/** What a field holds: text, a whole number of 64 bits, a double, true or false. */
public enum FieldType {
    TEXT,
    INTEGER,
    NUMBER,
    BOOLEAN
}
