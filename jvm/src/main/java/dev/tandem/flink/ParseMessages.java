package dev.tandem.flink;

import dev.tandem.contract.ContractDefinition;
import dev.tandem.contract.ParsedEvent;
import dev.tandem.contract.Reason;
import dev.tandem.contract.StrictParser;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.util.Collector;

/** Parses each message once; counts what is accepted, and what is quarantined by reason. */
final class ParseMessages extends ProcessFunction<RowData, RowData> {
    private static final long serialVersionUID = 1L;
    private static final int TIME_DIGITS = 3;

    private final int message;
    private final int appendTime;
    private transient StrictParser parser;
    private transient MessageRow parsed;
    private transient Counter accepted;
    private transient Map<Reason, Counter> quarantined;

    ParseMessages(List<String> columns) {
        message = RowEvent.column(columns, "message");
        appendTime = RowEvent.column(columns, "append_time");
    }

    @Override
    public void open(OpenContext context) {
        parser = new StrictParser(ContractDefinition.packaged());
        MetricGroup metrics = getRuntimeContext().getMetricGroup();
        accepted = metrics.counter("events_accepted");
        quarantined = new EnumMap<>(Reason.class);
        StringData[] reasons = new StringData[Reason.values().length];
        for (Reason reason : Reason.values()) {
            quarantined.put(reason, metrics.addGroup("reason", reason.text()).counter("events_quarantined"));
            reasons[reason.ordinal()] = StringData.fromString(reason.text());
        }
        parsed = new MessageRow(ContractDefinition.packaged().columns().size(), reasons);
    }

    @Override
    public void processElement(RowData row, Context context, Collector<RowData> output) {
        ParsedEvent event = parser.parse(row.isNullAt(message) ? null : row.getBinary(message), appendTimeMs(row));
        if (event.reason() == null) {
            accepted.inc();
        } else {
            quarantined.get(event.reason()).inc();
        }
        output.collect(new FeaturedRow(row, parsed.of(event)));
    }

    private long appendTimeMs(RowData row) {
        if (row.isNullAt(appendTime)) {
            return StrictParser.APPEND_TIME_UNKNOWN;
        }
        TimestampData time = row.getTimestamp(appendTime, TIME_DIGITS);
        return time.getMillisecond();
    }
}
