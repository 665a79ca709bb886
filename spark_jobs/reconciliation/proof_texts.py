"""The proofs as the executors write them."""

from __future__ import annotations

from collections.abc import Mapping

import orjson

from spark_jobs.reconciliation.model import KeyOption, KeyProof


def read_proofs(by_key: Mapping[str, str] | None) -> dict[str, KeyProof]:
    """Feature key -> proof, from the JSON of each."""
    return {key: _read(text) for key, text in (by_key or {}).items()}


def _read(text: str) -> KeyProof:
    document = orjson.loads(text)
    options = tuple(
        KeyOption(tuple(entry["causes"]), entry["values"], entry["bounded"]) for entry in document["options"]
    )
    return KeyProof(document["unknown"], options)
