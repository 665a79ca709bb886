"""For each windowed rule of the catalog two short histories: the last event fires the rule, or does not."""

from __future__ import annotations

from typing import Any

Event = dict[str, Any]
History = list[Event]

START_MS = 1_735_689_600_000
"""2025-01-01 00:00 UTC."""

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
HERE: dict[str, Any] = {"latitude": 52.52, "longitude": 13.405, "country": "DE"}
FAR: dict[str, Any] = {"latitude": 40.7128, "longitude": -74.006, "country": "US"}
LISTS = {"watched_merchants": {"watched"}, "trusted_merchants": {"trusted"}, "trusted_devices": {"kiosk"}}


def use(after_ms: int, amount_cents: int = 1_000, **fields: Any) -> Event:
    """A transaction in a shop, so long after the start."""
    common = {"card_id": "card", "merchant_id": "shop", "channel": "pos", "amount_cents": amount_cents}
    return {
        "event_type": "transaction",
        "event_time_ms": START_MS + after_ms,
        "user_id": "user",
        **common,
    } | fields


def order(after_ms: int, amount_cents: int, device_id: str, **fields: Any) -> Event:
    """An online purchase."""
    return use(after_ms, amount_cents, channel="ecommerce", device_id=device_id, **fields)


def application(after_ms: int, loan_amount_cents: int, **fields: Any) -> Event:
    """An application of somebody with an income of 20,000.00 a year."""
    common = {"credit_score": 700, "loan_amount_cents": loan_amount_cents, "annual_income_cents": 2_000_000}
    return {
        "event_type": "application",
        "event_time_ms": START_MS + after_ms,
        "user_id": "user",
        **common,
    } | fields


def payment(after_ms: int, status: str) -> Event:
    """An instalment."""
    common = {"application_id": "loan", "status": status, "amount_cents": 0, "days_past_due": 1}
    return {"event_type": "payment", "event_time_ms": START_MS + after_ms, "user_id": "user", **common}


def usage(after_ms: int, balance_cents: int) -> Event:
    """A reading of a line of 1,000.00."""
    common = {"credit_limit_cents": 100_000, "balance_cents": balance_cents}
    return {"event_type": "credit_usage", "event_time_ms": START_MS + after_ms, "user_id": "user", **common}


def uses(count: int, every_ms: int, amount_cents: int = 1_000, **fields: Any) -> History:
    """Equal transactions, one behind the other."""
    return [use(number * every_ms, amount_cents, **fields) for number in range(count)]


def shoppers(count: int, every_ms: int, amount_cents: int) -> History:
    """Transactions of as many cards and customers at one merchant."""
    return [
        use(number * every_ms, amount_cents, card_id=f"card{number}", user_id=f"user{number}")
        for number in range(count)
    ]


