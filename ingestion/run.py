"""One run of the producer: connect, send batch after batch, stop cleanly, say what was done."""

from __future__ import annotations

import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from contract.settings import load_settings
from ingestion.delivery import Delivery, connect
from ingestion.errors import OptionsError
from ingestion.ledger import Ledger
from ingestion.messages import Message
from ingestion.metrics import ProducerMetrics
from ingestion.pace import Pace
from ingestion.progress import RunProgress
from ingestion.tally import Tally


@dataclass(frozen=True)
class RunOptions:
    """How to send, whatever is sent. ``rate`` is in messages a second."""

    rate: float | None = None
    ledger: Path | None = None
    metrics_port: int | None = None
    quiet: bool = False


def send_batches(
    batches: Iterable[list[Message]],
    options: RunOptions,
    metrics: ProducerMetrics,
    about: dict[str, Any],
    total: int | None = None,
) -> Tally:
    """Send everything to the topic of the settings, then print and return what was acknowledged.

    SIGINT and SIGTERM end the run early: what was handed over is waited for and accounted for.

    Raises:
        SettingsError: Kafka's settings are unset or wrong, or no broker answers.
        OptionsError: the ledger cannot be written, or the port of the metrics is taken.
        DeliveryError: messages were not acknowledged.
    """
    settings = load_settings()
    topic = settings.kafka_topic
    producer = connect(settings, topic)
    if options.metrics_port is not None:
        _serve(metrics, options.metrics_port)
    console = Console(stderr=True, quiet=options.quiet)
    pace = Pace(options.rate)
    ledger = _open_ledger(options.ledger, topic) if options.ledger else None
    with ledger or nullcontext(), RunProgress(console, total, metrics) as progress, _stops(pace):
        delivery = Delivery(producer, topic, ledger, progress)
        for batch in batches:
            delivery.send(batch, pace)
            if pace.stopped:
                break
        delivery.finish()
        summary = _summary(delivery.tally, progress, pace) | about
        if ledger:
            ledger.close(summary)
    _print_summary(console, topic, summary)
    return delivery.tally


def _serve(metrics: ProducerMetrics, port: int) -> None:
    try:
        metrics.serve(port)
    except OSError as error:
        raise OptionsError(f"--metrics-port {port}: expected a free port: {error.strerror}") from None


def _open_ledger(path: Path, topic: str) -> Ledger:
    try:
        return Ledger(path, topic)
    except OSError as error:
        raise OptionsError(f"--ledger {path}: expected a file to write: {error.strerror}") from None


@contextmanager
def _stops(pace: Pace) -> Iterator[None]:
    """While inside, SIGINT and SIGTERM stop the pace; a second one ends the process as usual."""
    signals = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.getsignal(number) for number in signals}

    def stop(number: int, _: object) -> None:
        pace.stop()
        signal.signal(number, before[signal.Signals(number)])

    for number in signals:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number in signals:
            signal.signal(number, before[number])


def _summary(tally: Tally, progress: RunProgress, pace: Pace) -> dict[str, Any]:
    return {
        **tally.as_dict(),
        "stopped_early": pace.stopped,
        "seconds": round(progress.seconds, 3),
        "messages_per_second": round(progress.rate),
    }


def _print_summary(console: Console, topic: str, summary: dict[str, Any]) -> None:
    early = ", stopped early by a signal" if summary["stopped_early"] else ""
    console.print(
        f"{summary['acknowledged']:,} messages acknowledged on {topic} in {summary['seconds']:.1f} s "
        f"({summary['messages_per_second']:,}/s){early}",
        highlight=False,
        soft_wrap=True,
    )
    for name in ("kinds", "event_types", "reasons", "scenarios"):
        if summary[name]:
            counts = ", ".join(f"{key} {count:,}" for key, count in summary[name].items())
            console.print(f"  {name.replace('_', ' ')}: {counts}", highlight=False, soft_wrap=True)
