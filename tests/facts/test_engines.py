"""Flink, Spark and Python answer alike from one topic of facts, broken messages included."""

from __future__ import annotations

import pickle
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic
from pyspark.sql import DataFrame, SparkSession

from rules.catalog import rule_of
from rules.compiler import CompiledRule, compile_rule
from rules.dialects import FlinkDialect
from rules.fact_history import FactHistory, RefusedFact, StoredFact
from rules.fact_messages import FactError, decode_fact
from spark_jobs.facts import with_facts
from stack.folder import STREAM_PYTHON
from tests.facts.oracle import LIST, RULE, TIME_MAX, VALUES, Sent, answers, random_messages, superseded
from tests.programs import run_program

TOPIC = "facts_of_a_test"
TEXT = f"""
id: card_burst
version: 1
on: transaction
parameters:
  max_uses: {{default}} ({{least}}..{{most}})
when: amount_cents > max_uses AND NOT LISTED(merchant_id, '{LIST}') AND user_risk_level <> 'Low'
severity: low
message: Seen
"""
SINCE_MS, COMPILED_OFFSET = 12, 30
MESSAGES = random_messages(random.Random(5), 120)
Row = tuple[str | None, int, int]


def _rule(default: str, least: str, most: str) -> CompiledRule:
    return compile_rule(rule_of(TEXT.format(default=default, least=least, most=most), Path("card_burst")))


WHOLE, DOUBLE = _rule("5", "1", "99"), _rule("5.0", "1.0", "99.0")


def _rows() -> list[Row]:
    generator = random.Random(6)
    return [
        (
            generator.choice([None, "m-0", *VALUES]),
            generator.randint(0, TIME_MAX + 20),
            generator.randint(-1, len(MESSAGES) - 1),
        )
        for _ in range(500)
    ]


def test_python_answers_as_the_oracle() -> None:
    history = _history(MESSAGES)
    parameters = (WHOLE.parameters[0], DOUBLE.parameters[0])
    for value, time, known in _rows():
        listed = None if value is None else history.listed(LIST, value, time, known)
        said = [history.value(parameter, time, known) for parameter in parameters]
        level = history.risk_level(value or "", time, known)
        found = [*said, listed, history.mode("card_burst", time, known), level]
        assert found == answers(MESSAGES, value, time, known)


def test_what_is_no_fact_is_kept_as_refused() -> None:
    refused = [fact.offset for fact in _history(MESSAGES).refused]
    assert refused == [offset for offset, sent in enumerate(MESSAGES) if sent.document is None]
    assert len(refused) > 10


@pytest.mark.engines
def test_flink_answers_as_the_oracle(kafka: str, tmp_path: Path) -> None:
    _send(kafka, MESSAGES)
    expressions = [
        WHOLE.evidence("flink")["max_uses"],
        DOUBLE.evidence("flink")["max_uses"],
        f"listed('{LIST}', merchant_id, event_time_ms, facts_offset)",
        WHOLE.mode("flink"),
        WHOLE.evidence("flink")["user_risk_level"],
        FlinkDialect().superseded(RULE, SINCE_MS, COMPILED_OFFSET),
    ]
    rows = [(number, value, value, *known) for number, (value, *known) in enumerate(_rows())]
    request, answer = tmp_path / "request", tmp_path / "answer"
    request.write_bytes(pickle.dumps((kafka, TOPIC, rows, expressions)))
    run_program(STREAM_PYTHON, Path(__file__).with_name("flink_facts.py"), request, answer, timeout_s=200)
    expected = [
        [
            *answers(MESSAGES, *row),
            superseded(MESSAGES, SINCE_MS, COMPILED_OFFSET, *row[1:]),
            len(MESSAGES) - 1,
        ]
        for row in _rows()
    ]
    assert 20 < sum(row[-2] for row in expected) < 480
    assert pickle.loads(answer.read_bytes()) == expected


@pytest.mark.engines
def test_spark_answers_as_the_oracle(spark: SparkSession) -> None:
    rows = [(number, value, time) for number, (value, time, _) in enumerate(_rows())]
    events = spark.createDataFrame(rows, "row_number long, merchant_id string, event_time_ms long")
    events = events.withColumn("user_id", events.merchant_id).cache()
    for known in (None, 60):
        whole, double = (_spark_values(events, rule, known) for rule in (WHOLE, DOUBLE))
        until = len(MESSAGES) if known is None else known
        for number, value, time in rows:
            parameter, *others = whole[number]
            found = [parameter, double[number][0], *others]
            assert found == answers(MESSAGES, value, time, until)


def _spark_values(events: DataFrame, rule: CompiledRule, known: int | None) -> dict[int, list[Any]]:
    said = rule.evidence("spark")
    listed, mode = f"`listed.{LIST}.merchant_id`", rule.mode("spark")
    columns = (said["max_uses"], listed, mode, said["user_risk_level"])
    rows = with_facts(events, _history(MESSAGES), [rule], known).selectExpr("row_number", *columns)
    return {number: row for number, *row in rows.collect()}


def _history(messages: Sequence[Sent]) -> FactHistory:
    stored, refused = [], []
    for offset, message in enumerate(messages):
        try:
            stored.append(StoredFact(offset, decode_fact(message.key, message.value)))
        except FactError as error:
            refused.append(RefusedFact(offset, str(error)))
    return FactHistory(tuple(stored), tuple(refused))


def _send(brokers: str, messages: Sequence[Sent]) -> None:
    connection = {"bootstrap.servers": brokers}
    topic = NewTopic(TOPIC, 1, 1, config={"cleanup.policy": "compact"})
    client = AdminClient(connection)
    client.create_topics([topic], operation_timeout=20)[TOPIC].result(20)
    producer = Producer({**connection, "enable.idempotence": True})
    for message in messages:
        producer.produce(TOPIC, key=message.key, value=message.value, partition=0)
    assert producer.flush(30) == 0
