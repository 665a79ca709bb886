"""Which of the events in an alert's windows the stream had seen when it decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from rules.features import Feature
from rules.interpreter import fires

Seen = Literal["yes", "itself", "no", "no longer", "unknown"]
Event = Mapping[str, Any]


@dataclass(frozen=True)
class AlertWindow:
    """The window of a feature for one event: event times from ``from_ms`` to ``to_ms``, both included."""

    name: str
    feature: Feature
    key: str
    from_ms: int
    to_ms: int

    def holds(self, event: Event) -> bool:
        """Whether an event of the source type and the key counts: its filter is true."""
        return self.feature.filter is None or fires(self.feature.filter, event)


def alert_windows(features: Mapping[str, Feature], event: Event) -> list[AlertWindow]:
    """Return the windows of a rule's features for an event; a NULL key has none."""
    at_ms = int(event["event_time_ms"])
    return [
        AlertWindow(name, feature, event[feature.key], feature.window_start_ms(at_ms), at_ms)
        for name, feature in features.items()
        if event.get(feature.key) is not None
    ]


def seen_by_stream(alert: Event, window: AlertWindow, event: Event) -> Seen:
    """Tell whether the stream had an event in the window when it raised the alert.

    ``seen`` names the last offset of each partition that the key's operator had taken in, ``held_from_ms``
    the event time before which it had let rows go.
    """
    place = (event["partition"], event["offset"])
    if place == (alert["source"]["partition"], alert["source"]["offset"]):
        return "itself"
    seen = alert.get("seen", {}).get(window.feature.key)
    if seen is None:
        return "unknown"
    if event["offset"] > seen.get(str(event["partition"]), -1):
        return "no"
    held = alert.get("held_from_ms", {}).get(window.feature.key, {}).get(window.feature.source_type)
    return "no longer" if held is not None and event["event_time_ms"] < held else "yes"
