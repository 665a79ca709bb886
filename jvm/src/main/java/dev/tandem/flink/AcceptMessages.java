package dev.tandem.flink;

import dev.tandem.contract.ParsedEvent;
import java.util.List;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.table.data.RowData;
import org.apache.flink.util.Collector;

/** Parses each message once and gives the accepted events, written as they are sent between tasks. */
final class AcceptMessages extends ProcessFunction<RowData, RowData> {
    private static final long serialVersionUID = 1L;

    private final List<String> messageColumns;
    private final List<String> eventColumns;
    private transient CountingParser parser;
    private transient EventRow row;

    AcceptMessages(List<String> messageColumns, List<String> eventColumns) {
        this.messageColumns = messageColumns;
        this.eventColumns = eventColumns;
    }

    @Override
    public void open(OpenContext context) {
        parser = new CountingParser(messageColumns, getRuntimeContext().getMetricGroup());
        row = new EventRow(eventColumns, messageColumns);
    }

    @Override
    public void processElement(RowData message, Context context, Collector<RowData> output) {
        ParsedEvent event = parser.parse(message);
        if (event.reason() == null) {
            output.collect(row.of(event, message));
        }
    }
}
