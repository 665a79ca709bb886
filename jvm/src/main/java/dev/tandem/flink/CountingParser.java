package dev.tandem.flink;

import dev.tandem.contract.ContractDefinition;
import dev.tandem.contract.ParsedEvent;
import dev.tandem.contract.Reason;
import dev.tandem.contract.StrictParser;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.TimestampData;

/** The strict parser over rows of messages; counts what is accepted, and what is quarantined by reason. */
final class CountingParser {
    private static final int TIME_DIGITS = 3;

    private final int message;
    private final int appendTime;
    private final StrictParser parser = new StrictParser(ContractDefinition.packaged());
    private final Counter accepted;
    private final Map<Reason, Counter> quarantined = new EnumMap<>(Reason.class);

    /** For rows with the columns message (BYTES) and append_time (TIMESTAMP_LTZ(3)). */
    CountingParser(List<String> columns, MetricGroup metrics) {
        message = RowEvent.column(columns, "message");
        appendTime = RowEvent.column(columns, "append_time");
        accepted = metrics.counter("events_accepted");
        for (Reason reason : Reason.values()) {
            quarantined.put(reason, metrics.addGroup("reason", reason.text()).counter("events_quarantined"));
        }
    }

    /** The outcome, valid until the next message. */
    ParsedEvent parse(RowData row) {
        ParsedEvent event = parser.parse(row.isNullAt(message) ? null : row.getBinary(message), appendTimeMs(row));
        if (event.reason() == null) {
            accepted.inc();
        } else {
            quarantined.get(event.reason()).inc();
        }
        return event;
    }

    private long appendTimeMs(RowData row) {
        if (row.isNullAt(appendTime)) {
            return StrictParser.APPEND_TIME_UNKNOWN;
        }
        TimestampData time = row.getTimestamp(appendTime, TIME_DIGITS);
        return time.getMillisecond();
    }
}
