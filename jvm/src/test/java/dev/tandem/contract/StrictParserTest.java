package dev.tandem.contract;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

class StrictParserTest {
    private static final long APPEND_TIME_MS = 1_700_000_000_000L;
    private static final ThreadMXBean CPU = ManagementFactory.getThreadMXBean();
    private static final JsonFactory JACKSON =
            JsonFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

    private final ContractDefinition contract = ContractDefinition.packaged();
    private final StrictParser parser = new StrictParser(contract);

    @Test
    void acceptsAGoodTransactionWithItsValues() {
        ParsedEvent event = parser.parse(bytes(Mutations.TRANSACTION), APPEND_TIME_MS);

        assertNull(event.reason());
        assertEquals("Berlin", new String(event.text(contract.column("city")), StandardCharsets.UTF_8));
        assertEquals(0, event.integer(contract.column("amount_cents")));
        assertEquals(52.5, event.number(contract.column("latitude")));
        assertTrue(event.isNull(contract.column("longitude")));
    }

    @Test
    void agreesWithJacksonOnWhatIsJson() {
        Mutations.ascii(1, 20_000, message -> {
            ParsedEvent event = parser.parse(message, APPEND_TIME_MS);
            assertEquals(isOneValue(message), event.reason() != Reason.NOT_JSON, () -> text(message));
        });
    }

    private static boolean isOneValue(byte[] message) {
        int values = 0;
        int depth = 0;
        try (JsonParser json = JACKSON.createParser(text(message))) {
            for (JsonToken token = json.nextToken(); token != null; token = json.nextToken()) {
                depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
                values += depth == 0 ? 1 : 0;
            }
        } catch (IOException error) {
            return false;
        }
        return values == 1;
    }

    @Test
    void noBytesMakeItThrowAndNoneLeaveTracesForTheNextMessage() {
        byte[] good = bytes(Mutations.TRANSACTION);
        byte[] hash = new CanonicalContent().hash(new StrictParser(contract).parse(good, APPEND_TIME_MS));
        CanonicalContent canonicalContent = new CanonicalContent();
        Mutations.bytes(2, 20_000, message -> {
            parser.parse(message, APPEND_TIME_MS);
            ParsedEvent next = parser.parse(good, APPEND_TIME_MS);
            assertNull(next.reason(), () -> text(message));
            assertArrayEquals(hash, canonicalContent.hash(next));
        });
    }

    @Test
    void noBytesMakeMaskingThrowOrChangeTheLength() {
        Mutations.bytes(3, 20_000, message ->
                assertEquals(message.length, contract.cardNumbers().mask(message).length));
        byte[] noise = new byte[100_000];
        new Random(4).nextBytes(noise);
        assertEquals(noise.length, contract.cardNumbers().mask(noise).length);
    }

    @Test
    void aMessageOfTenThousandNamesIsQuick() {
        StringBuilder message = new StringBuilder("{\"_\":0");
        for (int i = 0; message.length() < 65_000; i++) {
            message.append(",\"").append(Integer.toString(i, 36)).append("\":0");
        }
        byte[] open = bytes(message + "}");
        byte[] twice = bytes(message + ",\"7\":1}");

        long began = CPU.getCurrentThreadCpuTime();
        for (int i = 0; i < 50; i++) {
            assertEquals(Reason.UNKNOWN_EVENT_TYPE, parser.parse(open, APPEND_TIME_MS).reason());
            assertEquals(Reason.NOT_JSON, parser.parse(twice, APPEND_TIME_MS).reason());
        }
        assertTrue(CPU.getCurrentThreadCpuTime() - began < 2_000_000_000L, "over 20 ms a message");
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String text(byte[] message) {
        return new String(message, StandardCharsets.ISO_8859_1);
    }
}
