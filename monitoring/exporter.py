"""``python -m monitoring.exporter --port 9400``: the numbers that no engine publishes itself."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from collections.abc import Sequence
from typing import Annotated

import typer
from prometheus_client import CollectorRegistry, start_http_server

from contract.names import ALERTS_TOPIC, DELIVER_GROUP, DETECT_GROUP
from contract.settings import Settings, SettingsError, load_settings
from monitoring.alert_counts import COUNTING_MS_MAX, AlertCounts
from monitoring.collector import SourcesCollector
from monitoring.consumer_lag import TopicLags, landing_lag
from monitoring.model_measurements import ModelMeasurements
from monitoring.source import Sample, Source
from monitoring.warehouse_counts import Warehouse
from storage import mongo

log = logging.getLogger("tandem.exporter")


def make_sources(settings: Settings) -> Sequence[Source]:
    """Everything the exporter asks; each has its own connections, so that none waits for another.

    Raises:
        SettingsError: a needed setting is unset.
    """
    topic = settings.kafka_topic
    groups = {DETECT_GROUP: topic, DELIVER_GROUP: ALERTS_TOPIC}
    lags, landings = TopicLags(settings.librdkafka(), {}), _warehouse(settings)

    client = mongo.connect(settings, work_ms_max=COUNTING_MS_MAX)
    alerts = AlertCounts(client, settings.mongo_database)

    def read_landing() -> list[Sample]:
        return landing_lag(topic, lags.bounds(topic), landings.landed_offsets(topic))

    return (
        Source("kafka", TopicLags(settings.librdkafka(), groups).read),
        Source("warehouse", _warehouse(settings).read_runs),
        Source("verdicts", _warehouse(settings).read_verdicts),
        Source("models", ModelMeasurements(_warehouse(settings)).read),
        Source("landing", read_landing),
        Source("mongo", alerts.read),
    )


def _warehouse(settings: Settings) -> Warehouse:
    setting = "POSTGRES_MONITOR_DSN" if settings.postgres_monitor_dsn else "POSTGRES_DSN"
    return Warehouse(settings.monitor_dsn, setting)


def serve(settings: Settings, address: str, port: int) -> None:
    """Answer scrapes until a signal to end comes."""
    registry = CollectorRegistry()
    collector = SourcesCollector(make_sources(settings))
    registry.register(collector)
    server, thread = start_http_server(port, addr=address, registry=registry)
    log.info("metrics at http://%s:%d/metrics", address, server.server_port)
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    ended.wait()
    server.shutdown()
    server.server_close()
    thread.join()
    collector.close()


def main(
    port: Annotated[int, typer.Option(help="Port of the metrics; 0 takes a free one.")] = 9400,
    address: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
) -> None:
    """Publish consumer lag, runs, alerts and verdicts for Prometheus."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    try:
        serve(load_settings(), address, port)
    except SettingsError as error:
        sys.stderr.write(f"error: {error}\n")
        raise typer.Exit(2) from None
    except OSError as error:
        sys.stderr.write(f"error: --port {port}: cannot listen on {address}: {error.strerror}\n")
        raise typer.Exit(2) from None


if __name__ == "__main__":
    typer.run(main)
