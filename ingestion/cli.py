"""The commands of the producer: ``python -m ingestion produce|replay|send``."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from ingestion.errors import OptionsError
from ingestion.event_files import EventFile, open_event_file
from ingestion.handbook import read_handbook
from ingestion.metrics import ProducerMetrics
from ingestion.options import DAY_MS, StreamOptions, default_users, span_ms
from ingestion.run import RunOptions, send_batches
from ingestion.scenario_table import catalog_rule_ids
from ingestion.stream import generate_stream

EVENTS_DEFAULT = 100_000
EXIT_REJECTED = 3
REJECTED_SHOWN = 10

app = typer.Typer(
    help="Sends risk events to Kafka: generated ones, a public data set, or files.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

Rate = Annotated[
    float | None, typer.Option(help="Messages a second; as fast as can be when unset.", min=0.01)
]
LedgerFile = Annotated[
    Path | None,
    typer.Option("--ledger", help="Write a JSON line for each acknowledged message; .gz is compressed."),
]
MetricsPort = Annotated[int | None, typer.Option(help="Answer Prometheus on this port.", min=0, max=65_535)]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")]


def _share(text: str) -> Any:
    return typer.Option(help=f"Share of events {text}; 0 turns it off.")


@app.command()
def produce(
    events: Annotated[
        int | None,
        typer.Option(help=f"Distinct good events; {EVENTS_DEFAULT:,} unless --duration is given.", min=1),
    ] = None,
    duration: Annotated[float | None, typer.Option(help="Seconds to run for; needs --rate.", min=0.1)] = None,
    seed: Annotated[
        int, typer.Option(help="The same seed, start and options give the same bytes.", min=0)
    ] = 7,
    start: Annotated[
        datetime | None,
        typer.Option(help="Event time of the beginning, UTC; by default the stream ends now."),
    ] = None,
    users: Annotated[
        int | None, typer.Option(help="People; by default enough for ten days of stream.")
    ] = None,
    events_per_user_day: Annotated[float, typer.Option(help="How fast event time goes by.")] = 4.0,
    scenarios: Annotated[
        float, typer.Option(help="How many of each fraud scenario in 10,000 events; 0 for none.", min=0)
    ] = 1.0,
    duplicates: Annotated[float, _share("sent twice")] = 0.005,
    conflicts: Annotated[float, _share("followed by another content under the same event_id")] = 0.0005,
    disorder: Annotated[float, _share("sent up to 200 places later")] = 0.02,
    late: Annotated[float, _share("that happened 1 to 12 hours before they are sent")] = 0.002,
    broken: Annotated[float, _share("accompanied by a broken message")] = 0.002,
    rate: Rate = None,
    ledger: LedgerFile = None,
    metrics_port: MetricsPort = None,
    quiet: Quiet = False,
) -> None:
    """Generate a labelled stream with planted fraud scenarios and mishaps."""
    count = _event_count(events, duration, rate)
    people = users or default_users(count)
    if events_per_user_day <= 0:
        raise OptionsError("--events-per-user-day: expected more than 0")
    options = StreamOptions(
        events=count,
        start_ms=_start_ms(start, span_ms(count, people, events_per_user_day)),
        users=people,
        seed=seed,
        events_per_user_day=events_per_user_day,
        scenarios=scenarios,
        duplicates=duplicates,
        conflicts=conflicts,
        disorder=disorder,
        late=late,
        broken=broken,
    )
    total = int(count * (1 + duplicates + conflicts + broken))
    about = {"seed": seed, "start_ms": options.start_ms, "end_ms": options.end_ms, "run_id": options.run_id}
    batches = generate_stream(options, catalog_rule_ids())
    send_batches(batches, RunOptions(rate, ledger, metrics_port, quiet), ProducerMetrics(), about, total)


@app.command()
def replay(
    file: Annotated[
        Path, typer.Argument(help="Parquet file of the Fraud Detection Handbook's transactions.")
    ],
    limit: Annotated[int | None, typer.Option(help="Only the first transactions.", min=1)] = None,
    labels: Annotated[bool, typer.Option(help="Send labels, seven days later in event time.")] = True,
    rate: Rate = None,
    ledger: LedgerFile = None,
    metrics_port: MetricsPort = None,
    quiet: Quiet = False,
) -> None:
    """Replay the public card transactions of the Fraud Detection Handbook with their own times."""
    handbook = read_handbook(file, limit, labels)
    about = {"file": file.name, **handbook.totals()}
    options = RunOptions(rate, ledger, metrics_port, quiet)
    send_batches(handbook.batches(), options, ProducerMetrics(), about, handbook.message_count)


@app.command()
def send(
    file: Annotated[Path, typer.Argument(help="transactions.csv, loan_applications.csv or .jsonl.")],
    rate: Rate = None,
    ledger: LedgerFile = None,
    metrics_port: MetricsPort = None,
    quiet: Quiet = False,
) -> None:
    """Send a file's rows as events; bad rows go to FILE.rejected.csv and make the exit code 3."""
    events = open_event_file(file, int(time.time() * 1_000))
    metrics = ProducerMetrics()
    try:
        options = RunOptions(rate, ledger, metrics_port, quiet)
        send_batches(events.batches(), options, metrics, {"file": file.name})
    finally:
        events.write_rejected()
        metrics.refused(len(events.rejected))
    if events.rejected:
        _report_rejected(events)
        raise typer.Exit(EXIT_REJECTED)


def _report_rejected(events: EventFile) -> None:
    for line, reason, _ in events.rejected[:REJECTED_SHOWN]:
        typer.echo(f"{events.path}:{line}: {reason}", err=True)
    counts = f"{len(events.rejected):,} of {events.rows:,} rows were not sent"
    typer.echo(f"error: {counts}: see {events.rejected_path}", err=True)


def _event_count(events: int | None, duration: float | None, rate: float | None) -> int:
    if duration is None:
        return events or EVENTS_DEFAULT
    if rate is None:
        raise OptionsError("--duration needs --rate: event times depend on how many events there will be")
    return min(max(1, int(duration * rate)), events or 10**12)


def _start_ms(start: datetime | None, span: int) -> int:
    now_ms = int(time.time() * 1_000)
    if start is None:
        return now_ms // 1_000 * 1_000 - span
    aware = start if start.tzinfo else start.replace(tzinfo=UTC)
    start_ms = int(aware.timestamp() * 1_000)
    if start_ms + span > now_ms:
        raise OptionsError(
            f"--start {start.isoformat()}: the stream covers {span / DAY_MS:.1f} days and would end in "
            "the future: expected an earlier start, fewer --events or more --users"
        )
    return start_ms
