"""The lake of accepted events: Parquet, one folder a landed run, in it one a day of event time.

``{LAKE_URI}/events/batch_id=<id>/event_date=<yyyy-mm-dd>/*.parquet``. A folder counts only
when ``warehouse.batch_runs`` says that its run succeeded; readers name the runs they want.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as sf
from pyspark.sql.types import BinaryType, DateType, IntegerType, LongType, StringType, StructType

from spark_jobs.session import event_type

DICTIONARY = "parquet.enable.dictionary"
NEARLY_UNIQUE = (
    *("event_id", "labelled_event_id", "content_hash", "offset", "event_time_ms", "append_time_ms"),
    *("latitude", "longitude", "user_id", "card_id", "device_id"),
)
"""Columns whose values hardly repeat within a day: a dictionary of them costs time and saves little space."""


def lake_event_type() -> StructType:
    """Return the columns of the lake: the event, its place, and its content hash."""
    columns = event_type()
    columns = columns.add("topic", StringType()).add("partition", IntegerType()).add("offset", LongType())
    return columns.add("append_time_ms", LongType()).add("content_hash", BinaryType())


def normal_uri(lake_uri: str) -> str:
    """Return ``lake_uri`` without a trailing slash; a bare path becomes an absolute ``file:`` URI."""
    if urlsplit(lake_uri).scheme:
        return lake_uri.rstrip("/")
    return Path(lake_uri).resolve().as_uri()


def events_uri(lake_uri: str, batch_id: str) -> str:
    """Return the folder of one landed run."""
    return f"{normal_uri(lake_uri)}/events/batch_id={batch_id}"


def write_events(events: DataFrame, lake_uri: str, batch_id: str) -> None:
    """Write the accepted events of one run. ``events`` has the columns of :func:`lake_event_type`.

    Each core writes one file a day, all days open at once: nothing is shuffled or sorted for it.
    """
    day = sf.to_date(sf.timestamp_millis("event_time_ms"))
    columns = [sf.col(column.name) for column in lake_event_type().fields]
    (
        events.select(*columns, day.alias("event_date"))
        .coalesce(events.sparkSession.sparkContext.defaultParallelism)
        .write.options(**{f"{DICTIONARY}#{name}": "false" for name in NEARLY_UNIQUE})
        .partitionBy("event_date")
        .parquet(events_uri(lake_uri, batch_id))
    )


def read_events(spark: SparkSession, lake_uri: str, batch_ids: Sequence[str]) -> DataFrame:
    """Read the events of landed runs, with their ``batch_id`` and ``event_date``."""
    columns = lake_event_type().add("batch_id", StringType()).add("event_date", DateType())
    if not batch_ids:
        return spark.createDataFrame([], columns)
    folders = [events_uri(lake_uri, batch_id) for batch_id in batch_ids]
    reader = spark.read.schema(columns).option("basePath", f"{normal_uri(lake_uri)}/events")
    return reader.parquet(*folders)


def delete_events(spark: SparkSession, lake_uri: str, batch_ids: Sequence[str]) -> None:
    """Delete the folders of runs that failed; folders that are not there are no error."""
    for batch_id in batch_ids:
        path = _path(spark, events_uri(lake_uri, batch_id))
        _file_system(spark, path).delete(path, True)


def ensure_folder(spark: SparkSession, lake_uri: str, batch_id: str) -> None:
    """Make the folder of a run that accepted nothing, so that reading it gives no rows."""
    path = _path(spark, events_uri(lake_uri, batch_id))
    _file_system(spark, path).mkdirs(path)


def _path(spark: SparkSession, uri: str) -> Any:
    return spark.sparkContext._jvm.org.apache.hadoop.fs.Path(uri)


def _file_system(spark: SparkSession, path: Any) -> Any:
    return path.getFileSystem(spark.sparkContext._jsc.hadoopConfiguration())
