"""Proofs of windowed alerts in Spark: the events of the alerts' keys, brought together key by key."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import reduce

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as sf

from rules.compiler import CompiledRule
from rules.feature_plan import FeaturePlan
from rules.features import DAY_MS, fields_of_function
from spark_jobs.features.adding import GROUP, by_group, with_filters
from spark_jobs.features.chunks import whole_groups
from spark_jobs.features.specification import executor_steps
from spark_jobs.proofs.proving import prove
from spark_jobs.proofs.requests import ProofStep
from spark_jobs.proofs.routes import Layout
from spark_jobs.reconciliation.evaluation import PLACE
from spark_jobs.reconciliation.stream_history import StreamHistory

LATENESS_MS = DAY_MS
PROOFS = "alert_id string, key string, proof string"


def reach_ms(plan: FeaturePlan) -> int:
    """How long before an alert's event the events lie that its proof may need: two spans of ``seen``."""
    return 2 * (plan.longest_window_ms + LATENESS_MS)


def proof_steps(
    plan: FeaturePlan, rules: Sequence[CompiledRule], history: StreamHistory, several_versions: Iterable[str]
) -> tuple[ProofStep, ...]:
    """The keyed steps with all that their proofs need."""
    keys = [step.key for step in plan.steps]
    layouts = tuple(Layout(*layout) for layout in history.layouts())
    return tuple(
        ProofStep(
            step=step,
            keys_before=tuple(keys[: keys.index(step.key)]),
            rule_columns=_columns_by(step.key, rules),
            layouts=layouts,
            starts=tuple(history.fresh_starts(step.key)),
            lateness_ms=LATENESS_MS,
            computed=frozenset(several_versions),
        )
        for step in executor_steps(plan)
    )


def _columns_by(key: str, rules: Sequence[CompiledRule]) -> dict[str, tuple[str, ...]]:
    """rule@version -> its columns by a key; of rules that have some."""
    found: dict[str, tuple[str, ...]] = {}
    for rule in rules:
        columns = tuple(feature.column for feature in rule.features if feature.key == key)
        if columns:
            found[f"{rule.rule.id}@{rule.rule.version}"] = columns
    return found


def prove_requests(
    events: DataFrame, requests: DataFrame, plan: FeaturePlan, steps: Sequence[ProofStep]
) -> DataFrame:
    """Return a row per alert and key: ``alert_id``, ``key``, ``proof``.

    ``events`` are accepted events and, marked ``is_repeat``, messages that repeat one;
    ``requests`` are places with the texts of what is to be proven there.
    """
    proofs = [_prove_by_key(with_filters(events, plan), requests, step) for step in steps]
    return reduce(DataFrame.unionByName, proofs)


def _prove_by_key(events: DataFrame, requests: DataFrame, step: ProofStep) -> DataFrame:
    keyed = events.select(*_columns_read(step), sf.col(step.step.key).alias(GROUP))
    keyed = keyed.where(sf.col(GROUP).isNotNull())
    of_step = _of_step(requests, step)
    asked = keyed.join(sf.broadcast(of_step.select(*PLACE)), list(PLACE), "left_semi")
    keys = asked.select(GROUP).distinct()
    rows = keyed.join(sf.broadcast(keys), GROUP, "left_semi").join(sf.broadcast(of_step), list(PLACE), "left")

    def prove_keys(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for table in whole_groups(batches, GROUP):
            yield from prove(table, step).to_batches()

    return by_group(rows).mapInArrow(prove_keys, PROOFS)


def _columns_read(step: ProofStep) -> list[str]:
    """What the executors read of an event, each column once."""
    read = [*PLACE, "event_id", "event_type", "event_time_ms", "user_id", "append_time_ms", "is_repeat"]
    read += [step.step.key, *step.keys_before]
    for feature in step.step.features:
        read += fields_of_function(feature.function, feature.field)
        read += [feature.filter] if feature.filter else []
    return list(dict.fromkeys(read))


def _of_step(requests: DataFrame, step: ProofStep) -> DataFrame:
    """One row per place with the requests of rules that read features of the step."""
    wanted = requests.where(sf.col("rule").isin(sorted(step.rule_columns)))
    told = sf.struct("rule", "request")
    return wanted.groupBy(*PLACE).agg(sf.to_json(sf.collect_set(told)).alias("requests"))
