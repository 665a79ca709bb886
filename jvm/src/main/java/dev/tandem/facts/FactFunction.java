package dev.tandem.facts;

import java.util.Map;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.table.functions.ScalarFunction;

/** A function of SQL that answers from the topic of facts. Opening it waits until the topic, as it was, is read. */
public abstract class FactFunction extends ScalarFunction {
    private static final long serialVersionUID = 1L;

    private final Map<String, String> connection;
    private final String topic;
    private transient FactFollower follower;
    private transient FactBook nothingSaid;

    /** @param connection properties of a Kafka consumer; empty: there are no facts. */
    FactFunction(Map<String, String> connection, String topic) {
        this.connection = Map.copyOf(connection);
        this.topic = topic;
    }

    @Override
    public void open(FunctionContext context) throws Exception {
        if (connection.isEmpty()) {
            nothingSaid = new FactBook();
        } else {
            follower = FactFollower.acquire(connection, topic);
        }
    }

    @Override
    public void close() {
        if (follower != null) {
            follower.release();
            follower = null;
        }
    }

    final FactBook facts() {
        return follower == null ? nothingSaid : follower.book();
    }
}
