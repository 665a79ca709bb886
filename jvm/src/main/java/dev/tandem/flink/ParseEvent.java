package dev.tandem.flink;

import dev.tandem.contract.ContractDefinition;
import dev.tandem.contract.Field;
import dev.tandem.contract.ParsedEvent;
import dev.tandem.contract.Reason;
import dev.tandem.contract.StrictParser;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.catalog.DataTypeFactory;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.table.functions.TableFunction;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.inference.InputTypeStrategies;
import org.apache.flink.table.types.inference.TypeInference;
import org.apache.flink.table.types.inference.TypeStrategies;

/**
 * {@code LATERAL TABLE(parse_event(message, append_time))}: one row a message with {@code reason}, {@code detail}
 * (null for an accepted event) and a column for each field of the contract. The append time is a
 * TIMESTAMP_LTZ(3), as Kafka's metadata column gives it.
 */
public final class ParseEvent extends TableFunction<RowData> {
    private static final long serialVersionUID = 1L;

    private transient StrictParser parser;
    private transient MessageRow row;
    private transient Counter accepted;
    private transient Map<Reason, Counter> quarantined;

    @Override
    public void open(FunctionContext context) {
        parser = new StrictParser(ContractDefinition.packaged());
        MetricGroup metrics = context.getMetricGroup();
        accepted = metrics.counter("events_accepted");
        quarantined = new EnumMap<>(Reason.class);
        StringData[] reasons = new StringData[Reason.values().length];
        for (Reason reason : Reason.values()) {
            quarantined.put(reason, metrics.addGroup("reason", reason.text()).counter("events_quarantined"));
            reasons[reason.ordinal()] = StringData.fromString(reason.text());
        }
        row = new MessageRow(ContractDefinition.packaged().columns().size(), reasons);
    }

    public void eval(byte[] message, TimestampData appendTime) {
        long appendTimeMs = appendTime == null ? StrictParser.APPEND_TIME_UNKNOWN : appendTime.getMillisecond();
        ParsedEvent event = parser.parse(message, appendTimeMs);
        if (event.reason() == null) {
            accepted.inc();
        } else {
            quarantined.get(event.reason()).inc();
        }
        collect(row.of(event));
    }

    @Override
    public TypeInference getTypeInference(DataTypeFactory typeFactory) {
        DataType message = DataTypes.BYTES().bridgedTo(byte[].class);
        DataType appendTime = DataTypes.TIMESTAMP_LTZ(3).bridgedTo(TimestampData.class);
        return TypeInference.newBuilder()
                .inputTypeStrategy(InputTypeStrategies.explicitSequence(message, appendTime))
                .outputTypeStrategy(TypeStrategies.explicit(rowType()))
                .build();
    }

    private static DataType rowType() {
        List<DataTypes.Field> fields = new ArrayList<>();
        fields.add(DataTypes.FIELD("reason", DataTypes.STRING()));
        fields.add(DataTypes.FIELD("detail", DataTypes.STRING()));
        for (Field field : ContractDefinition.packaged().columns()) {
            fields.add(DataTypes.FIELD(field.name(), columnType(field)));
        }
        return DataTypes.ROW(fields).bridgedTo(RowData.class);
    }

    private static DataType columnType(Field field) {
        return switch (field.type()) {
            case TEXT -> DataTypes.STRING();
            case INTEGER -> DataTypes.BIGINT();
            case NUMBER -> DataTypes.DOUBLE();
            case BOOLEAN -> DataTypes.BOOLEAN();
        };
    }
}
