package dev.tandem.facts;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.flink.kafka.shaded.org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.flink.kafka.shaded.org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.flink.kafka.shaded.org.apache.kafka.common.TopicPartition;
import org.apache.flink.kafka.shaded.org.apache.kafka.common.errors.WakeupException;
import org.apache.flink.kafka.shaded.org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Follows the topic of facts in one thread for all functions of a job in this JVM, while any of them is open. */
final class FactFollower {
    private static final Map<Map<String, String>, FactFollower> FOLLOWERS = new HashMap<>();
    private static final Duration POLL = Duration.ofMillis(100);
    private static final Duration STOP = Duration.ofSeconds(10);
    private static final long FIRST_READ_S_MAX = 60;

    private final Map<String, String> connection;
    private final TopicPartition place;
    private final FactBook book = new FactBook();
    private final CountDownLatch read = new CountDownLatch(1);
    private final Thread thread;
    private volatile boolean ended;
    private volatile RuntimeException failure;
    private int users;

    private FactFollower(Map<String, String> connection, String topic) {
        this.connection = connection;
        this.place = new TopicPartition(topic, 0);
        thread = new Thread(this::follow, "facts-of-" + topic);
        thread.setDaemon(true);
    }

    /**
     * The follower of a topic, which has read all that the topic held.
     *
     * @param connection properties of a Kafka consumer
     */
    static FactFollower acquire(Map<String, String> connection, String topic) throws InterruptedException {
        FactFollower follower;
        synchronized (FOLLOWERS) {
            follower = FOLLOWERS.get(named(connection, topic));
            if (follower == null || follower.failure != null) {
                follower = new FactFollower(connection, topic);
                FOLLOWERS.put(named(connection, topic), follower);
                follower.thread.start();
            }
            follower.users++;
        }
        try {
            follower.awaitFirstRead();
        } catch (RuntimeException | InterruptedException error) {
            follower.release();
            throw error;
        }
        return follower;
    }

    void release() {
        synchronized (FOLLOWERS) {
            users--;
            if (users == 0) {
                FOLLOWERS.remove(named(connection, place.topic()), this);
                ended = true;
            }
        }
    }

    /** The facts; fails when the topic can no longer be followed. */
    FactBook book() {
        if (failure != null) {
            throw new IllegalStateException("topic " + place.topic() + " cannot be followed", failure);
        }
        return book;
    }

    private static Map<String, String> named(Map<String, String> connection, String topic) {
        Map<String, String> name = new HashMap<>(connection);
        name.put("topic", topic);
        return name;
    }

    private void awaitFirstRead() throws InterruptedException {
        if (!read.await(FIRST_READ_S_MAX, TimeUnit.SECONDS)) {
            throw new IllegalStateException("topic " + place.topic() + " was not read within " + FIRST_READ_S_MAX + " s");
        }
        book();
    }

    private void follow() {
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(properties())) {
            consumer.assign(List.of(place));
            consumer.seekToBeginning(List.of(place));
            long end = consumer.endOffsets(List.of(place)).get(place);
            while (!ended) {
                for (ConsumerRecord<byte[], byte[]> message : consumer.poll(POLL)) {
                    book.add(message.offset(), message.key(), message.value());
                }
                if (consumer.position(place) >= end) {
                    read.countDown();
                }
            }
            consumer.close(STOP);
        } catch (WakeupException error) {
            ended = true;
        } catch (RuntimeException error) {
            failure = error;
        } finally {
            read.countDown();
        }
    }

    private Properties properties() {
        Properties properties = new Properties();
        properties.putAll(connection);
        properties.put("key.deserializer", ByteArrayDeserializer.class.getName());
        properties.put("value.deserializer", ByteArrayDeserializer.class.getName());
        properties.put("enable.auto.commit", "false");
        properties.put("auto.offset.reset", "none");
        properties.put("max.poll.records", "10000");
        return properties;
    }
}
