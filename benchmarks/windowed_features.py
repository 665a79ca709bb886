"""Events a second through the features in Flink, as a ratio to the same source without them.

Usage: .venv-flink/bin/python -m benchmarks.windowed_features [BACKEND] [EVENTS] [JAR_URL] [CASE ...]
One line of JSON a case. The source makes its rows in the engine and the sink drops them, so what differs is
the cost of the steps.
JAR_URL: a jar of jvm/target/test-classes, to measure the design that was not taken beside the one that was.
"""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from pyflink.common import Configuration
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.java_gateway import get_gateway
from pyflink.table import Schema, StreamTableEnvironment, Table, TableDescriptor

from contract.events import load_contract
from flink_jobs.environment import jar_urls
from flink_jobs.windowed_features import with_features
from rules.feature_plan import FeaturePlan, PlannedFeature
from rules.feature_text import parse_feature

KEYS = 10_000
WARM_UP_EVENTS = 200_000

FEATURES = (
    "COUNT(*)",
    "SUM(amount_cents)",
    "MAX(amount_cents)",
    "AVG(amount_cents)",
    "COUNT(DISTINCT merchant_id)",
    "MS_SINCE_PREVIOUS()",
    "STDDEV(amount_cents)",
    "FIRST_SEEN_MS(merchant_id)",
    "MIN(amount_cents)",
    "COUNT(DISTINCT card_id)",
)


def planned(key: str, first: int, count: int, window_s: int) -> list[PlannedFeature]:
    """Return ``count`` features of a key; their windows are the whole, half and a third of it."""
    types = load_contract().event_types
    return [
        PlannedFeature(
            parse_feature(
                f"{FEATURES[each]} BY {key} OVER {window_s // (1 + each % 3)} SECONDS",
                types["transaction"],
                types,
            ),
            ("transaction",),
        )
        for each in range(first, first + count)
    ]


def cases(keys: int) -> dict[str, tuple[list[PlannedFeature], str]]:
    """Return features and the SQL of the card for each case; one event a millisecond."""
    even = f"MOD(number * 7919, {keys})"
    hot = f"CASE WHEN MOD(number, 5) = 0 THEN 0 ELSE {even} END"
    ten = [
        *planned("user_id", 0, 4, keys // 10),
        *planned("card_id", 4, 3, keys // 10),
        *planned("merchant_id", 7, 3, 100),
    ]
    return {
        "no features": ([], even),
        "one": (planned("card_id", 0, 1, keys // 10), even),
        "three on one key": (planned("card_id", 0, 3, keys // 10), even),
        "three on one key, 20% on one card": (planned("card_id", 0, 3, keys // 10), hot),
        "ten on three keys": (ten, even),
        "one, 10 rows": (planned("card_id", 0, 1, 1), "MOD(number * 7919, 100)"),
        "one, 100 rows": (planned("card_id", 0, 1, 10), "MOD(number * 7919, 100)"),
        "one, 1000 rows": (planned("card_id", 0, 1, 100), "MOD(number * 7919, 100)"),
        "one, 10000 rows": (planned("card_id", 0, 1, 200), "MOD(number * 7919, 20)"),
    }


@dataclass(frozen=True)
class Cost:
    """What a job took: time by the clock, and by the processors, which a busy machine hardly changes."""

    clock_s: float
    cpu_s: float


def cost(
    backend: str, events: int, features: list[PlannedFeature], card: str, process_table_jar: str = ""
) -> Cost:
    """Run one case and return what the job took, submission included."""
    configuration = Configuration()
    configuration.set_string("parallelism.default", "2")
    configuration.set_string("state.backend.type", backend)
    configuration.set_string("pipeline.object-reuse", "true")
    configuration.set_string("taskmanager.memory.managed.size", "512m")
    execution = StreamExecutionEnvironment.get_execution_environment(configuration)
    execution.add_jars(*jar_urls(), *([process_table_jar] if process_table_jar else []))
    environment = StreamTableEnvironment.create(execution)
    environment.execute_sql(
        f"""CREATE TEMPORARY TABLE numbers (number BIGINT) WITH ('connector' = 'datagen',
        'rows-per-second' = '100000000', 'fields.number.kind' = 'sequence', 'fields.number.start' = '0',
        'fields.number.end' = '{events - 1}')"""
    )
    source = environment.sql_query(
        f"""SELECT CONCAT('event-', CAST(number AS STRING)) AS event_id, 'transaction' AS event_type,
        1700000000000 + number AS event_time_ms, CONCAT('user-', CAST({card} AS STRING)) AS user_id,
        CONCAT('card-', CAST({card} AS STRING)) AS card_id,
        CONCAT('merchant-', CAST(MOD(number * 31, 997) AS STRING)) AS merchant_id,
        MOD(number * 7907, CAST(100003 AS BIGINT)) AS amount_cents, 0 AS `partition`, number AS `offset`
        FROM numbers"""
    )
    table = _with_features(environment, source, FeaturePlan(tuple(features)), process_table_jar)
    schema = table.get_schema()
    sink = TableDescriptor.for_connector("blackhole").schema(
        Schema.new_builder().from_fields(schema.get_field_names(), schema.get_field_data_types()).build()
    )
    started = time.monotonic()
    cpu_started_s = _engine_cpu_s()
    table.execute_insert(sink.build()).wait()
    return Cost(time.monotonic() - started, _engine_cpu_s() - cpu_started_s)


def _engine_cpu_s() -> float:
    """Return the processor time of the JVM that the mini cluster runs in (Linux)."""
    name = get_gateway().jvm.java.lang.management.ManagementFactory.getRuntimeMXBean().getName()
    stat = Path(f"/proc/{name.partition('@')[0]}/stat").read_text().rpartition(")")[2].split()
    return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")


def _with_features(
    environment: StreamTableEnvironment, source: Table, plan: FeaturePlan, process_table_jar: str
) -> Table:
    if not process_table_jar:
        return with_features(environment, source, plan) if plan.steps else source
    environment.create_java_temporary_function("features", "dev.tandem.flink.ProcessTableFeatures")
    environment.create_temporary_view("source", source)
    step = json.loads(plan.as_json())[-1]
    return environment.sql_query(
        f"""SELECT * FROM features(events => TABLE source PARTITION BY {step["key"]},
        specification => '{json.dumps([step])}', uid => 'features')"""
    )


def main(backend: str, events: int, process_table_jar: str, names: list[str]) -> None:
    """Run the cases (all, or those named) after a warm-up; with a jar, those of one step in both designs."""
    base = 0.0
    cost(backend, WARM_UP_EVENTS, *cases(KEYS)["ten on three keys"])
    for name, (features, card) in cases(KEYS).items():
        if names and name not in names:
            continue
        for jar in (
            ["", process_table_jar]
            if process_table_jar and len({each.feature.key for each in features}) == 1
            else [""]
        ):
            spent = cost(backend, events, features, card, jar)
            base = base or spent.cpu_s
            design = "process table function" if jar else "keyed process function"
            line = {
                "backend": backend,
                "case": name,
                "design": design,
                "events_per_s": round(events / spent.clock_s),
                "cpu_us_per_event": round(1e6 * spent.cpu_s / events, 1),
                "cpu_ratio": round(spent.cpu_s / base, 2),
            }
            print(json.dumps(line), flush=True)


if __name__ == "__main__":
    given = dict(enumerate(sys.argv))
    main(given.get(1, "hashmap"), int(given.get(2, "1000000")), given.get(3, ""), sys.argv[4:])
