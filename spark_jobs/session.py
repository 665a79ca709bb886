"""The Spark session of the batch jobs.

Under ``spark-submit`` the settings of ``SPARK_CONF_DIR`` hold and only what the jobs rely on
is added. As plain Python the connectors are taken from ``.tools/jars``.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from py4j.protocol import Py4JJavaError
from pyspark.sql import SparkSession
from pyspark.sql.types import BinaryType, BooleanType, DataType, DoubleType, LongType, StringType, StructType

from contract.events import FieldType, load_contract
from contract.settings import SettingsError

PROJECT_ROOT = Path(__file__).resolve().parent.parent
JAR_FOLDERS = (PROJECT_ROOT / ".tools/jars/spark", PROJECT_ROOT / ".tools/jars/tandem")
MASTER_DEFAULT = "local[2]"
DRIVER_MEMORY_DEFAULT = "2g"

NEEDED_CLASSES = {
    "org.apache.spark.sql.kafka010.KafkaSourceProvider": "the Kafka connector (spark-sql-kafka-0-10)",
    "org.postgresql.Driver": "the PostgreSQL driver",
    "dev.tandem.spark.ParseEvent": "Tandem's own jar",
}
SESSION_CONF = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.shuffle.partitions": "8",
    "spark.sql.parquet.compression.codec": "zstd",
    "spark.sql.maxConcurrentOutputFileWriters": "400",
    "spark.sql.adaptive.enabled": "true",
    "spark.sql.adaptive.advisoryPartitionSizeInBytes": "64m",
    "spark.sql.ansi.enabled": "true",
}
LOCAL_CONF = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}
TYPES: Mapping[FieldType, DataType] = {
    "text": StringType(),
    "integer": LongType(),
    "number": DoubleType(),
    "boolean": BooleanType(),
}


def build_session(name: str, environment: Mapping[str, str] | None = None) -> SparkSession:
    """Start or join a session with the parser registered as ``parse_event``.

    ``environment`` is the process environment unless told otherwise.

    Raises:
        SettingsError: a jar is not on Spark's class path; the text names it.
    """
    _prepare_plain_python(os.environ if environment is None else environment)
    builder = SparkSession.builder.appName(name)
    for key, value in SESSION_CONF.items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    _check_classes(spark)
    register_functions(spark)
    return spark


def register_functions(spark: SparkSession) -> None:
    """Make ``parse_event(message, append_time_ms)`` and ``mask_card_numbers(message)`` known to SQL."""
    spark.udf.registerJavaFunction("parse_event", "dev.tandem.spark.ParseEvent", parsed_event_type())
    spark.udf.registerJavaFunction("mask_card_numbers", "dev.tandem.spark.MaskCardNumbers", BinaryType())


def event_type() -> StructType:
    """Return the columns of an event as Spark types, in the order of the contract."""
    columns = StructType()
    for column in load_contract().columns:
        columns = columns.add(column.name, TYPES[column.type])
    return columns


def parsed_event_type() -> StructType:
    """Return the row that ``parse_event`` gives: ``reason``, ``detail``, the event, ``content_hash``."""
    verdict = StructType().add("reason", StringType()).add("detail", StringType())
    for column in event_type().fields:
        verdict = verdict.add(column)
    return verdict.add("content_hash", BinaryType())


def _prepare_plain_python(environment: Mapping[str, str]) -> None:
    """Name jars and executors' Python before the JVM starts; under ``spark-submit`` it runs already."""
    if "PYSPARK_GATEWAY_PORT" in environment or "PYSPARK_SUBMIT_ARGS" in environment:
        return
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    arguments = ["--driver-memory", DRIVER_MEMORY_DEFAULT]
    if "SPARK_CONF_DIR" not in environment:
        arguments += ["--master", MASTER_DEFAULT]
        arguments += [
            "--jars",
            ",".join(str(jar) for folder in JAR_FOLDERS for jar in sorted(folder.glob("*.jar"))),
        ]
        for key, value in LOCAL_CONF.items():
            arguments += ["--conf", f"{key}={value}"]
    os.environ["PYSPARK_SUBMIT_ARGS"] = " ".join([*map(json.dumps, arguments), "pyspark-shell"])


def _check_classes(spark: SparkSession) -> None:
    jvm = spark.sparkContext._jvm
    loader = jvm.java.lang.Thread.currentThread().getContextClassLoader()
    for name, what in NEEDED_CLASSES.items():
        try:
            loader.loadClass(name)
        except Py4JJavaError:
            raise SettingsError(
                f"SPARK_CONF_DIR: {what} is not on Spark's class path: run `make up` and "
                "`set -a; . .stack/env; set +a`, or pass the jars to spark-submit with --jars"
            ) from None
