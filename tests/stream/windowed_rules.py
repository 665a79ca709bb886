"""Rules with windows by four keys, events near their limits, and the alerts that they must cause."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rules.catalog import Rule
from rules.interpreter import fires
from rules.window_oracle import with_features
from tests.features.test_windowed_features import mix

Event = dict[str, Any]
Place = tuple[int, int]

PARTITIONS = 4
RULES = {
    "user_spree": """
id: user_spree
version: 1
on: transaction
features:
  spent: SUM(amount_cents) BY user_id OVER 10 MINUTES
  spread: STDDEV(amount_cents) BY user_id OVER 1 HOUR
  missed: COUNT(*) OF payment WHERE status = 'missed' BY user_id OVER 1 DAY
when: spent > 16000 AND (missed > 0 OR spread > 600.0)
severity: high
message: "{spent} spent, {missed} missed"
""",
    "card_testing": """
id: card_testing
version: 1
on: transaction
features:
  uses: COUNT(*) BY card_id OVER 5 MINUTES
  shops: COUNT(DISTINCT merchant_id) BY card_id OVER 20 MINUTES
  pause_ms: MS_SINCE_PREVIOUS() BY card_id OVER 1 HOUR
when: uses > 4 AND shops > 3 AND pause_ms < 60000
severity: high
message: "{uses} uses in {shops} shops"
""",
    "busy_device": """
id: busy_device
version: 1
on: transaction
features:
  users: COUNT(DISTINCT user_id) BY device_id OVER 30 MINUTES
when: users > 12
severity: medium
message: "{users} users on one device"
""",
    "busy_merchant": """
id: busy_merchant
version: 1
on: transaction
features:
  uses: COUNT(*) BY merchant_id OVER 2 MINUTES
when: uses > 14
severity: medium
message: "{uses} uses"
""",
}


def events(count: int, start_ms: int, seed: int) -> list[tuple[int, Event]]:
    """Partition and event, in the order of sending: late ones, equal times, nulls, and repeats."""
    chance = random.Random(seed)
    sent: list[tuple[int, Event]] = []
    for number in range(count):
        user = chance.randrange(40)
        late_ms = chance.choice([0, 0, 0, 0, chance.randrange(900_000)])
        event: Event = {
            "event_id": f"w{seed}-{number}",
            "event_type": "payment" if chance.random() < 0.05 else "transaction",
            "event_time_ms": start_ms + number * 1_000 // 2 * 2 - late_ms,
            "user_id": f"user-{user}",
            "amount_cents": chance.randrange(2_000),
        }
        if event["event_type"] == "payment":
            event |= {"application_id": "a", "status": chance.choice(["made", "missed"])}
        else:
            event |= {
                "card_id": f"card-{user}-{chance.randrange(2)}",
                "merchant_id": f"shop-{chance.randrange(12)}",
                "device_id": chance.choice([None, f"device-{chance.randrange(5)}"]),
            }
        sent.append((user % PARTITIONS, event))
        if chance.random() < 0.05:
            sent.append(sent[chance.randrange(len(sent))])
    return sent


def accepted(sent: Sequence[tuple[int, Event]], places: Sequence[Place]) -> list[Event]:
    """The first message of each id with its place, by partition and offset."""
    first: dict[str, Event] = {}
    for (_, event), (partition, offset) in sorted(
        zip(sent, places, strict=True), key=lambda sending: sending[1]
    ):
        first.setdefault(event["event_id"], {**event, "partition": partition, "offset": offset})
    return list(first.values())


def expected_alerts(rules: Iterable[Rule], arrived: Sequence[Event]) -> dict[str, Event]:
    """Alert id -> evidence, where each key's events come from one partition and so in a known order."""
    found = {}
    for rule in rules:
        (key,) = {feature.key for feature in rule.features.values()}
        of_key: defaultdict[str, list[Event]] = defaultdict(list)
        for event in arrived:
            if event.get(key) is None:
                continue
            of_key[event[key]].append(event)
            if event["event_type"] == rule.on:
                values = evidence(rule, event, of_key[event[key]])
                if values is not None:
                    found[f"{rule.id}:{event['event_id']}"] = values
    return found


def evidence(rule: Rule, event: Event, arrived: Sequence[Event]) -> Event | None:
    """What the alert must say, from what had arrived; None where the rule does not fire."""
    featured = with_features(event, rule.features.values(), arrived)
    if not fires(rule.condition, featured):
        return None
    columns = {name: feature.column for name, feature in rule.features.items()}
    return {value.name: featured.get(columns.get(value.name, value.name)) for value in rule.evidence_values}


def seen_events(alert: Mapping[str, Any], key: str, arrived: Iterable[Event]) -> list[Event] | None:
    """The events of the alert's key up to its offsets; None where those are not just what was seen."""
    value, seen = alert["event"][key], alert["seen"][key]
    events = [
        event
        for event in arrived
        if event.get(key) == value and event["offset"] <= seen.get(str(event["partition"]), -1)
    ]
    counts: dict[str, list[int]] = {}
    for event in events:
        count = counts.setdefault(str(event["partition"]), [0, 0])
        count[0] += 1
        count[1] += mix(event["partition"], event["offset"])
    shown = {
        partition: {"events": count, "checksum": f"{checksum % 2**64:016x}"}
        for partition, (count, checksum) in counts.items()
    }
    told = alert["seen_counts"][key]
    bare = {partition: {**of_partition} for partition, of_partition in told.items()}
    for of_partition in bare.values():
        del of_partition["first_offset"]
    return events if shown == bare else None
