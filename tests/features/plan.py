"""The features that the tests compute: every function, three keys, a filter, another type, a step."""

from __future__ import annotations

from contract.events import load_contract
from rules.feature_plan import FeaturePlan, PlannedFeature
from rules.feature_text import parse_feature

BOTH = ("payment", "transaction")
ONE = ("transaction",)

TEXTS = {
    "COUNT(*) BY user_id OVER 60 SECONDS": BOTH,
    "COUNT(*) OF payment BY user_id OVER 200 SECONDS": BOTH,
    "STDDEV(amount_cents) BY user_id OVER 60 SECONDS": BOTH,
    "COUNT(DISTINCT merchant_id) BY user_id OVER 45 SECONDS": BOTH,
    "PREVIOUS(merchant_id) BY user_id OVER 60 SECONDS": BOTH,
    "FIRST_SEEN_MS(merchant_id) BY user_id OVER 30 SECONDS": ONE,
    "SUM(amount_cents) BY card_id OVER 60 SECONDS": ONE,
    "AVG(amount_cents) BY card_id OVER 60 SECONDS STEP 7 SECONDS": ONE,
    "COUNT(*) WHERE amount_cents > 50000 BY card_id OVER 5 SECONDS": ONE,
    "DISTANCE_KM() BY card_id OVER 60 SECONDS": ONE,
    "SPEED_KMH() BY card_id OVER 60 SECONDS": ONE,
    "MS_SINCE_PREVIOUS() BY card_id OVER 60 SECONDS": ONE,
    "COUNT(DISTINCT card_id) BY merchant_id OVER 90 SECONDS": ONE,
    "MAX(amount_cents) BY merchant_id OVER 60 SECONDS": ONE,
    "MIN(latitude) BY merchant_id OVER 60 SECONDS": ONE,
}


def planned(text: str, types: tuple[str, ...] = ONE) -> PlannedFeature:
    """Return the feature of the text, needed by events of the types; its rule is on transactions."""
    known = load_contract().event_types
    return PlannedFeature(parse_feature(text, known["transaction"], known), types)


PLAN = FeaturePlan(tuple(planned(text, types) for text, types in TEXTS.items()))
