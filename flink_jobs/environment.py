"""The Flink environment of a job: its configuration, its jars and its end on a bad setting."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from pyflink.common import Configuration
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.table import StreamTableEnvironment, TableEnvironment

from contract.settings import Settings, SettingsError, load_settings
from rules.errors import RuleError
from rules.fact_messages import FactError
from rules.feature_plan import PlanError

JARS = Path(__file__).parent.parent / ".tools" / "jars"
JAR_FOLDERS = ("flink", "tandem")

CHECKPOINT_INTERVAL = "5 s"
MAX_PARALLELISM = 128
"""Groups that keys are spread over, for ever: a state can be taken over by this many tasks at most."""
BUFFER_TIMEOUT = "10 ms"
"""How long an event may wait at most for others before it goes on to the next task."""

FUNCTIONS = {
    "now_ms": "dev.tandem.flink.DetectionTime",
    "count_alert": "dev.tandem.flink.CountAlert",
    "seen_offsets": "dev.tandem.flink.SeenOffsets",
    "seen_counts": "dev.tandem.flink.SeenCounts",
    "held_from": "dev.tandem.flink.HeldFrom",
}


def stream_environment(job: str, settings: Settings, options: Mapping[str, str]) -> StreamTableEnvironment:
    """Return a streaming environment that restarts for ever from its checkpoints.

    Args:
        job: the name of the job in Flink.
        settings: ``checkpoint_uri`` overrides the cluster's folder of checkpoints.
        options: Flink options of this job alone.
    """
    configuration = Configuration()
    for name, value in {**_common_options(job, settings), **options}.items():
        configuration.set_string(name, value)
    execution = StreamExecutionEnvironment.get_execution_environment(configuration)
    if urls := jar_urls():
        execution.add_jars(*urls)
    environment = StreamTableEnvironment.create(execution)
    register_functions(environment)
    return environment


def register_functions(environment: TableEnvironment) -> None:
    """Make the functions of the project's jar known to SQL."""
    for name, java_class in FUNCTIONS.items():
        environment.create_java_temporary_system_function(name, java_class)


def checkpoint_of(environment: TableEnvironment) -> str | None:
    """Return the checkpoint that the job is started from (``flink run -s``)."""
    path: str = environment.get_config().get("execution.state-recovery.path", "")
    return path or None


def parallelism_of(environment: TableEnvironment) -> int:
    """Return the number of tasks that each step of the job is spread over."""
    return int(environment.get_config().get("parallelism.default", "1"))


def jar_urls(jars: Path = JARS) -> list[str]:
    """Return the jars that a job brings along, as URLs."""
    return [
        file.resolve().as_uri() for folder in JAR_FOLDERS for file in sorted((jars / folder).glob("*.jar"))
    ]


def main(run: Callable[[Settings], None]) -> None:
    """Run a job's wiring; a bad setting or rule is one line on stderr and exit code 2."""
    try:
        run(load_settings())
    except (SettingsError, RuleError, PlanError, FactError) as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)


def _common_options(job: str, settings: Settings) -> dict[str, str]:
    options = {
        "pipeline.name": job,
        "pipeline.object-reuse": "true",
        "pipeline.max-parallelism": str(MAX_PARALLELISM),
        "execution.buffer-timeout.interval": BUFFER_TIMEOUT,
        "execution.checkpointing.interval": CHECKPOINT_INTERVAL,
        "execution.checkpointing.externalized-checkpoint-retention": "RETAIN_ON_CANCELLATION",
        "restart-strategy.type": "exponential-delay",
        "restart-strategy.exponential-delay.initial-backoff": "500 ms",
        "restart-strategy.exponential-delay.max-backoff": "10 s",
        "table.local-time-zone": "UTC",
        "table.exec.sink.not-null-enforcer": "ERROR",
    }
    if settings.checkpoint_uri:
        options["execution.checkpointing.dir"] = settings.checkpoint_uri
    return options
