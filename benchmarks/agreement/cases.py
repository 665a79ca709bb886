"""What is played: a stream with everything that makes stream and batch differ, and one with none of it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.agreement.platform import Platform
from ingestion.options import StreamOptions, default_users, span_ms
from rules.catalog import CATALOG, rule_of
from rules.facts import ListEntry, ParameterValueSet, RuleMode, RuleText

DAY_MS = 86_400_000
SEED = 21
"""The same people in both parts of a case."""
MARGIN_MS = 5 * DAY_MS
"""How long before now all ends: facts hold from days that have passed."""
MISHAPS = ("--disorder", "0.05", "--late", "0.01", "--duplicates", "0.02", "--conflicts", "0.001")
NO_MISHAPS = tuple(
    word for name in ("duplicates", "conflicts", "disorder", "late", "broken") for word in (f"--{name}", "0")
)
CHANGED_RULE = "large_ecommerce_amount"
SWITCHED_RULE = "overdrawn_credit_line"
CHANGED_PARAMETER = ("card_burst", "max_uses", 3)


def disturbed(at: Platform, events: int) -> None:
    """Disorder, duplicates, late events; facts, a new version of a rule and a restart in the middle."""
    half = events // 2
    first_ms = _start_ms(at, 2 * _span_ms(half))
    half_ms = first_ms + _span_ms(half)
    at.once("first half sent", lambda: at.produce(half, SEED, "--start", _iso(first_ms), *MISHAPS))
    at.once("first half judged", at.judge)
    at.once("facts said", lambda: _say_facts(at, half_ms))
    at.once("second half sent over a restart", lambda: _over_a_restart(at, events - half, half_ms))
    at.once("second half judged", at.judge)
    at.once("judged again after a fact about the past", lambda: _after_a_late_fact(at, half_ms))


def undisturbed(at: Platform, events: int) -> None:
    """The stream as it should be; then a hundredth more, which costs little."""
    first_ms = _start_ms(at, _span_ms(events))
    behind = _iso(first_ms + _span_ms(events))
    more = ("--start", behind, "--users", str(max(2, events // 40)), "--scenarios", "0")
    at.once("sent", lambda: at.produce(events, SEED, "--start", _iso(first_ms), *NO_MISHAPS))
    at.once("judged", at.judge)
    at.once("a hundredth more sent", lambda: at.produce(max(1, events // 100), SEED, *more, *NO_MISHAPS))
    at.once("a hundredth more judged", at.judge)


CASES: dict[str, Callable[[Platform, int], None]] = {"disturbed": disturbed, "undisturbed": undisturbed}


def _say_facts(at: Platform, half_ms: int) -> None:
    """A new version of a rule, which waits for the next start, and a rule that goes into shadow."""
    at.say("new-version", _changed_rule(), half_ms + 2 * DAY_MS)
    at.say("shadow", RuleMode(SWITCHED_RULE, "shadow"), half_ms + 5 * DAY_MS)


def _over_a_restart(at: Platform, events: int, half_ms: int) -> None:
    """A threshold changes and a merchant is trusted while events come; then the stream starts anew."""
    before = at.messages()
    producer = at.producing(events, SEED, "--start", _iso(half_ms), *MISHAPS)
    at.wait_for_messages(before + events // 4, producer)
    at.say("threshold", ParameterValueSet(*CHANGED_PARAMETER), half_ms)
    at.say("trusted", ListEntry("trusted_merchants", _a_merchant(at), listed=True), half_ms)
    at.wait_for_messages(before + events // 2, producer)
    at.restart()
    if producer.wait():
        raise RuntimeError(f"the producer ended with status {producer.returncode}")


def _after_a_late_fact(at: Platform, half_ms: int) -> None:
    rule_id, name, value = CHANGED_PARAMETER
    at.say("threshold-late", ParameterValueSet(rule_id, name, value + 1), half_ms + DAY_MS)
    at.judge()


def _a_merchant(at: Platform) -> str:
    """The merchant with the most alerts of the rule that asks for trusted ones, else any name."""
    found = at.rows(
        "SELECT document -> 'event' ->> 'merchant_id' FROM warehouse.stream_alerts "
        f"WHERE rule_id = '{CHANGED_PARAMETER[0]}' GROUP BY 1 ORDER BY count(*) DESC LIMIT 1"
    )
    return str(found[0][0]) if found else "nobody"


def _changed_rule() -> RuleText:
    """The next version of a rule, with half its threshold."""
    text = (CATALOG / f"{CHANGED_RULE}.yaml").read_text(encoding="utf-8")
    version = rule_of(text, Path(CHANGED_RULE)).version + 1
    changed = re.sub(r">= (\d+)", lambda found: f">= {int(found[1]) // 2}", text, count=1)
    changed = re.sub(r"^version: \d+", f"version: {version}", changed, flags=re.MULTILINE)
    return RuleText(CHANGED_RULE, version, changed)


def _span_ms(events: int) -> int:
    """Event time that the producer's stream goes over, or a little more."""
    return span_ms(events, default_users(events), StreamOptions.events_per_user_day) + DAY_MS // 2


def _start_ms(at: Platform, whole_ms: int) -> int:
    """Event time of the beginning, chosen once a case."""
    started: int = at.state.setdefault("start_ms", time.time_ns() // 1_000_000 - whole_ms - MARGIN_MS)
    return started


def _iso(time_ms: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time_ms // 1000))
