package dev.tandem.flink;

import dev.tandem.contract.FieldType;
import dev.tandem.features.Feature;
import dev.tandem.features.FeatureError;
import dev.tandem.features.FeaturePlan;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.KeyedStream;
import org.apache.flink.table.api.Table;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;

/**
 * Adds windowed features to a table of accepted events, one keyed step after the other, so that nothing reorders a
 * user's events on the way to the step by user.
 */
public final class WindowedFeatures {
    private WindowedFeatures() {}

    /**
     * The events with a column for each feature, and for each key of features {@code seen_KEY} (what was taken in, as
     * {@link dev.tandem.features.Seen#shown} lays it out) and {@code expired_KEY} (before which event time the rows of
     * each source type, in the order of the features, were gone when the event came; the least BIGINT: none).
     *
     * @param events needs the columns event_id, event_type, event_time_ms, user_id, partition, offset
     * @param specification JSON as {@link FeatureSteps} tells
     * @param eventTypes of the events that go through the steps; others are left out
     * @param source what checkpoints call the source, whose state no other one takes over
     * @param addsFeatures false: the same windows are filled, and the events come out as they came
     */
    public static Table attach(
            StreamTableEnvironment environment,
            Table events,
            String specification,
            String[] eventTypes,
            String source,
            boolean addsFeatures) {
        RowType rowType = (RowType) ComputedOnce.rowType(events).getLogicalType();
        DataStream<RowData> stream = ComputedOnce.rows(environment, events, source)
                .filter(new OfTypes(rowType.getFieldNames(), eventTypes))
                .name("events-of-features");
        for (FeatureStep step : FeatureSteps.read(specification)) {
            String name = "features-by-" + step.key();
            KeyedStream<RowData, String> keyed =
                    stream.keyBy(new EventKey(step.key(), rowType.getFieldNames()), Types.STRING);
            KeyedFeatures features = new KeyedFeatures(step, rowType, addsFeatures);
            TypeInformation<RowData> type = stream.getType();
            if (addsFeatures && step.hasFeatures()) {
                FeaturedRowType widened = new FeaturedRowType(type, rowType, added(rowType, step));
                type = widened;
                rowType = widened.rowType();
            }
            stream = keyed.process(features, type).name(name).uid(name + "-" + step.fingerprint());
        }
        return environment.fromDataStream(stream);
    }

    static FeaturePlan plan(FeatureStep step, RowType rowType) {
        Map<String, FieldType> types = new HashMap<>();
        for (RowType.RowField field : rowType.getFields()) {
            switch (field.getType().getTypeRoot()) {
                case VARCHAR, CHAR -> types.put(field.getName(), FieldType.TEXT);
                case BIGINT -> types.put(field.getName(), FieldType.INTEGER);
                case DOUBLE -> types.put(field.getName(), FieldType.NUMBER);
                case BOOLEAN -> types.put(field.getName(), FieldType.BOOLEAN);
                default -> { }
            }
        }
        for (Feature feature : step.features()) {
            if (feature.filter() != null && types.get(feature.filter()) != FieldType.BOOLEAN) {
                throw new FeatureError(feature.name(), "filter: expected a BOOLEAN column, got " + feature.filter());
            }
        }
        return new FeaturePlan(step.features(), types, step.latenessMs(), step.duplicatesMs());
    }

    private static RowType added(RowType rowType, FeatureStep step) {
        FeaturePlan plan = plan(step, rowType);
        List<RowType.RowField> fields = new ArrayList<>();
        for (int feature = 0; feature < plan.features().size(); feature++) {
            LogicalType type = ColumnType.of(plan.resultType(feature));
            fields.add(new RowType.RowField(plan.features().get(feature).name(), type));
        }
        LogicalType longs = new ArrayType(new BigIntType(false));
        fields.add(new RowType.RowField("seen_" + step.key(), longs));
        fields.add(new RowType.RowField("expired_" + step.key(), longs));
        return new RowType(false, fields);
    }
}
