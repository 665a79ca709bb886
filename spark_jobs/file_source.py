"""Messages of files: one JSON object a line, on any file system that Spark reads, gzip included.

A message's topic is the URI of its file, its partition 0, its offset the line counted from 0,
its append time the file's modification time. Lines end with a line feed; all other bytes are
kept as they are (a byte order mark that opens a file is the file's, not the message's).
"""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as sf

from contract.settings import SettingsError
from spark_jobs.source import MESSAGE_COLUMNS, Messages


def read_files(spark: SparkSession, uri: str) -> Messages:
    """Return the lines of the files at ``uri``: a file, a folder, or a glob.

    Raises:
        SettingsError: nothing is there.
    """
    lines = _read_lines(spark, uri)
    blocks = _count_blocks(lines)
    starts = spark.createDataFrame(
        _first_lines(blocks), "topic string, block_start long, first_row long, first_line long"
    )
    rows = (
        lines.join(sf.broadcast(starts), ["topic", "block_start"])
        .withColumn("offset", sf.col("row") - sf.col("first_row") + sf.col("first_line"))
        .withColumn("partition", sf.lit(0))
        .select(*MESSAGE_COLUMNS)
    )
    ends = _lines_by_file(blocks)
    return Messages(uri, rows, sum(ends.values()), dict.fromkeys(ends, 0), ends)


def _read_lines(spark: SparkSession, uri: str) -> DataFrame:
    try:
        text = spark.read.option("lineSep", "\n").option("recursiveFileLookup", "true").text(uri)
    except AnalysisException as error:
        raise SettingsError(f"--input: no file can be read at {uri} ({error.getCondition()})") from None
    return text.select(
        sf.col("_metadata.file_path").alias("topic"),
        sf.col("_metadata.file_block_start").alias("block_start"),
        sf.unix_millis("_metadata.file_modification_time").alias("append_time_ms"),
        sf.monotonically_increasing_id().alias("row"),
        sf.col("value").cast("binary").alias("message"),
    )


def _count_blocks(lines: DataFrame) -> list[Row]:
    """Spark reads a large file in blocks; its row numbers rise by one within a block."""
    counted = lines.groupBy("topic", "block_start").agg(
        sf.min("row").alias("first_row"), sf.count("*").alias("lines")
    )
    return list(counted.orderBy("topic", "block_start").collect())


def _first_lines(blocks: Sequence[Row]) -> list[tuple[str, int, int, int]]:
    """Return (file, block, its first row number, its first line), blocks being in order."""
    starts = []
    reached: dict[str, int] = {}
    for block in blocks:
        first_line = reached.get(block.topic, 0)
        starts.append((block.topic, block.block_start, block.first_row, first_line))
        reached[block.topic] = first_line + block.lines
    return starts


def _lines_by_file(blocks: Sequence[Row]) -> dict[str, int]:
    lines: dict[str, int] = {}
    for block in blocks:
        lines[block.topic] = lines.get(block.topic, 0) + block.lines
    return lines
