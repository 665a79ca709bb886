package dev.tandem.flink;

import dev.tandem.features.FeaturePlan;
import dev.tandem.features.KeyState;
import dev.tandem.features.Node;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.CheckpointListener;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeutils.base.LongSerializer;
import org.apache.flink.metrics.Counter;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.apache.flink.runtime.state.FunctionSnapshotContext;
import org.apache.flink.streaming.api.checkpoint.CheckpointedFunction;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.util.Collector;

/**
 * Adds the features of one key to each event as it arrives; drops events whose id the key has had, where the step
 * says so (those without a key by user). A step without features, which only does that, passes them on as they are, and
 * so does one that only fills its windows.
 *
 * <p>A key that has been quiet while the others went on for longer than its rows are kept, and a day, is forgotten
 * whole; the clock only says when to look, event times decide.
 */
final class KeyedFeatures extends KeyedProcessFunction<String, RowData, RowData>
        implements CheckpointedFunction, CheckpointListener {
    private static final long serialVersionUID = 1L;
    private static final long QUIET_MARGIN_MS = 24L * 60 * 60 * 1_000;
    private static final long SHORTEST_LOOK_MS = 60L * 60 * 1_000;
    private static final int COLUMNS_OF_STATE = 2;

    private final FeatureStep step;
    private final RowType rowType;
    private final boolean addsFeatures;
    private transient FeaturePlan plan;
    private transient RowEvent event;
    private transient Object[] results;
    private transient ValueState<KeyState> keyState;
    private transient MapState<Long, Node> nodes;
    private transient StateNodes store;
    private transient Counter duplicates;
    private transient long newestHereMs;

    /** @param addsFeatures false: events are taken in, and passed on without features, whatever the step has */
    KeyedFeatures(FeatureStep step, RowType rowType, boolean addsFeatures) {
        this.step = step;
        this.rowType = rowType;
        this.addsFeatures = addsFeatures && step.hasFeatures();
    }

    @Override
    public void open(OpenContext context) {
        plan = WindowedFeatures.plan(step, rowType);
        event = new RowEvent(plan, rowType);
        results = new Object[plan.features().size()];
        keyState = getRuntimeContext().getState(
                new ValueStateDescriptor<>("key", KeyStateSerializer.INSTANCE));
        nodes = getRuntimeContext().getMapState(
                new MapStateDescriptor<>("nodes", LongSerializer.INSTANCE, NodeSerializer.INSTANCE));
        store = new StateNodes(nodes);
        duplicates = getRuntimeContext().getMetricGroup().counter("events_duplicate");
        newestHereMs = Long.MIN_VALUE;
    }

    @Override
    public void initializeState(FunctionInitializationContext context) {
        // all state is keyed, and opened with the plan
    }

    @Override
    public void snapshotState(FunctionSnapshotContext context) {
        store.snapshotTaken(context.getCheckpointId());
    }

    @Override
    public void notifyCheckpointComplete(long checkpointId) {
        store.checkpointWritten(checkpointId);
    }

    @Override
    public void processElement(RowData row, Context context, Collector<RowData> output) throws Exception {
        boolean keyed = !EventKey.isOfNull(context.getCurrentKey());
        GenericRowData added = addsFeatures ? new GenericRowData(results.length + COLUMNS_OF_STATE) : null;
        if (keyed || plan.dropsDuplicates()) {
            event.of(row);
            KeyState state = keyState.value();
            if (state == null) {
                state = plan.newState();
                look(context);
            }
            if (!plan.takeInId(event, state, store)) {
                duplicates.inc();
                return;
            }
            newestHereMs = Math.max(newestHereMs, event.timeMs());
            if (keyed && addsFeatures) {
                addFeatures(state, added);
            } else if (keyed) {
                plan.takeIn(event, state, store);
            }
            keyState.update(state);
        }
        output.collect(added == null ? row : new FeaturedRow(row, added));
    }

    private void addFeatures(KeyState state, GenericRowData added) {
        added.setField(results.length + 1, new GenericArrayData(plan.heldFromMs(state, event.timeMs())));
        plan.process(event, state, store, results);
        for (int feature = 0; feature < results.length; feature++) {
            Object value = results[feature];
            added.setField(feature, value instanceof byte[] text ? StringData.fromBytes(text) : value);
        }
        added.setField(results.length, new GenericArrayData(state.seen().shown(plan.spanMs())));
    }

    private void look(Context context) {
        long inMs = Math.max(SHORTEST_LOOK_MS, plan.retentionMs());
        context.timerService().registerProcessingTimeTimer(context.timerService().currentProcessingTime() + inMs);
    }

    @Override
    public void onTimer(long timestamp, OnTimerContext context, Collector<RowData> output) throws Exception {
        KeyState state = keyState.value();
        if (state == null) {
            return;
        }
        long keptMs = Math.max(plan.retentionMs(), 2 * step.duplicatesMs()) + QUIET_MARGIN_MS;
        if (newestHereMs != Long.MIN_VALUE && newestHereMs - state.newestMs() > keptMs) {
            keyState.clear();
            nodes.clear();
        } else {
            look(context);
        }
    }
}
