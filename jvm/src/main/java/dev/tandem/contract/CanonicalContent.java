package dev.tandem.contract;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;

/**
 * The content of an accepted event in one form: for each field that is not null, in the contract's order, name,
 * U+001F, value, U+001E. Whole numbers are decimal, doubles the 16 hex digits of their bits.
 */
public final class CanonicalContent {
    private static final int HASH_BYTES = 16;
    private static final byte UNIT_SEPARATOR = 0x1F;
    private static final byte RECORD_SEPARATOR = 0x1E;

    private final MessageDigest sha256;

    public CanonicalContent() {
        try {
            sha256 = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException error) {
            throw new IllegalStateException("this Java runtime has no SHA-256", error);
        }
    }

    /** The first 16 bytes of the SHA-256 of the canonical content. */
    public byte[] hash(ParsedEvent event) {
        for (Field field : event.eventType.fields()) {
            if (!event.isNull(field.column)) {
                sha256.update(field.name().getBytes(StandardCharsets.UTF_8));
                sha256.update(UNIT_SEPARATOR);
                sha256.update(value(field, event));
                sha256.update(RECORD_SEPARATOR);
            }
        }
        return Arrays.copyOf(sha256.digest(), HASH_BYTES);
    }

    private static byte[] value(Field field, ParsedEvent event) {
        int column = field.column;
        return switch (field.type()) {
            case TEXT -> event.text(column);
            case INTEGER -> ascii(Long.toString(event.integer(column)));
            case NUMBER -> ascii(String.format("%016x", event.bits[column]));
            case BOOLEAN -> ascii(Boolean.toString(event.bool(column)));
        };
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
