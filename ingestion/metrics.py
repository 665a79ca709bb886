"""The producer's metrics for Prometheus.

| metric | labels | meaning |
|---|---|---|
| ``tandem_producer_events_total`` | ``event_type`` | messages that the broker has, by type |
| ``tandem_producer_messages_total`` | ``kind`` | the same messages: good, duplicate, conflict, broken |
| ``tandem_producer_bytes_total`` | | bytes of their values |
| ``tandem_producer_errors_total`` | | messages that were not acknowledged |
| ``tandem_producer_rows_refused_total`` | | rows of files that the contract refuses |
"""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, start_http_server

from ingestion.tally import Tally


class ProducerMetrics:
    """Counters of one run, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._events = self._counter("events", "Messages acknowledged, by event type.", ["event_type"])
        self._messages = self._counter("messages", "Messages acknowledged, by kind.", ["kind"])
        self._bytes = self._counter("bytes", "Bytes of the values acknowledged.")
        self._errors = self._counter("errors", "Messages that were not acknowledged.")
        self._refused = self._counter("rows_refused", "Rows of files that the contract refuses.")

    def serve(self, port: int, host: str = "127.0.0.1") -> None:
        """Answer Prometheus on this port until the process ends."""
        start_http_server(port, addr=host, registry=self.registry)

    def acknowledged(self, tally: Tally) -> None:
        """Count messages that the broker has."""
        for event_type, count in tally.event_types.items():
            self._events.labels(event_type).inc(count)
        for kind, count in tally.kinds.items():
            self._messages.labels(kind).inc(count)
        self._bytes.inc(tally.bytes)

    def failed(self, count: int) -> None:
        """Count messages that were not acknowledged."""
        self._errors.inc(count)

    def refused(self, count: int) -> None:
        """Count rows that were not sent."""
        self._refused.inc(count)

    def _counter(self, name: str, doc: str, labels: list[str] | None = None) -> Counter:
        return Counter(f"tandem_producer_{name}", doc, labels or [], registry=self.registry)
