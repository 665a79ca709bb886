"""A work as the text of a Tandem rule."""

from __future__ import annotations

from collections.abc import Mapping

from benchmarks.peers.oracle import STATELESS
from benchmarks.peers.work import MARKER_MERCHANT, SECOND_MS, STATELESS_CHANNEL, Window, Work

RULE_ID = "peers"


def rule_text(work: Work, thresholds: Mapping[str, int]) -> str:
    """The YAML of the rule, to be written to ``peers.yaml``."""
    marker = f"merchant_id = '{MARKER_MERCHANT}'"
    lines = [f"id: {RULE_ID}", "version: 1", "on: transaction"]
    if work.windows:
        lines += ["features:", *(f"  {window.name}: {_feature(window)}" for window in work.windows)]
        conditions = [f"{name} > {thresholds[name]}" for name in (window.name for window in work.windows)]
    else:
        above = f"{STATELESS} > {thresholds[STATELESS]}"
        conditions = [f"({above} AND channel = '{STATELESS_CHANNEL}')"]
    condition = " OR ".join([*conditions, marker])
    return "\n".join([*lines, f"when: {condition}", "severity: high", "message: Compared\n"])


def _feature(window: Window) -> str:
    function = "COUNT(*)" if window.function == "count" else "SUM(amount_cents)"
    return f"{function} BY {window.key} OVER {window.window_ms // SECOND_MS} SECONDS"
