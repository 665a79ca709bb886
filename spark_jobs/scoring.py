"""Scoring: risk levels and decisions of landed applications, the processed transactions, the labels.

A run takes in every landed run that no succeeded scoring has taken in; a recompute takes in
all of them again under another policy version. Readers see the warehouse before or after it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as sf

from contract.settings import Settings, SettingsError
from risk_models.published import ModelInForce
from rules.policy import RiskPolicy, load_policies
from spark_jobs import lake, statements
from spark_jobs.model_scores import load_scores, model_in_force, stage_scores
from spark_jobs.progress import Progress
from spark_jobs.runs import Counts, Run, RunError, run
from spark_jobs.staging import Warehouse, analyze_staging, drop_staging
from storage.postgres import Connection, transaction

JOB = "score_risk"
STAGING_PREFIX = "score"
TARGET = (
    "warehouse.credit_scores, warehouse.users, warehouse.processed_transactions, warehouse.merchants, "
    "warehouse.loans, warehouse.loan_payments, warehouse.fraud_labels, warehouse.fraud_outcomes"
)

_UNSCORED_SQL = """
SELECT landed.batch_id FROM warehouse.batch_runs AS landed
WHERE landed.job = 'land_events' AND landed.status = 'succeeded' AND (%(recompute)s OR NOT EXISTS (
    SELECT FROM warehouse.batch_inputs AS input
    JOIN warehouse.batch_runs AS scored ON scored.batch_id = input.batch_id
    WHERE input.input_batch_id = landed.batch_id AND scored.job = 'score_risk'
        AND scored.status = 'succeeded'))
