package dev.tandem.contract;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;

/** Good messages with pieces cut out, doubled or put in; the same for the same seed. */
final class Mutations {
    static final String TRANSACTION =
            """
            {"event_id":"e-1","event_type":"transaction","event_time_ms":1700000000000,"user_id":"u-1",\
            "amount_cents":0,"card_id":"c-1","merchant_id":"m-1","city":"Berlin","latitude":52.5,"x":{"y":[1,true]}}""";

    private static final List<String> FRAGMENTS = List.of(
            "{", "}", "[", "]", ",", ":", "\"", "\\", "\\n", "null", "true", "-", "+", ".", "e1", "0", "99", " ", "\t",
            "\"x\":1,", "\"y\":{},", "\"city\":2,", "\u0001", "\u007f");

    private Mutations() {}

    /** Gives mutations without bytes beyond ASCII, and without escapes of surrogates. */
    static void ascii(long seed, int count, Consumer<byte[]> test) {
        Random random = new Random(seed);
        for (int i = 0; i < count; i++) {
            StringBuilder message = new StringBuilder(TRANSACTION);
            for (int change = random.nextInt(3); change >= 0; change--) {
                mutate(random, message);
            }
            test.accept(message.toString().getBytes(StandardCharsets.ISO_8859_1));
        }
    }

    private static void mutate(Random random, StringBuilder message) {
        int start = random.nextInt(message.length());
        int end = Math.min(message.length(), start + random.nextInt(6));
        switch (random.nextInt(4)) {
            case 0 -> message.delete(start, end);
            case 1 -> message.insert(end, message.substring(start, end));
            case 2 -> message.setCharAt(start, (char) random.nextInt(128));
            default -> message.insert(start, FRAGMENTS.get(random.nextInt(FRAGMENTS.size())));
        }
    }

    /** Gives mutations with any bytes, some cut off anywhere. */
    static void bytes(long seed, int count, Consumer<byte[]> test) {
        Random random = new Random(seed);
        ascii(seed, count, message -> {
            for (int change = random.nextInt(3); change > 0 && message.length > 0; change--) {
                message[random.nextInt(message.length)] = (byte) random.nextInt();
            }
            test.accept(Arrays.copyOf(message, random.nextInt(4) == 0 ? random.nextInt(message.length + 1) : message.length));
        });
    }
}
