"""Rules with features by user, card and merchant, and events that they fire on."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from rules.catalog import Rule, load_catalog

START_MS = 1_759_990_000_000

CARD_BURST = """
id: card_burst
version: 1
on: transaction
features:
  uses: COUNT(*) BY card_id OVER 10 MINUTES
  spent: SUM(amount_cents) BY card_id OVER 1 HOUR
  merchants: COUNT(DISTINCT merchant_id) BY card_id OVER 30 MINUTES
when: uses > 3 AND spent > 1000 AND merchants >= 1
severity: high
message: "{uses} uses in 10 minutes"
"""
USER_BURST = """
id: user_burst
version: 1
on: transaction
features:
  uses: COUNT(*) BY user_id OVER 20 MINUTES
  usual: AVG(amount_cents) BY user_id OVER 2 HOURS
when: uses > 4 AND amount_cents > usual
severity: medium
message: "{uses} by one user"
"""
MERCHANT_CROWD = """
id: merchant_crowd
version: 1
on: transaction
features:
  crowd: COUNT(DISTINCT card_id) BY merchant_id OVER 5 MINUTES
when: crowd > 3
severity: low
message: "{crowd} cards at one merchant"
"""


def windowed_catalog(folder: Path) -> tuple[Rule, ...]:
    folder.mkdir(exist_ok=True)
    for text in (CARD_BURST, USER_BURST, MERCHANT_CROWD):
        name = text.split()[1]
        (folder / f"{name}.yaml").write_text(text)
    return load_catalog(folder)


def transaction(
    number: int, time_ms: int, user: int, card: int, merchant: int, amount_cents: int
) -> dict[str, Any]:
    return {
        "event_id": f"t{number}",
        "event_type": "transaction",
        "event_time_ms": time_ms,
        "user_id": f"u{user}",
        "card_id": f"c{card}",
        "merchant_id": f"m{merchant}",
        "amount_cents": amount_cents,
    }


def transactions(seed: int, count: int, late_share: float = 0.0) -> list[dict[str, Any]]:
    """Transactions of eight users, each in the partition of the user; some come up to half an hour late."""
    draw = random.Random(seed)
    events = []
    for number in range(count):
        late_ms = draw.randrange(1_800_000) if draw.random() < late_share else 0
        user = draw.randrange(8)
        time_ms = START_MS + number * 20_000 - late_ms
        card = user if draw.random() < 0.8 else draw.randrange(8)
        events.append(transaction(number, time_ms, user, card, draw.randrange(4), draw.randrange(100, 5000)))
    return events
