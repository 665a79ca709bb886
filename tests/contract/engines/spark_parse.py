"""``spark_parse INPUT OUTPUT``: parse a file of messages with Spark's functions, in local mode."""

from __future__ import annotations

import sys

from spark_jobs.session import build_session


def main(source: str, target: str) -> None:
    spark = build_session("parity of the contract")
    messages = spark.read.schema("n BIGINT, message BINARY, append_time_ms BIGINT").json(source)
    messages.selectExpr(
        "n", "mask_card_numbers(message) AS masked", "inline(array(parse_event(message, append_time_ms)))"
    ).write.json(target)
    spark.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
