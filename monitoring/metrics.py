"""Every metric of the platform: one entry each, from which ``docs/metrics.md`` is written.

The exporter refuses to publish a sample that has no entry here, and tests hold
the dashboard, the alert rules and the live endpoints against this list.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["gauge", "counter", "histogram"]


@dataclass(frozen=True)
class Metric:
    """One metric. ``name`` is as PromQL sees it; ``publisher`` is the scrape job that has it."""

    name: str
    kind: Kind
    publisher: str
    labels: tuple[str, ...]
    doc: str


def _exporter(name: str, kind: Kind, labels: str, doc: str) -> Metric:
    return Metric(name, kind, "exporter", tuple(labels.split()), doc)


EXPORTER_METRICS: tuple[Metric, ...] = (
    _exporter(
        "kafka_consumergroup_lag",
        "gauge",
        "group topic partition",
        "Messages behind the group's position. A partition without a position counts as its whole backlog. "
        "`tandem-land-events` is the batch: its position is where the last successful landing ended.",
    ),
    _exporter(
        "tandem_topic_messages_total",
        "counter",
        "topic partition",
        "Messages ever appended, i.e. the end offset (markers of transactions included).",
    ),
    _exporter(
        "tandem_landed_messages_total",
        "counter",
        "outcome",
        "Messages that the batch accounted for: accepted, duplicate or quarantined.",
    ),
    _exporter("tandem_quarantined_messages_total", "counter", "reason", "Messages in quarantine, by reason."),
    _exporter(
        "tandem_runs_total", "counter", "batch_job status", "Batch runs that ended: succeeded or failed."
    ),
    _exporter(
        "tandem_last_run_status",
        "gauge",
        "batch_job status",
        "1 for the state of the job's newest run (running, succeeded, failed), else 0.",
    ),
    _exporter(
        "tandem_last_run_duration_seconds",
        "gauge",
        "batch_job",
        "How long the newest run took, or has taken so far while it runs.",
    ),
    _exporter(
        "tandem_last_success_timestamp_seconds",
        "gauge",
        "batch_job",
        "Unix time at which the job last ended well; age = time() - this. No series before that.",
    ),
    _exporter(
        "tandem_last_run_rows",
        "gauge",
        "batch_job outcome",
        "Rows of the newest successful run: read, accepted, duplicate, quarantined.",
    ),
    _exporter("tandem_alerts", "gauge", "rule status", "Alerts in MongoDB by rule and status."),
    _exporter(
        "tandem_undelivered_alerts", "gauge", "", "Alerts that MongoDB refused; each waits for a person."
    ),
    _exporter(
        "tandem_reconciled_alerts",
        "gauge",
        "rule verdict reason",
        "Alerts judged by the batch: the verdict in force and why (`none` where they agree).",
    ),
    _exporter(
        "tandem_unexplained_alerts",
        "gauge",
        "",
        "Differences between stream and batch that nothing recorded explains. Anything above 0 is a bug.",
    ),
    _exporter(
        "tandem_model_policy_alone",
        "gauge",
        "model",
        "1 when the newest scoring used no model, and the policy decided alone or transactions wait, else 0.",
    ),
    _exporter("tandem_model_in_force", "gauge", "model version", "1 for the version of a model in force."),
    _exporter(
        "tandem_model_auc",
        "gauge",
        "model version subject",
        "AUC of the model in force on applications whose outcome is known; of all, or of a group.",
    ),
    _exporter(
        "tandem_model_psi",
        "gauge",
        "model version subject",
        "Population stability index of a feature or of the score, last 30 days against training.",
    ),
    _exporter(
        "tandem_model_approved_ratio",
        "gauge",
        "model version subject",
        "Approvals of a group, at the cut-off of the bad rate, against those of the best-treated group.",
    ),
    _exporter(
        "tandem_exporter_source_up",
        "gauge",
        "source",
        "1 when the source (kafka, warehouse, verdicts, models, landing, mongo) answered.",
    ),
    _exporter(
        "tandem_exporter_source_duration_seconds",
        "gauge",
        "source",
        "How long the source's last answer took.",
    ),
    _exporter(
        "tandem_exporter_source_age_seconds",
        "gauge",
        "source",
        "Age of the numbers shown for the source; they are kept for a few seconds between scrapes.",
    ),
)


FLINK_METRICS: tuple[Metric, ...] = (
    Metric(
        "flink_jobmanager_numRunningJobs", "gauge", "flink_jobmanager", (), "Jobs that run on the cluster."
    ),
    Metric(
        "flink_jobmanager_job_numberOfFailedCheckpoints",
        "gauge",
        "flink_jobmanager",
        ("job_name",),
        "Checkpoints that failed since the job started.",
    ),
    Metric(
        "flink_jobmanager_job_lastCheckpointDuration",
        "gauge",
        "flink_jobmanager",
        ("job_name",),
        "How long the newest checkpoint took, in milliseconds.",
    ),
    Metric(
        "flink_jobmanager_Status_JVM_Memory_Heap_Used", "gauge", "flink_jobmanager", (), "Heap in use, bytes."
    ),
    Metric(
        "flink_jobmanager_Status_JVM_Memory_Heap_Max", "gauge", "flink_jobmanager", (), "Heap limit, bytes."
    ),
    Metric(
        "flink_taskmanager_Status_JVM_Memory_Heap_Used",
        "gauge",
        "flink_taskmanager",
        ("tm_id",),
        "Heap in use, bytes.",
    ),
    Metric(
        "flink_taskmanager_Status_JVM_Memory_Heap_Max",
        "gauge",
        "flink_taskmanager",
        ("tm_id",),
        "Heap limit, bytes.",
    ),
    Metric(
        "flink_taskmanager_job_task_busyTimeMsPerSecond",
        "gauge",
        "flink_taskmanager",
        ("job_name", "task_name", "subtask_index"),
        "Milliseconds of the last second in which the task worked.",
    ),
    Metric(
        "flink_taskmanager_job_task_operator_pendingRecords",
        "gauge",
        "flink_taskmanager",
        ("job_name", "subtask_index"),
        "Messages that the job's source has not read yet; ahead of the committed lag.",
    ),
    Metric(
        "flink_taskmanager_job_task_operator_events_accepted",
        "gauge",
        "flink_taskmanager",
        ("job_name", "subtask_index"),
        "Messages that the stream's parser accepted; starts from 0 with the job.",
    ),
    Metric(
        "flink_taskmanager_job_task_operator_reason_events_quarantined",
        "gauge",
        "flink_taskmanager",
        ("job_name", "reason", "subtask_index"),
        "Messages that the stream's parser refused, by reason; starts from 0 with the job.",
    ),
    Metric(
        "flink_taskmanager_job_task_operator_rule_alerts_raised",
        "gauge",
        "flink_taskmanager",
        ("job_name", "rule", "subtask_index"),
        "Alerts that the stream raised, by rule; starts from 0 with the job.",
    ),
    Metric(
        "flink_taskmanager_job_task_operator_facts_offset",
        "gauge",
        "flink_taskmanager",
        ("job_name", "subtask_index"),
        "Offset of the last dated fact that the stream has taken in; -1 without any.",
    ),
    Metric(
        "flink_taskmanager_job_task_operator_facts_refused",
        "gauge",
        "flink_taskmanager",
        ("job_name", "subtask_index"),
        "Messages of the topic of facts that are none and have no effect.",
    ),
)

PRODUCER_METRICS: tuple[Metric, ...] = (
    Metric(
        "tandem_producer_events_total",
        "counter",
        "producer",
        ("event_type",),
        "Messages that the brokers acknowledged, by what they were made as.",
    ),
    Metric(
        "tandem_producer_messages_total",
        "counter",
        "producer",
        ("kind",),
        "The same messages: good, duplicate, conflict, broken.",
    ),
    Metric("tandem_producer_bytes_total", "counter", "producer", (), "Bytes of their values."),
    Metric("tandem_producer_errors_total", "counter", "producer", (), "Messages not acknowledged."),
    Metric(
        "tandem_producer_rows_refused_total",
        "counter",
        "producer",
        (),
        "Rows of files that the contract refuses; they are not sent.",
    ),
)

NEED_A_MODEL = frozenset(
    {"tandem_model_in_force", "tandem_model_auc", "tandem_model_psi", "tandem_model_approved_ratio"}
)
"""Metrics without a series before a model is in force and was measured."""

METRICS = EXPORTER_METRICS + FLINK_METRICS + PRODUCER_METRICS
