"""Windowed features in the stream: the Java operator called from the Table API."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from pyflink.java_gateway import get_gateway
from pyflink.table import StreamTableEnvironment, Table


def with_features(
    environment: StreamTableEnvironment, events: Table, steps: Sequence[dict[str, Any]]
) -> Table:
    """Return the events with a column for each feature, ``seen_KEY`` and ``expired_KEY`` for each step's key.

    Args:
        environment: the job's environment, with the project's jar.
        events: accepted events with ``event_id``, ``event_type``, ``event_time_ms``, ``user_id``,
            ``partition``, ``offset`` and the columns that the features name.
        steps: the specification; events go through the steps in this order.
    """
    features = get_gateway().jvm.dev.tandem.flink.WindowedFeatures
    return Table(features.attach(environment._j_tenv, events._j_table, json.dumps(list(steps))), environment)
