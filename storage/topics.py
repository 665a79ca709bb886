"""The topics: created once, and checked where they exist already."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic

from contract.names import (
    ALERTS_TOPIC,
    DELIVERIES_TOPIC,
    FACTS_TOPIC,
    SHADOW_ALERTS_TOPIC,
    STREAM_RUNS_TOPIC,
    TOPIC_MESSAGE_BYTES_MAX,
)
from contract.settings import Settings, SettingsError

TIMEOUT_S = 20.0
REPLICAS_WANTED = 3


@dataclass(frozen=True)
class Topic:
    """A topic as Tandem needs it; ``required`` are the settings without which it would be wrong."""

    name: str
    partitions: int
    required: Mapping[str, str] = field(default_factory=dict)


def topics(settings: Settings) -> tuple[Topic, ...]:
    """Every topic of the platform."""
    events = {"message.timestamp.type": "LogAppendTime", "max.message.bytes": str(TOPIC_MESSAGE_BYTES_MAX)}
    return (
        Topic(settings.kafka_topic, 4, events),
        Topic(ALERTS_TOPIC, 2),
        Topic(DELIVERIES_TOPIC, 1),
        Topic(STREAM_RUNS_TOPIC, 1, {"cleanup.policy": "compact"}),
        Topic(FACTS_TOPIC, 1, {"cleanup.policy": "compact"}),
        Topic(SHADOW_ALERTS_TOPIC, 1),
    )


def create_topics(settings: Settings) -> None:
    """Create the topics that are missing.

    Raises:
        SettingsError: the brokers do not answer, or an existing topic is set up otherwise.
    """
    client = AdminClient({**settings.librdkafka(), "log_level": 0})
    try:
        cluster = client.list_topics(timeout=TIMEOUT_S)
        missing = [topic for topic in topics(settings) if topic.name not in cluster.topics]
        _create(client, missing, replicas=min(REPLICAS_WANTED, len(cluster.brokers)))
        for topic in topics(settings):
            if topic.name in cluster.topics:
                _check(client, topic)
    except KafkaException as error:
        servers = settings.require("kafka_bootstrap_servers")
        raise SettingsError(f"KAFKA_BOOTSTRAP_SERVERS={servers}: {error.args[0].str()}") from None


def _create(client: AdminClient, missing: list[Topic], replicas: int) -> None:
    """Create topics; one that somebody made since the brokers were asked is taken as it is."""
    if not missing:
        return
    wanted = [
        NewTopic(topic.name, topic.partitions, replicas, config=dict(topic.required)) for topic in missing
    ]
    for created in client.create_topics(wanted, operation_timeout=TIMEOUT_S).values():
        try:
            created.result(TIMEOUT_S)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise


def _check(client: AdminClient, topic: Topic) -> None:
    resource = ConfigResource(ConfigResource.Type.TOPIC, topic.name)
    present = client.describe_configs([resource], request_timeout=TIMEOUT_S)[resource].result(TIMEOUT_S)
    for name, value in topic.required.items():
        if present[name].value != value:
            raise SettingsError(
                f"topic {topic.name}: {name} is {present[name].value}, expected {value}; "
                f"set it with kafka-configs, or name another topic"
            )
