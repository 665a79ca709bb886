"""Run by the stream's Python: the job's own functions over a topic up to its end, in a mini cluster.

Reads a request of JSON and writes an answer: the record of the run, and the alerts of the operator as it is
and with each of the bugs that the request names.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pyflink.common import Configuration
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.table import StreamTableEnvironment, Table

from contract.settings import Settings
from flink_jobs.alerts import alerts, columns_to_write
from flink_jobs.dated_facts import register_fact_functions
from flink_jobs.environment import MAX_PARALLELISM, jar_urls, register_functions
from flink_jobs.events import accepted_events
from flink_jobs.kafka_tables import create_messages_table
from flink_jobs.stream_run import run_record
from rules.catalog import load_catalog
from rules.compiler import CompiledRule, compile_rule
from rules.feature_plan import FeaturePlan

PARALLELISM = 2
PLAN_AS_JSON = FeaturePlan.as_json


def main(request: Path, answer: Path) -> None:
    """Run the operator as it is, then with each bug."""
    asked = json.loads(request.read_text())
    compiled = [compile_rule(rule) for rule in load_catalog(Path(asked["catalog"]))]
    told: dict[str, Any] = {
        "run": run_record(compiled, -1, {}, None, PARALLELISM, datetime.now(UTC)),
        "alerts": raised(asked, compiled),
        "alerts_with": {},
    }
    for bug in asked["bugs"]:
        FeaturePlan.as_json = bent_plan(bug)  # type: ignore[method-assign]
        told["alerts_with"][json.dumps(bug)] = raised(asked, compiled, bug.get("loses", "FALSE"))
        FeaturePlan.as_json = PLAN_AS_JSON  # type: ignore[method-assign]
    answer.write_text(json.dumps(told))


def bent_plan(bug: dict[str, Any]) -> Any:
    """A plan that tells the operator another thing about one feature than the rules say."""

    def as_json(plan: FeaturePlan) -> str:
        steps = json.loads(PLAN_AS_JSON(plan))
        for step in steps:
            for feature in step["features"]:
                if feature["name"] == bug.get("feature"):
                    feature.update(bug["becomes"])
        return json.dumps(steps)

    return as_json


def raised(asked: dict[str, Any], compiled: list[CompiledRule], loses: str = "FALSE") -> list[dict[str, Any]]:
    """The alerts; events for which ``loses`` is true never reach the operator."""
    environment = mini_cluster()
    register_fact_functions(environment, None)
    settings = Settings(kafka_bootstrap_servers=asked["brokers"], kafka_topic=asked["topic"])
    places = dict.fromkeys(range(asked["partitions"]), 0)
    create_messages_table(environment, "messages", [asked["topic"]], "operator", settings, places)
    events = accepted_events(environment, up_to_the_end(environment), columns_to_write(compiled))
    environment.create_temporary_view("all_events", events)
    kept = environment.sql_query(f"SELECT * FROM all_events WHERE NOT ({loses})")
    with alerts(environment, kept, compiled, asked["topic"]).execute().collect() as rows:
        return [json.loads(row[1]) for row in rows]


def up_to_the_end(environment: StreamTableEnvironment) -> Table:
    """The messages that the topic holds now."""
    bounded = "/*+ OPTIONS('scan.bounded.mode' = 'latest-offset') */"
    return environment.sql_query(f"SELECT * FROM messages {bounded}")


def mini_cluster() -> StreamTableEnvironment:
    configuration = Configuration()
    configuration.set_string("parallelism.default", str(PARALLELISM))
    configuration.set_string("pipeline.max-parallelism", str(MAX_PARALLELISM))
    configuration.set_string("pipeline.object-reuse", "true")
    execution = StreamExecutionEnvironment.get_execution_environment(configuration)
    execution.add_jars(*jar_urls())
    environment = StreamTableEnvironment.create(execution)
    register_functions(environment)
    return environment


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