ORDER BY landed.run_number
"""
_POLICY_IN_FORCE_SQL = """
SELECT policy_version FROM warehouse.batch_runs
WHERE job = 'score_risk' AND status = 'succeeded' ORDER BY run_number DESC LIMIT 1
"""


@dataclass(frozen=True)
class Scored:
    """What a scoring did; without ``batch_id`` there was nothing new."""

    batch_id: str | None
    policy_version: int
    rows_by_table: Mapping[str, int]
    model: str = ""
    """The model that scored the applications, or why the policy decided alone."""


@dataclass(frozen=True)
class Scoring:
    """What a scoring works with."""

    spark: SparkSession
    settings: Settings
    connection: Connection
    progress: Progress
    policies: Mapping[int, RiskPolicy] = field(default_factory=load_policies)

    @property
    def warehouse(self) -> Warehouse:
        """The warehouse, for Spark."""
        return Warehouse.of(self.settings.batch_dsn)


def score(
    scoring: Scoring, *, policy_version: int | None = None, recompute: bool = False, wait: bool = False
) -> Scored:
    """Score what was landed and not scored yet, or with ``recompute`` everything.

    Without ``policy_version`` the version of the last run stays in force; a first run takes the newest.

    Raises:
        RunError: another run is going on.
        SettingsError: there is no such policy version.
    """
    with run(scoring.connection, JOB, wait=wait) as current:
        policy = choose_policy(scoring.connection, scoring.policies, policy_version)
        batch_ids = _unscored(scoring.connection, recompute)
        if not batch_ids:
            scoring.progress.say("nothing new to score")
            return Scored(None, policy.version, {})
        scoring.progress.say(f"scoring {len(batch_ids)} landed runs under policy version {policy.version}")
        return _score(scoring, current, policy, batch_ids)


def choose_policy(
    connection: Connection, policies: Mapping[int, RiskPolicy], version: int | None
) -> RiskPolicy:
    """Return the policy that was asked for, else the one in force, and record its definition.

    Raises:
        SettingsError: there is no such version.
        RunError: the version was in force with another definition.
    """
    with transaction(connection) as cursor:
        if version is None:
            cursor.execute(_POLICY_IN_FORCE_SQL)
            (version,) = cursor.fetchone() or (max(policies),)
        if version not in policies:
            known = ", ".join(map(str, policies))
            raise SettingsError(
                f"--policy-version: there is no risk policy {version} in rules/policies, only {known}"
            )
        definition = json.dumps(policies[version].definition())
        cursor.execute(
            "INSERT INTO warehouse.risk_policies (policy_version, definition) VALUES (%s, %s) "
            "ON CONFLICT DO NOTHING",
            (version, definition),
        )
        cursor.execute(
            "SELECT definition = %s::jsonb FROM warehouse.risk_policies WHERE policy_version = %s",
            (definition, version),
        )
        if cursor.fetchone() != (True,):
            raise RunError(
                f"risk_policy.v{version}.yaml has changed since it was in force: restore it, "
                "and put the change into a new version"
            )
    return policies[version]


def score_applications(events: DataFrame, policy: RiskPolicy) -> DataFrame:
    """Return one row per application with its risk level and decision."""
    return events.where("event_type = 'application'").select(
        sf.col("event_id").alias("application_id"),
        "user_id",
        sf.col("credit_score").cast("int").alias("credit_score"),
        "loan_amount_cents",
        "currency",
        "region",
        "purpose",
        sf.col("term_months").cast("int").alias("term_months"),
        "annual_income_cents",
        "employment_status",
        sf.expr(policy.risk_level_sql()).alias("risk_level"),
        sf.expr(policy.decision_sql()).alias("decision"),
        "event_time_ms",
        "append_time_ms",
        "partition",
        "offset",
    )


def select_transactions(events: DataFrame) -> DataFrame:
    """Return one row per transaction."""
    return events.where("event_type = 'transaction'").select(
        sf.col("event_id").alias("transaction_id"),
        *["user_id", "card_id", "amount_cents", "currency", "event_time_ms", "city", "country"],
        *["merchant_id", "merchant_category", "card_type", "device_id", "channel"],
    )


def select_payments(events: DataFrame) -> DataFrame:
    """Return one row per payment event."""
    return events.where("event_type = 'payment'").select(
        sf.col("event_id").alias("payment_id"),
        sf.col("application_id").alias("loan_id"),
        *["user_id", "status", "amount_cents", sf.col("days_past_due").cast("int").alias("days_past_due")],
        *["event_time_ms", "append_time_ms", "partition", "offset"],
    )


def select_labels(events: DataFrame) -> DataFrame:
    """Return one row per label event."""
    return events.where("event_type = 'label'").select(
        "labelled_event_id",
        "is_fraud",
        "source",
        sf.col("event_id").alias("label_event_id"),
        *["event_time_ms", "append_time_ms", "partition", "offset"],
    )


def _unscored(connection: Connection, recompute: bool) -> tuple[str, ...]:
    with transaction(connection) as cursor:
        cursor.execute(_UNSCORED_SQL, {"recompute": recompute})
        return tuple(batch_id for (batch_id,) in cursor.fetchall())


def _score(scoring: Scoring, current: Run, policy: RiskPolicy, batch_ids: tuple[str, ...]) -> Scored:
    drop_staging(scoring.connection, STAGING_PREFIX)
    lake_uri = scoring.settings.require("lake_uri")
    source = f"{lake.normal_uri(lake_uri)}/events"
    current.start(source=source, target=TARGET, policy_version=policy.version)
    events = lake.read_events(scoring.spark, lake_uri, batch_ids)
    stage(scoring, current.token, events, policy)
    model = model_in_force(scoring.connection)
    model = stage_scores(events, model, scoring.warehouse, scoring.connection, current.token)
    scoring.progress.say(_said_of(model))
    parameters = {"batch_id": current.batch_id, "policy_version": policy.version}
    with current.commit() as (cursor, result):
        cursor.execute("SET LOCAL work_mem = '256MB'")
        written = statements.execute(cursor, "score_load", current.token, parameters)
        written |= load_scores(cursor, model, current.token, current.batch_id)
        result.counts = Counts(rows_written=sum(written.values()))
        result.input_batch_ids = batch_ids
    drop_staging(scoring.connection, STAGING_PREFIX)
    scoring.progress.say(f"scored as {current.batch_id}")
    return Scored(current.batch_id, policy.version, written, _said_of(model))


def _said_of(model: ModelInForce) -> str:
    if model.note is not None:
        return f"the policy decides alone: {model.note}"
    return f"model {model.name} version {model.version}"


def stage(scoring: Scoring, token: str, events: DataFrame, policy: RiskPolicy) -> None:
    """Write what a run takes in into its staging tables."""
    with transaction(scoring.connection) as cursor:
        statements.execute(cursor, "score_stage", token)
    staged = {
        f"score_applications_{token}": score_applications(events, policy),
        f"score_transactions_{token}": select_transactions(events),
        f"score_labels_{token}": select_labels(events),
        f"score_payments_{token}": select_payments(events),
    }
    for table, rows in staged.items():
        scoring.warehouse.load(rows, table)
    analyze_staging(scoring.connection, *staged)
    scoring.progress.say("applications, transactions, labels and payments staged")
