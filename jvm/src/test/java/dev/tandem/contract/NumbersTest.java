package dev.tandem.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NumbersTest {
    @Test
    void everyDoubleIsTheNearestToItsToken() {
        Random random = new Random(5);
        for (int i = 0; i < 200_000; i++) {
            String token = token(random);
            assertEquals(Double.parseDouble(token) + 0.0, doubleValue(token), token);
        }
    }

    private static String token(Random random) {
        String whole = new BigInteger(1 + random.nextInt(80), random).toString();
        String fraction = random.nextBoolean() ? "." + new BigInteger(1 + random.nextInt(70), random) : "";
        String exponent = random.nextInt(4) == 0 ? "e" + (random.nextInt(700) - 350) : "";
        return (random.nextBoolean() ? "-" : "") + whole + fraction + exponent;
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "-0", "9223372036854775807", "9223372036854775808", "-9223372036854775808",
        "-9223372036854775809", "9999999999999999999", "18446744073709551616", "99999999999999999999", "-1", "100"})
    void whatFitsInto64BitsIsReadExactly(String token) {
        byte[] bytes = token.getBytes(StandardCharsets.US_ASCII);
        BigInteger expected = new BigInteger(token);

        assertEquals(expected.bitLength() < Long.SIZE, Numbers.fitsLong(bytes, 0, bytes.length));
        assertEquals(expected.longValue(), Numbers.longValue(bytes, 0, bytes.length));
    }

    private static double doubleValue(String token) {
        byte[] bytes = token.getBytes(StandardCharsets.US_ASCII);
        return Numbers.doubleValue(bytes, 0, bytes.length);
    }
}
