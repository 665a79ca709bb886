"""Messages of the topic, by explicit offsets from where the last landed run ended."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from confluent_kafka import Consumer, KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, OffsetSpec, ResourceType
from pyspark.sql import SparkSession
from pyspark.sql import functions as sf

from contract.names import LAND_GROUP
from contract.settings import Settings, SettingsError
from spark_jobs.runs import RunError
from spark_jobs.source import MESSAGE_COLUMNS, Messages
from storage.postgres import Connection, transaction

TIMEOUT_S = 15
TASK_MESSAGES_MAX = 200_000


@dataclass(frozen=True)
class TopicState:
    """What the broker holds now: by partition, the first offset and the one after the last."""

    topic_id: str
    first: Mapping[int, int]
    end: Mapping[int, int]


@dataclass(frozen=True)
class Landed:
    """Where the last succeeded run over the topic ended."""

    batch_id: str
    topic_id: str | None
    end: Mapping[int, int]


@dataclass(frozen=True)
class OffsetRange:
    """What to read: by partition, from ``start`` up to but not including ``end``."""

    start: Mapping[int, int]
    end: Mapping[int, int]
    lost: Mapping[int, tuple[int, int]]

    @property
    def count(self) -> int:
        """Number of offsets."""
        return sum(self.end[partition] - self.start[partition] for partition in self.end)

    def up_to(self, goal: Mapping[int, int] | None) -> OffsetRange:
        """Return the part before ``goal`` (partition to offset), all of it without one."""
        if goal is None:
            return self
        end = {
            partition: max(self.start[partition], min(end, goal.get(partition, end)))
            for partition, end in self.end.items()
        }
        return replace(self, end=end)


def source_name(topic: str) -> str:
    """Return how ``batch_runs.source`` names a topic."""
    return f"kafka:{topic}"


def read_topic_state(settings: Settings) -> TopicState:
    """Ask the broker.

    Raises:
        SettingsError: no broker answers, or the topic is absent or does not stamp its own time.
    """
    topic = settings.kafka_topic
    admin = AdminClient({**settings.librdkafka(), "log_level": "0"})
    try:
        admin.list_topics(timeout=TIMEOUT_S)
    except KafkaException as error:
        raise SettingsError(
            f"KAFKA_BOOTSTRAP_SERVERS: no broker answers at {settings.kafka_bootstrap_servers} "
            f"({error.args[0].str()})"
        ) from None
    try:
        described = admin.describe_topics(TopicCollection([topic]), request_timeout=TIMEOUT_S)[topic].result()
        partitions = [entry.id for entry in described.partitions]
        _check_append_time(admin, topic)
        first = _list_offsets(admin, topic, partitions, OffsetSpec.earliest())
        end = _list_offsets(admin, topic, partitions, OffsetSpec.latest())
    except KafkaException as error:
        raise SettingsError(f"KAFKA_TOPIC: cannot read topic {topic} ({error.args[0].str()})") from None
    return TopicState(str(described.topic_id), first, end)


def read_first_offsets(settings: Settings, partitions: Sequence[int], time_ms: int) -> dict[int, int]:
    """Return by partition the first offset appended at ``time_ms`` or later, where there is one."""
    admin = AdminClient({**settings.librdkafka(), "log_level": "0"})
    found = _list_offsets(admin, settings.kafka_topic, partitions, OffsetSpec.for_timestamp(time_ms))
    return {partition: offset for partition, offset in found.items() if offset >= 0}


def last_landed(connection: Connection, topic: str) -> Landed | None:
    """Return where the last succeeded run over ``topic`` ended."""
    with transaction(connection) as cursor:
        cursor.execute(
            "SELECT batch_id, source_id, end_offsets FROM warehouse.batch_runs "
            "WHERE job = 'land_events' AND status = 'succeeded' AND source = %s "
            "ORDER BY run_number DESC LIMIT 1",
            (source_name(topic),),
        )
        row = cursor.fetchone()
    if row is None:
        return None
    return Landed(row[0], row[1], {int(partition): offset for partition, offset in row[2].items()})


def plan_offsets(topic: str, state: TopicState, landed: Landed | None, *, accept_gap: bool) -> OffsetRange:
    """Decide what to read. A first run starts at what the topic holds; later ones where the last ended.

    Raises:
        RunError: offsets between the last run and now are lost; the text names them.
    """
    known = landed.end if landed else {}
    if landed:
        _check_same_topic(topic, state, landed)
    start = {partition: known.get(partition, state.first[partition]) for partition in state.end}
    lost = {
        partition: (offset, state.first[partition])
        for partition, offset in start.items()
        if offset < state.first[partition]
    }
    if lost and not accept_gap:
        gaps = ", ".join(f"{partition}: {first}-{after - 1}" for partition, (first, after) in lost.items())
        raise RunError(
            f"gap in topic {topic}: the broker no longer holds offsets {{{gaps}}} (partition: first-last), "
            "which no run has landed; land them from files with --input if there is a copy, "
            "then go on without them with --accept-gap"
        )
    start |= {partition: after for partition, (_, after) in lost.items()}
    return OffsetRange(start, dict(state.end), lost)


def read_topic(spark: SparkSession, settings: Settings, state: TopicState, offsets: OffsetRange) -> Messages:
    """Return the messages of the range."""
    topic = settings.kafka_topic
    reader = spark.read.format("kafka")
    for key, value in settings.kafka_java().items():
        reader = reader.option(f"kafka.{key}", value)
    rows = (
        reader.option("assign", json.dumps({topic: sorted(offsets.end)}))
        .option("startingOffsets", _offsets_json(topic, offsets.start))
        .option("endingOffsets", _offsets_json(topic, offsets.end))
        .option("failOnDataLoss", "true")
        .option("groupIdPrefix", LAND_GROUP)
        .option("minPartitions", max(len(offsets.end), -(-offsets.count // TASK_MESSAGES_MAX)))
        .load()
        .select(
            "topic", "partition", "offset", sf.unix_millis("timestamp").alias("append_time_ms"),
            sf.col("value").alias("message"),
        )
        .select(*MESSAGE_COLUMNS)
    )  # fmt: skip
    return Messages(
        source_name(topic),
        rows,
        offsets.count,
        {str(partition): offset for partition, offset in offsets.start.items()},
        {str(partition): offset for partition, offset in offsets.end.items()},
        state.topic_id,
        {str(partition): gap for partition, gap in offsets.lost.items()} or None,
    )


def publish_progress(settings: Settings, offsets: OffsetRange) -> None:
    """Commit the end offsets to the group of the landing, for lag monitors; runs do not read them back."""
    consumer = Consumer({**settings.librdkafka(), "group.id": LAND_GROUP, "log_level": "0"})
    try:
        places = [TopicPartition(settings.kafka_topic, *place) for place in offsets.end.items()]
        consumer.commit(offsets=places, asynchronous=False)
    finally:
        consumer.close()


def _check_same_topic(topic: str, state: TopicState, landed: Landed) -> None:
    shrunk = [partition for partition, offset in landed.end.items() if state.end.get(partition, -1) < offset]
    if landed.topic_id == state.topic_id and not shrunk:
        return
    ends = ", ".join(f"{partition}: {offset}" for partition, offset in sorted(landed.end.items()))
    now = ", ".join(f"{partition}: {offset}" for partition, offset in sorted(state.end.items()))
    raise RunError(
        f"topic {topic} was recreated: run {landed.batch_id} landed up to offsets {{{ends}}}, the topic "
        f"(id {state.topic_id}, was {landed.topic_id}) now ends at {{{now}}}; what the old one held after "
        "these offsets is lost; send the new events to a topic of another name and set KAFKA_TOPIC to it"
    )


def _check_append_time(admin: AdminClient, topic: str) -> None:
    resource = ConfigResource(ResourceType.TOPIC, topic)
    entries = admin.describe_configs([resource], request_timeout=TIMEOUT_S)[resource].result()
    stamp = entries["message.timestamp.type"].value
    if stamp != "LogAppendTime":
        raise SettingsError(
            f"KAFKA_TOPIC: topic {topic} has message.timestamp.type={stamp}, expected LogAppendTime: "
            "set it with kafka-configs.sh --alter, the order of events rests on it"
        )


def _list_offsets(
    admin: AdminClient, topic: str, partitions: Sequence[int], spec: OffsetSpec
) -> dict[int, int]:
    wanted = {TopicPartition(topic, partition): spec for partition in partitions}
    answers = admin.list_offsets(wanted, request_timeout=TIMEOUT_S)
    return {place.partition: future.result().offset for place, future in answers.items()}


def _offsets_json(topic: str, offsets: Mapping[int, int]) -> str:
    return json.dumps({topic: {str(partition): offset for partition, offset in offsets.items()}})
