"""A stream whose every event follows from its number: in SQL for Flink, in Python for the oracle."""

from __future__ import annotations

from dataclasses import dataclass

START_MS = 1_700_000_000_000


@dataclass(frozen=True)
class Event:
    """One message in the order of arrival; ``offset`` is its number."""

    offset: int
    event_id: str
    event_type: str
    event_time_ms: int
    user_id: str
    card_id: str
    merchant_id: str | None
    amount_cents: int | None
    latitude: float | None
    longitude: float | None


SQL = f"""
SELECT CONCAT('e', CAST(origin AS STRING)) AS event_id,
    CASE WHEN MOD(mix, 6) = 0 THEN 'payment' ELSE 'transaction' END AS event_type,
    {START_MS} + origin * 100 -
        CASE WHEN MOD(mix, 5) = 0 THEN MOD(mix * 31, 20000) ELSE 0 END AS event_time_ms,
    CONCAT('u', CAST(MOD(mix, 7) AS STRING)) AS user_id,
    CONCAT('c', CAST(MOD(mix, 14) AS STRING)) AS card_id,
    CASE WHEN MOD(mix, 9) <> 0
        THEN CONCAT('m', CAST(MOD(mix * 17 + origin, 11) AS STRING)) END AS merchant_id,
    amount_cents,
    CASE WHEN MOD(mix, 8) <> 1 THEN CAST(MOD(mix, 180) - 90 AS DOUBLE) END AS latitude,
    CASE WHEN MOD(mix, 8) <> 1 THEN CAST(MOD(mix * 7, 360) - 180 AS DOUBLE) END AS longitude,
    0 AS `partition`, `offset`
FROM (SELECT *, CASE WHEN MOD(mix, 10) <> 3 THEN CAST(MOD(mix * 101, 100000) AS BIGINT) END AS amount_cents
    FROM (SELECT *, MOD(origin * 7919 + 13, 10007) AS mix
        FROM (SELECT number AS `offset`,
            CASE WHEN MOD(number, 50) = 7 THEN number - 3 ELSE number END AS origin FROM numbers)))
"""


def event(number: int) -> Event:
    """Return the event of a number, as ``SQL`` makes it; one in fifty repeats the one three before."""
    origin = number - 3 if number % 50 == 7 else number
    mix = (origin * 7919 + 13) % 10007
    late_ms = mix * 31 % 20_000 if mix % 5 == 0 else 0
    placed = mix % 8 != 1
    return Event(
        offset=number,
        event_id=f"e{origin}",
        event_type="payment" if mix % 6 == 0 else "transaction",
        event_time_ms=START_MS + origin * 100 - late_ms,
        user_id=f"u{mix % 7}",
        card_id=f"c{mix % 14}",
        merchant_id=f"m{(mix * 17 + origin) % 11}" if mix % 9 != 0 else None,
        amount_cents=mix * 101 % 100_000 if mix % 10 != 3 else None,
        latitude=float(mix % 180 - 90) if placed else None,
        longitude=float(mix * 7 % 360 - 180) if placed else None,
    )
