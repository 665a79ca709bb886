import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.StreamReadFeature;
import dev.tandem.contract.ContractDefinition;
import dev.tandem.contract.StrictParser;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;

/** {@code ParseSpeed FILE SECONDS}: messages per second of processor time, of the strict parser and of Jackson reading tokens only. */
public final class ParseSpeed {
    private static final ThreadMXBean CPU = ManagementFactory.getThreadMXBean();
    private static final JsonFactory JACKSON =
            JsonFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

    private interface Parse {
        boolean accepts(byte[] message) throws IOException;
    }

    public static void main(String[] arguments) throws IOException {
        byte[][] messages = Files.readAllLines(Path.of(arguments[0])).stream().map(String::getBytes).toArray(byte[][]::new);
        long nanos = (long) (Double.parseDouble(arguments[1]) * 1e9);
        StrictParser parser = new StrictParser(ContractDefinition.packaged());
        Parse strict = message -> parser.parse(message, Long.MAX_VALUE).reason() == null;
        for (long warmUp : new long[] {nanos / 2, nanos}) {
            double own = rate(messages, warmUp, strict);
            double jackson = rate(messages, warmUp, ParseSpeed::readTokens);
            if (warmUp == nanos) {
                System.out.printf("%.0f %.0f%n", own, jackson);
            }
        }
    }

    private static double rate(byte[][] messages, long nanos, Parse parse) throws IOException {
        long began = CPU.getCurrentThreadCpuTime();
        long count = 0;
        while (CPU.getCurrentThreadCpuTime() - began < nanos) {
            for (byte[] message : messages) {
                if (!parse.accepts(message)) {
                    throw new IllegalStateException("refused: " + new String(message));
                }
            }
            count += messages.length;
        }
        return count * 1e9 / (CPU.getCurrentThreadCpuTime() - began);
    }

    private static boolean readTokens(byte[] message) throws IOException {
        try (JsonParser parser = JACKSON.createParser(message)) {
            while (parser.nextToken() != null) {
                if (parser.currentToken().isScalarValue()) {
                    parser.getText();
                }
            }
        }
        return true;
    }
}
