"""The dashboard's panels: what each asks of Prometheus, and what to do when it looks bad."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

PanelKind = Literal["stat", "timeseries", "bargauge"]
Threshold = tuple[float, str]
"""From this value on, this colour."""


@dataclass(frozen=True)
class Query:
    """One PromQL expression and the text of its series in the legend."""

    expr: str
    legend: str


@dataclass(frozen=True)
class Panel:
    """One panel. ``doc`` says what it shows and what to do; ``width`` of 24 columns, ``height`` in rows."""

    title: str
    kind: PanelKind
    doc: str
    unit: str
    queries: tuple[Query, ...]
    width: int = 8
    height: int = 8
    thresholds: tuple[Threshold, ...] = ()
    stacked: bool = False
    value_names: dict[str, tuple[str, str]] = field(default_factory=dict)


def _figure(title: str, unit: str, expr: str, doc: str, *thresholds: Threshold) -> Panel:
    return Panel(title, "stat", doc, unit, (Query(expr, ""),), width=4, height=4, thresholds=thresholds)


EVENTS_TOPIC = 'topic!="fraud_alerts"'
DETECT = 'group="tandem-detect-fraud"'

AT_A_GLANCE = (
    _figure(
        "Messages offered",
        "cps",
        f"sum(rate(tandem_topic_messages_total{{{EVENTS_TOPIC}}}[1m]))",
        "Messages a second that reach the topic of events. Zero while customers are active: ask whoever "
        "sends; the brokers' log is the next place.",
    ),
    _figure(
        "Stream lag",
        "short",
        f"sum(kafka_consumergroup_lag{{{DETECT}}})",
        "Messages that the stream has not committed yet. It commits at checkpoints, so a saw-tooth is "
        "normal. Rising without a fall: see 'Flink jobs' and 'Busiest operator'.",
        (50_000, "orange"),
        (500_000, "red"),
    ),
    _figure(
        "In quarantine",
        "percentunit",
        'sum(tandem_landed_messages_total{outcome="quarantined"}) / (sum(tandem_landed_messages_total) > 0)',
        "Share of all landed messages that broke the contract. When it grows, 'Quarantined by reason' says "
        "why, and warehouse.data_quality_issues holds the messages.",
        (0.05, "orange"),
        (0.1, "red"),
    ),
    _figure(
        "Fraud alerts",
        "short",
        "sum(tandem_alerts) or vector(0)",
        "Alerts in MongoDB, whatever their status. A jump: look at 'Alerts by rule' for the rule behind it.",
    ),
    _figure(
        "Unexplained",
        "short",
        "tandem_unexplained_alerts",
        "Alerts on which stream and batch differ without a recorded reason. Above 0 is a bug in one of them: "
        "keep the run's batch_id and the alert's evidence, and compare the two rule evaluations.",
        (1, "red"),
    ),
    _figure(
        "Last scoring",
        "s",
        'time() - tandem_last_success_timestamp_seconds{batch_job="score_risk"}',
        "Time since risk levels were last brought up to date. Too old: run `make score` and read its error; "
        "warehouse.batch_runs holds the failed runs.",
        (3600, "orange"),
        (21_600, "red"),
    ),
)

STREAM = (
    Panel(
        "Throughput",
        "timeseries",
        "Messages a second: offered by producers, and read by the stream. When 'read' stays under 'offered', "
        "lag grows: raise the parallelism of the job, or look at what keeps it busy.",
        "cps",
        (
            Query(f"sum by (topic) (rate(tandem_topic_messages_total{{{EVENTS_TOPIC}}}[1m]))", "offered"),
            Query(
                "sum(rate(flink_taskmanager_job_task_operator_events_accepted[1m]))"
                " + sum(rate(flink_taskmanager_job_task_operator_reason_events_quarantined[1m]))",
                "read by the stream",
            ),
            Query("sum(rate(tandem_producer_messages_total[1m]))", "acknowledged to our producer"),
        ),
    ),
    Panel(
        "Consumer lag",
        "timeseries",
        "Messages behind, by consumer group as committed, and by Flink job as read. The batch's line falls "
        "to 0 at each landing. A group that only rises has stopped: see 'Flink jobs' for the stream and 'Age "
        "of the last success' for the batch.",
        "short",
        (
            Query("sum by (group) (kafka_consumergroup_lag)", "{{group}}"),
            Query(
                "sum by (job_name) (flink_taskmanager_job_task_operator_pendingRecords)",
                "{{job_name}}, not read yet",
            ),
        ),
        thresholds=((50_000, "red"),),
    ),
    Panel(
        "Invalid messages by reason",
        "timeseries",
        "What the stream refuses, a second, by the reason of the contract. One reason that jumps points at "
        "one producer that changed: ask the owner of the newest messages in warehouse.data_quality_issues.",
        "cps",
        (
            Query(
                "sum by (reason) (rate(flink_taskmanager_job_task_operator_reason_events_quarantined[1m]))",
                "{{reason}}",
            ),
        ),
        stacked=True,
    ),
    Panel(
        "Alerts raised",
        "timeseries",
        "Alerts a second that the stream raises, by rule. A rule that jumps: an attack, or a rule or a "
        "producer that changed; look at its newest alerts.",
        "cps",
        (
            Query(
                "sum by (rule) (rate(flink_taskmanager_job_task_operator_rule_alerts_raised[5m]))", "{{rule}}"
            ),
        ),
        stacked=True,
    ),
    Panel(
        "Alerts by rule",
        "timeseries",
        "Alerts in MongoDB by rule. They should follow 'Alerts raised'; if not, delivery is behind (see "
        "'Consumer lag'). A rule that stays flat for days may no longer match anything.",
        "short",
        (Query("sum by (rule) (tandem_alerts)", "{{rule}}"),),
        stacked=True,
    ),
    Panel(
        "Alerts by status",
        "bargauge",
        "provisional: found by the stream, not judged yet; confirmed, retracted or missed: judged by the "
        "batch. Many provisional ones: the batch is late. Many retracted or missed: see 'Agreement'.",
        "short",
        (Query("sum by (status) (tandem_alerts)", "{{status}}"),),
    ),
    Panel(
        "Alerts refused by the store",
        "stat",
        "Alerts that MongoDB refused for good (not an outage: those wait in their topic). Each stands in the "
        "collection undelivered_alerts with its error and waits for a person.",
        "short",
        (Query("tandem_undelivered_alerts", ""),),
        thresholds=((1, "red"),),
    ),
)

BATCH = (
    Panel(
        "Age of the last success",
        "timeseries",
        "Time since each job last ended well. A line that only rises: the job fails or is not started; run "
        "`make score` and read its error.",
        "s",
        (Query("time() - tandem_last_success_timestamp_seconds", "{{batch_job}}"),),
        thresholds=((21_600, "red"),),
        width=6,
    ),
    Panel(
        "Duration of the newest run",
        "timeseries",
        "How long each job took, or has taken so far. It should follow the number of new events, not of all "
        "events ever; if not, look for a table that lost its statistics or an index.",
        "s",
        (Query("tandem_last_run_duration_seconds", "{{batch_job}}"),),
        width=6,
    ),
    Panel(
        "Newest run",
        "stat",
        "State of each job's newest run. Failed: nothing half-done is visible; the reason stands in "
        "warehouse.batch_runs; mend it and run `make score`.",
        "short",
        (
            Query(
                'max by (batch_job) (tandem_last_run_status{status="running"} * 1'
                ' or tandem_last_run_status{status="failed"} * 2)',
                "{{batch_job}}",
            ),
        ),
        width=6,
        thresholds=((1, "blue"), (2, "red")),
        value_names={"0": ("succeeded", "green"), "1": ("running", "blue"), "2": ("failed", "red")},
    ),
    Panel(
        "Rows of the last landing",
        "bargauge",
        "What the last landing made of the messages it read: read = accepted + duplicate + quarantined, "
        "always. Few accepted, many quarantined: see 'Quarantined by reason'.",
        "short",
        (Query('tandem_last_run_rows{batch_job="land_events"}', "{{outcome}}"),),
        width=6,
    ),
    Panel(
        "Quarantined by reason",
        "bargauge",
        "All messages in quarantine by reason. Read them in warehouse.data_quality_issues (card numbers are "
        "masked), tell their sender, and send the mended ones again.",
        "short",
        (Query("tandem_quarantined_messages_total", "{{reason}}"),),
        width=12,
    ),
    Panel(
        "Landed by outcome",
        "timeseries",
        "All messages that the batch has accounted for. Duplicates that grow as fast as accepted ones: a "
        "producer repeats itself, or was restarted from an old position.",
        "short",
        (Query("tandem_landed_messages_total", "{{outcome}}"),),
        width=12,
        stacked=True,
    ),
)

AGREEMENT = (
    Panel(
        "Verdicts",
        "timeseries",
        "Alerts judged by the batch. Confirmed should carry nearly all; retracted and missed each have a "
        "reason beside. When they grow, 'Reasons of differences' says where to look.",
        "short",
        (Query("sum by (verdict) (tandem_reconciled_alerts)", "{{verdict}}"),),
        width=12,
    ),
    Panel(
        "Reasons of differences",
        "bargauge",
        "Why stream and batch differed, over all alerts. Duplicates or gaps of the stream that grow point at "
        "restarts; `unexplained` is a bug, and pages.",
        "short",
        (
            Query(
                'sum by (reason) (tandem_reconciled_alerts{verdict!="confirmed"}) or '
                'label_replace(tandem_unexplained_alerts, "reason", "unexplained", "", "")',
                "{{reason}}",
            ),
        ),
        width=12,
    ),
)

HEALTH = (
    Panel(
        "Answers to Prometheus",
        "stat",
        "Who answers. Down: `make status`, then the log in .stack/logs. The producer is down whenever it is "
        "not sending.",
        "short",
        (Query("up", "{{job}}"),),
        thresholds=((1, "green"),),
        value_names={"0": ("down", "red"), "1": ("up", "green")},
        height=4,
    ),
    Panel(
        "Sources of the exporter",
        "stat",
        "Whether the exporter can read Kafka, the warehouse and MongoDB. Down: its log names the error; the "
        "panels of that source have no data until it answers.",
        "short",
        (Query("tandem_exporter_source_up", "{{source}}"),),
        value_names={"0": ("down", "red"), "1": ("up", "green")},
        height=4,
    ),
    Panel(
        "Flink jobs",
        "stat",
        "Running jobs, of two: detection and delivery. Fewer: `make up` submits what is missing from its "
        "newest checkpoint; Flink's page has the exception.",
        "short",
        (Query("flink_jobmanager_numRunningJobs", ""),),
        thresholds=((0, "red"), (2, "green")),
        height=4,
    ),
    Panel(
        "Busiest operator",
        "timeseries",
        "Share of a second in which each task worked. Near 100 %: this task holds the others back; raise its "
        "parallelism.",
        "percentunit",
        (
            Query(
                "max by (job_name, task_name) (flink_taskmanager_job_task_busyTimeMsPerSecond) / 1000",
                "{{task_name}}",
            ),
        ),
        thresholds=((0.9, "red"),),
    ),
    Panel(
        "Checkpoints",
        "timeseries",
        "How long the newest checkpoint took. When it nears the interval between them, a restart repeats "
        "more: look at the state's size and at the disk under CHECKPOINT_URI.",
        "ms",
        (Query("flink_jobmanager_job_lastCheckpointDuration", "{{job_name}}"),),
    ),
    Panel(
        "Flink heap",
        "timeseries",
        "Heap in use by share of its limit. Steadily over 90 %: give the task manager more memory, or look "
        "for a window with too much state.",
        "percentunit",
        (
            Query(
                "flink_taskmanager_Status_JVM_Memory_Heap_Used"
                " / flink_taskmanager_Status_JVM_Memory_Heap_Max",
                "task manager {{host}}",
            ),
            Query(
                "flink_jobmanager_Status_JVM_Memory_Heap_Used / flink_jobmanager_Status_JVM_Memory_Heap_Max",
                "job manager {{host}}",
            ),
        ),
        thresholds=((0.9, "red"),),
    ),
)

ROWS: dict[str, tuple[Panel, ...]] = {
    "At a glance": AT_A_GLANCE,
    "Stream": STREAM,
    "Batch": BATCH,
    "Agreement of stream and batch": AGREEMENT,
    "Health": HEALTH,
}