LITERAL_EVENTS: dict[str, tuple[History, History]] = {
    "card_burst": (
        uses(6, 2 * MINUTE, 90_000),
        [*uses(5, 2 * MINUTE, 90_000), use(10 * MINUTE, 90_000, merchant_id="trusted")],
    ),
    "amount_spike": (
        [*uses(10, HOUR), use(11 * HOUR, 50_000)],
        [*uses(10, HOUR, 5_000), use(11 * HOUR, 50_000)],
    ),
    "unusual_amount": (
        [*uses(30, HOUR), use(31 * HOUR, 100_000)],
        [*uses(28, HOUR), use(31 * HOUR, 100_000)],
    ),
    "impossible_travel": (
        [use(0, **HERE), use(HOUR, **FAR)],
        [use(0, **HERE), order(0, 1_000, "known", **HERE), order(2 * HOUR, 1_000, "known", **FAR)],
    ),
    "new_device_far_away": (
        [use(0, **HERE), order(HOUR, 20_000, "new", **FAR)],
        [use(0, **HERE), order(HOUR, 20_000, "new", **HERE)],
    ),
    "new_device_high_amount": (
        [order(0, 1_000, "new"), order(HOUR, 300_000, "new")],
        [order(0, 1_000, "known"), order(DAY, 300_000, "known")],
    ),
    "card_testing": (uses(11, MINUTE, 199), uses(11, 2 * MINUTE, 199)),
    "merchant_enumeration": (shoppers(21, 3 * MINUTE, 0), shoppers(20, 3 * MINUTE, 0)),
    "merchant_compromise": (
        shoppers(5, HOUR, 100_000),
        [
            *shoppers(10, DAY, 100_000),
            *(
                event | {"event_time_ms": event["event_time_ms"] + 11 * DAY}
                for event in shoppers(5, HOUR, 100_000)
            ),
        ],
    ),
    "device_shared": (
        [order(day * DAY, 1_000, "ring", user_id=f"user{day}") for day in range(3)],
        [order(day * DAY, 1_000, "kiosk", user_id=f"user{day}") for day in range(3)],
    ),
    "many_applications": (
        [application(number * HOUR, 100_000) for number in range(3)],
        [application(number * 13 * HOUR, 100_000) for number in range(3)],
    ),
    "loan_stacking": (
        [application(0, 2_000_000), application(DAY, 2_000_002)],
        [application(0, 2_000_000), application(DAY, 2_000_000)],
    ),
    "missed_payments": (
        [payment(month * 30 * DAY, "missed") for month in range(3)],
        [payment(0, "missed"), payment(30 * DAY, "made"), payment(60 * DAY, "missed")],
    ),
    "bust_out": (
        [payment(0, "missed"), payment(DAY, "missed"), usage(2 * DAY, 90_001)],
        [payment(0, "missed"), payment(DAY, "missed"), usage(2 * DAY, 90_000)],
    ),
    "credit_usage_spike": (
        [usage(0, 10_000), usage(7 * DAY, 60_001)],
        [usage(0, 10_000), usage(7 * DAY + 1, 60_001)],
    ),
    "night_use": (
        [
            *[use(day * DAY + 12 * HOUR, **HERE) for day in range(19)],
            use(20 * DAY + 2 * HOUR, 50_000, **HERE),
        ],
        [*[use(day * DAY + 2 * HOUR, **HERE) for day in range(19)], use(20 * DAY + 2 * HOUR, 50_000, **HERE)],
    ),
    "round_amounts": (uses(3, HOUR, 50_000), [*uses(2, HOUR, 50_000), use(2 * HOUR, 50_001)]),
    "dormant_account": (
        [use(0), use(30 * DAY + 1, 50_000)],
        [use(0), use(30 * DAY, 50_000)],
    ),
    "country_change": (
        [use(0, **HERE), use(2 * HOUR, **FAR)],
        [use(0, **HERE), use(2 * HOUR + 1, **FAR)],
    ),
    "listed_card_or_device": (
        [use(0, merchant_id="watched")],
        [use(0, merchant_id="trusted")],
    ),
}


KEYS = ("user_id", "card_id", "device_id", "merchant_id")
ON_A_LIST = frozenset().union(*LISTS.values())


def placed(history: History, name: str) -> History:
    """The history with ids and places on the topic, and keys that no other history has."""
    return [
        {key: f"{name}.{value}" if _is_own(key, value) else value for key, value in event.items()}
        | {"event_id": f"{name}.{number}", "partition": 0, "offset": number}
        for number, event in enumerate(history)
    ]


def _is_own(key: str, value: Any) -> bool:
    return key in KEYS and value not in ON_A_LIST


def all_histories() -> list[Event]:
    """The histories of all rules as the events of one topic, each with keys of its own."""
    return [
        event
        for rule_id, (fire, rest) in LITERAL_EVENTS.items()
        for name, history in ((f"{rule_id}-fires", fire), (f"{rule_id}-rests", rest))
        for event in placed(history, name)
    ]
