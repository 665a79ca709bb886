package dev.tandem.facts;

import dev.tandem.contract.ContractDefinition;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Pattern;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonFactory;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.StreamReadFeature;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.DeserializationFeature;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;

/** The members of a message of the topic of facts, each read strictly. */
final class FactMembers {
    static final Pattern NAME = Pattern.compile("[a-z][a-z0-9_]{0,63}");
    static final Pattern FACT_ID = Pattern.compile("[A-Za-z0-9._:-]{1,128}");
    static final long TIME_MS_MAX = 253_402_300_799_999L;
    private static final int MESSAGE_BYTES_MAX = 64 * 1024;
    private static final JsonFactory STRICT =
            JsonFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();
    private static final ObjectMapper JSON =
            new ObjectMapper(STRICT).enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private final JsonNode members;

    private FactMembers(JsonNode members) {
        this.members = members;
    }

    static FactMembers read(byte[] message) throws NotAFact {
        if (message == null || message.length == 0 || message.length > MESSAGE_BYTES_MAX) {
            throw new NotAFact("expected a JSON object of at most " + MESSAGE_BYTES_MAX + " bytes");
        }
        try {
            String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(message)).toString();
            JsonNode node = JSON.readTree(text);
            if (!node.isObject()) {
                throw new NotAFact("expected an object");
            }
            return new FactMembers(node);
        } catch (CharacterCodingException error) {
            throw new NotAFact("expected UTF-8");
        } catch (IOException error) {
            throw new NotAFact("expected JSON by RFC 8259");
        }
    }

    void expect(List<String> names) throws NotAFact {
        for (String name : names) {
            if (!members.has(name)) {
                throw new NotAFact(name + ": expected, but absent");
            }
        }
        if (members.size() > names.size()) {
            throw new NotAFact("expected no other members than " + String.join(", ", names));
        }
    }

    String matching(String name, Pattern pattern) throws NotAFact {
        JsonNode value = members.path(name);
        if (!value.isTextual() || !pattern.matcher(value.textValue()).matches()) {
            throw new NotAFact(name + ": expected text like " + pattern);
        }
        return value.textValue();
    }

    String oneOf(String name, List<String> known) throws NotAFact {
        String value = members.path(name).textValue();
        if (value == null || !known.contains(value)) {
            throw new NotAFact(name + ": expected one of " + String.join(", ", known));
        }
        return value;
    }

    /** Text of so many code points, without control characters and card numbers. */
    String text(String name, int least, int most) throws NotAFact {
        String value = limited(name, least, most);
        refuseControl(name, value);
        if (ContractDefinition.packaged().cardNumbers().isIn(value.getBytes(StandardCharsets.UTF_8))) {
            throw new NotAFact(name + ": expected no card number");
        }
        return value;
    }

    /** Text of so many code points, of several lines. */
    void lines(String name, int least, int most) throws NotAFact {
        refuseControl(name, limited(name, least, most).replace("\n", "").replace("\t", ""));
    }

    boolean isNull(String name) {
        return members.path(name).isNull();
    }

    long whole(String name, long low, long high) throws NotAFact {
        JsonNode value = members.path(name);
        if (!value.isIntegralNumber() || !value.canConvertToLong() || value.longValue() < low || value.longValue() > high) {
            throw new NotAFact(name + ": expected a whole number from " + low + " to " + high);
        }
        return value.longValue();
    }

    /** A Long, or a Double where it is written with a fraction or an exponent. */
    Object number(String name) throws NotAFact {
        JsonNode value = members.path(name);
        if (value.isIntegralNumber() && value.canConvertToLong()) {
            return value.longValue();
        }
        if (value.isFloatingPointNumber() && Double.isFinite(value.doubleValue())) {
            return value.doubleValue();
        }
        throw new NotAFact(name + ": expected a number that fits 64 bits");
    }

    Boolean truth(String name) throws NotAFact {
        JsonNode value = members.path(name);
        if (!value.isBoolean()) {
            throw new NotAFact(name + ": expected true or false");
        }
        return value.booleanValue();
    }

    private String limited(String name, int least, int most) throws NotAFact {
        String value = members.path(name).textValue();
        int length = value == null ? -1 : value.codePointCount(0, value.length());
        if (length < least || length > most) {
            throw new NotAFact(name + ": expected text of " + least + " to " + most + " characters");
        }
        return value;
    }

    private static void refuseControl(String name, String value) throws NotAFact {
        if (value.codePoints().anyMatch(FactMembers::isControl)) {
            throw new NotAFact(name + ": expected no control characters");
        }
    }

    private static boolean isControl(int character) {
        int category = Character.getType(character);
        return category == Character.CONTROL || category == Character.SURROGATE;
    }
}
