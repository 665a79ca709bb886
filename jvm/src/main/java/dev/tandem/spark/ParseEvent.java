package dev.tandem.spark;

import dev.tandem.contract.CanonicalContent;
import dev.tandem.contract.ContractDefinition;
import dev.tandem.contract.Field;
import dev.tandem.contract.ParsedEvent;
import dev.tandem.contract.StrictParser;
import java.nio.charset.StandardCharsets;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.api.java.UDF2;

/**
 * {@code parse_event(message, append_time_ms)}: a row of {@code reason}, {@code detail} (null for an accepted
 * event), a column for each field of the contract, and {@code content_hash}.
 */
public final class ParseEvent implements UDF2<byte[], Long, Row> {
    private static final long serialVersionUID = 1L;
    private static final int COLUMNS_BEFORE_FIELDS = 2;
    private static final ThreadLocal<ParseEvent.Reader> READER = ThreadLocal.withInitial(ParseEvent.Reader::new);

    @Override
    public Row call(byte[] message, Long appendTimeMs) {
        return READER.get().read(message, appendTimeMs == null ? StrictParser.APPEND_TIME_UNKNOWN : appendTimeMs);
    }

    /** The buffers of one thread. */
    private static final class Reader {
        private final StrictParser parser = new StrictParser(ContractDefinition.packaged());
        private final CanonicalContent canonicalContent = new CanonicalContent();
        private final Field[] columns = ContractDefinition.packaged().columns().toArray(Field[]::new);

        Row read(byte[] message, long appendTimeMs) {
            ParsedEvent event = parser.parse(message, appendTimeMs);
            Object[] values = new Object[COLUMNS_BEFORE_FIELDS + columns.length + 1];
            for (int column = 0; column < columns.length; column++) {
                if (!event.isNull(column)) {
                    values[COLUMNS_BEFORE_FIELDS + column] = value(event, column);
                }
            }
            if (event.reason() == null) {
                values[values.length - 1] = canonicalContent.hash(event);
            } else {
                values[0] = event.reason().text();
                values[1] = event.detail();
            }
            return RowFactory.create(values);
        }

        private Object value(ParsedEvent event, int column) {
            return switch (columns[column].type()) {
                case TEXT -> new String(event.text(column), StandardCharsets.UTF_8);
                case INTEGER -> event.integer(column);
                case NUMBER -> event.number(column);
                case BOOLEAN -> event.bool(column);
            };
        }
    }
}
