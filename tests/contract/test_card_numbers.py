"""Card numbers are found in text and masked in payloads."""

from __future__ import annotations

import hashlib
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.canonical import canonical_content, content_hash
from contract.card_numbers import holds_card_number, mask_card_numbers
from contract.events import load_contract
from contract.parser import parse_message
from tests.contract.messages import APPEND_TIME_MS, encoded

VISA = "4111111111111111"


@pytest.mark.parametrize(
    ("payload", "masked"),
    [
        (VISA, "************1111"),
        ("4111 1111-1111 1111", "**** ****-**** 1111"),
        ('{"a":"x4111111111111111y"}', '{"a":"x************1111y"}'),
        ("12 4111111111111111", "12 ************1111"),
        ("\\u0034111111111111111", "*" * 17 + "1111"),
        ("411111111111111\\u0031", "************111\\u0031"),
        ("4111\\u00201111\\u002d11111111", "****\\u0020****\\u002d****1111"),
        ("4111111111111112", "4111111111111112"),
        ("41111111111111110000", "41111111111111110000"),
        ("\\4111111111111111", "\\************1111"),
        ("\\\\4111111111111111", "\\\\************1111"),
        ("\\\\u0034111111111111111", "\\\\u0034111111111111111"),
        ("4111111111111111 5500000000000004", "************1111 ************0004"),
    ],
)
def test_all_but_four_digits_are_masked(payload: str, masked: str) -> None:
    assert mask_card_numbers(payload.encode()).decode() == masked


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le"])
def test_wide_encodings_are_masked_too(encoding: str) -> None:
    masked = mask_card_numbers(f'"{VISA}"'.encode(encoding)).decode(encoding, "replace")
    assert VISA not in masked
    assert len(re.findall("[0-9]", masked)) == 4


@settings(max_examples=300, deadline=None)
@given(text=st.from_regex("[0-9 -]{12,30}", fullmatch=True))
def test_a_masked_text_holds_no_card_number_that_was_found(text: str) -> None:
    masked = mask_card_numbers(text.encode()).decode()
    assert (masked != text) == holds_card_number(text)
    assert len(masked) == len(text)


def test_every_issuer_of_the_definition_is_known() -> None:
    for low, high in load_contract().card_numbers.prefixes:
        for prefix in (low, high):
            stem = prefix.ljust(15, "0")
            assert sum(holds_card_number(f"{stem}{check}") for check in range(10)) == 1, prefix


def test_the_canonical_content_is_as_published() -> None:
    event = {
        "event_id": "e",
        "event_type": "transaction",
        "event_time_ms": APPEND_TIME_MS,
        "user_id": "ü",
        "amount_cents": 5,
        "card_id": "c",
        "merchant_id": "m",
        "latitude": -0.0,
        "longitude": 1,
    }
    parsed = parse_message(encoded(event), APPEND_TIME_MS)
    content = (
        "event_id\x1fe\x1eevent_type\x1ftransaction\x1eevent_time_ms\x1f1700000000000\x1euser_id\x1fü\x1e"
        "amount_cents\x1f5\x1ecard_id\x1fc\x1emerchant_id\x1fm\x1ecurrency\x1fUSD\x1e"
        "latitude\x1f0000000000000000\x1elongitude\x1f3ff0000000000000\x1e"
    ).encode()
    event_type = load_contract().event_types["transaction"]
    assert canonical_content(event_type, parsed.values) == content
    assert content_hash(event_type, parsed.values) == hashlib.sha256(content).digest()[:16]
    assert parsed.content_hash == content_hash(event_type, parsed.values)
