package dev.tandem.flink;

import dev.tandem.features.Event;
import dev.tandem.features.FeaturePlan;
import dev.tandem.features.KeyState;
import dev.tandem.features.Node;
import dev.tandem.features.NodeStore;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.api.dataview.MapView;
import org.apache.flink.table.catalog.DataTypeFactory;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.functions.ProcessTableFunction;
import org.apache.flink.table.functions.TableSemantics;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.inference.CallContext;
import org.apache.flink.table.types.inference.StateTypeStrategy;
import org.apache.flink.table.types.inference.StaticArgument;
import org.apache.flink.table.types.inference.StaticArgumentTrait;
import org.apache.flink.table.types.inference.TypeInference;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.types.Row;
import org.apache.flink.util.FlinkRuntimeException;

/** The design that lost: the same features as a ProcessTableFunction, one step, called from SQL. For measuring. */
public final class ProcessTableFeatures extends ProcessTableFunction<RowData> {
    private static final long serialVersionUID = 1L;
    private static final long HEADER = 0L;

    private transient FeaturePlan plan;
    private transient ExternalEvent event;
    private transient Object[] results;

    public void eval(
            Context context, MapView<Long, KeyState> header, MapView<Long, Node> nodes, Row events,
            String specification) throws Exception {
        if (plan == null) {
            open(context, specification);
        }
        KeyState state = header.get(HEADER);
        state = state == null ? plan.newState() : state;
        plan.process(event.of(events), state, new ViewNodes(nodes), results);
        header.put(HEADER, state);
        GenericRowData added = new GenericRowData(results.length);
        for (int feature = 0; feature < results.length; feature++) {
            Object value = results[feature];
            added.setField(feature, value instanceof byte[] text ? StringData.fromBytes(text) : value);
        }
        collect(added);
    }

    private void open(Context context, String specification) {
        RowType rowType = (RowType) context.tableSemanticsFor("events").dataType().getLogicalType();
        plan = WindowedFeatures.plan(FeatureSteps.read(specification).get(0), rowType);
        event = new ExternalEvent(plan.columns());
        results = new Object[plan.features().size()];
    }

    @Override
    public TypeInference getTypeInference(DataTypeFactory typeFactory) {
        LinkedHashMap<String, StateTypeStrategy> states = new LinkedHashMap<>();
        states.put("header", StateTypeStrategy.of(call -> Optional.of(MapView.newMapViewDataType(
                DataTypes.BIGINT().notNull(), DataTypes.RAW(KeyState.class, KeyStateSerializer.INSTANCE)))));
        states.put("nodes", StateTypeStrategy.of(call -> Optional.of(MapView.newMapViewDataType(
                DataTypes.BIGINT().notNull(), DataTypes.RAW(Node.class, NodeSerializer.INSTANCE)))));
        return TypeInference.newBuilder()
                .staticArguments(
                        StaticArgument.table("events", Row.class, false, EnumSet.of(
                                StaticArgumentTrait.SET_SEMANTIC_TABLE, StaticArgumentTrait.PASS_COLUMNS_THROUGH)),
                        StaticArgument.scalar("specification", DataTypes.STRING(), false))
                .stateTypeStrategies(states)
                .outputTypeStrategy(call -> Optional.of(outputType(call)))
                .build();
    }

    private static DataType outputType(CallContext call) {
        TableSemantics events = call.getTableSemantics(0).orElseThrow();
        String specification = call.getArgumentValue(1, String.class).orElseThrow();
        RowType rowType = (RowType) events.dataType().getLogicalType();
        FeaturePlan plan = WindowedFeatures.plan(FeatureSteps.read(specification).get(0), rowType);
        List<DataTypes.Field> fields = new ArrayList<>();
        for (int feature = 0; feature < plan.features().size(); feature++) {
            fields.add(DataTypes.FIELD(plan.features().get(feature).name(), switch (plan.resultType(feature)) {
                case TEXT -> DataTypes.STRING();
                case INTEGER -> DataTypes.BIGINT();
                case NUMBER -> DataTypes.DOUBLE();
                case BOOLEAN -> DataTypes.BOOLEAN();
            }));
        }
        return DataTypes.ROW(fields).bridgedTo(RowData.class);
    }

    /** A table argument of any columns comes as a Row alone, never as RowData: every column is converted. */
    private static final class ExternalEvent implements Event {
        private final List<String> columns;
        private Row row;

        ExternalEvent(List<String> columns) {
            this.columns = columns;
        }

        ExternalEvent of(Row newRow) {
            row = newRow;
            return this;
        }

        @Override
        public byte[] id() {
            return ((String) row.getField("event_id")).getBytes(StandardCharsets.UTF_8);
        }

        @Override
        public String type() {
            return (String) row.getField("event_type");
        }

        @Override
        public long timeMs() {
            return (Long) row.getField("event_time_ms");
        }

        @Override
        public int partition() {
            return (Integer) row.getField("partition");
        }

        @Override
        public long offset() {
            return (Long) row.getField("offset");
        }

        @Override
        public boolean isNull(int slot) {
            return row.getField(columns.get(slot)) == null;
        }

        @Override
        public long integer(int slot) {
            return (Long) row.getField(columns.get(slot));
        }

        @Override
        public double number(int slot) {
            return (Double) row.getField(columns.get(slot));
        }

        @Override
        public byte[] text(int slot) {
            return ((String) row.getField(columns.get(slot))).getBytes(StandardCharsets.UTF_8);
        }

        @Override
        public boolean truth(int slot) {
            return (Boolean) row.getField(columns.get(slot));
        }
    }

    private record ViewNodes(MapView<Long, Node> nodes) implements NodeStore {
        @Override
        public Node get(long id) {
            try {
                return nodes.get(id);
            } catch (Exception error) {
                throw new FlinkRuntimeException("state: reading node " + id, error);
            }
        }

        @Override
        public Node toChange(long id) {
            return get(id);
        }

        @Override
        public void put(long id, Node node) {
            try {
                nodes.put(id, node);
            } catch (Exception error) {
                throw new FlinkRuntimeException("state: writing node " + id, error);
            }
        }

        @Override
        public void remove(long id) {
            try {
                nodes.remove(id);
            } catch (Exception error) {
                throw new FlinkRuntimeException("state: removing node " + id, error);
            }
        }
    }
}
