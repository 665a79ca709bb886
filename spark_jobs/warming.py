"""Landed events as messages of a topic: what fills the windows of a stream that starts anew."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from contextlib import closing

from pyspark.sql import DataFrame
from pyspark.sql import functions as sf

from contract.settings import Settings, load_settings
from spark_jobs.exit_status import exit_status
from spark_jobs.lake import read_events
from spark_jobs.session import build_session
from spark_jobs.topic_source import source_name
from storage.postgres import connect_batch, require_migrated, transaction

JOB = "warm_up"
LANDED_SQL = """
SELECT batch_id FROM warehouse.batch_runs
WHERE job = 'land_events' AND status = 'succeeded' AND source = %s ORDER BY run_number
"""
PRODUCER = {"kafka.compression.type": "lz4", "kafka.linger.ms": "20", "kafka.batch.size": "262144"}


def main(arguments: Sequence[str]) -> int:
    """Fill the topic; return the exit status."""
    parser = argparse.ArgumentParser(prog="warm_up.py", description="Put landed events onto a topic.")
    parser.add_argument("--topic", required=True, help="topic to fill, as many partitions as the events'")
    parser.add_argument("--before", required=True, metavar="JSON", help="partition -> first offset left out")
    parser.add_argument("--event-types", required=True, metavar="NAMES", help="separated by commas")
    parser.add_argument("--columns", required=True, metavar="NAMES", help="of the contract, alike")
    options = parser.parse_args(arguments)
    before = {int(partition): int(offset) for partition, offset in json.loads(options.before).items()}
    types, columns = options.event_types.split(","), options.columns.split(",")
    return exit_status(lambda: fill(load_settings(), options.topic, before, types, columns))


def fill(
    settings: Settings,
    target: str,
    before: Mapping[int, int],
    event_types: Sequence[str],
    columns: Sequence[str],
) -> None:
    """Write some columns of landed events of the topic of events, each into the partition that it came from.

    Raises:
        SettingsError: a setting is absent, or a server does not answer.
    """
    lake_uri = settings.require("lake_uri")
    with closing(connect_batch(settings, "tandem-warm-up")) as connection:
        require_migrated(connection)
        with transaction(connection) as cursor:
            cursor.execute(LANDED_SQL, (source_name(settings.kafka_topic),))
            batch_ids = [batch_id for (batch_id,) in cursor.fetchall()]
    spark = build_session(JOB)
    landed = read_events(spark, lake_uri, batch_ids).where(sf.col("event_type").isin(*event_types))
    events = landed_before(landed, settings.kafka_topic, before)
    options = {f"kafka.{name}": value for name, value in settings.kafka_java().items()}
    writer = messages(events, columns, len(before)).write.format("kafka")
    writer.options(**options, **PRODUCER, topic=target).save()


def landed_before(events: DataFrame, topic: str, before: Mapping[int, int]) -> DataFrame:
    """Keep the events of a topic that lie before an offset of their partition."""
    wanted = sf.lit(False)
    for partition, offset in before.items():
        wanted = wanted | ((sf.col("partition") == partition) & (sf.col("offset") < offset))
    return events.where((sf.col("topic") == topic) & wanted)


def messages(events: DataFrame, columns: Sequence[str], partitions: int) -> DataFrame:
    """Return a message an event, in the order of the offsets: JSON of some columns and the offset."""
    return (
        events.select(*columns, "partition", "offset")
        .repartitionByRange(partitions, "partition")
        .sortWithinPartitions("partition", "offset")
        .select(sf.to_json(sf.struct(*columns, "offset")).alias("value"), "partition")
    )
