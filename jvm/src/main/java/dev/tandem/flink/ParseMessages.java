package dev.tandem.flink;

import dev.tandem.contract.ContractDefinition;
import dev.tandem.contract.Reason;
import java.util.List;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.util.Collector;

/** Parses each message once and gives the message with its outcome. */
final class ParseMessages extends ProcessFunction<RowData, RowData> {
    private static final long serialVersionUID = 1L;

    private final List<String> columns;
    private transient CountingParser parser;
    private transient MessageRow parsed;

    ParseMessages(List<String> columns) {
        this.columns = columns;
    }

    @Override
    public void open(OpenContext context) {
        parser = new CountingParser(columns, getRuntimeContext().getMetricGroup());
        StringData[] reasons = new StringData[Reason.values().length];
        for (Reason reason : Reason.values()) {
            reasons[reason.ordinal()] = StringData.fromString(reason.text());
        }
        parsed = new MessageRow(ContractDefinition.packaged().columns().size(), reasons);
    }

    @Override
    public void processElement(RowData row, Context context, Collector<RowData> output) {
        output.collect(new FeaturedRow(row, parsed.of(parser.parse(row))));
    }
}
