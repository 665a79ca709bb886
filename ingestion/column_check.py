"""Checks whole columns of generated numbers against the contract, before anything is sent.

Texts are checked once, when the pools are made; see ``pool_check``.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contract.events import Field, load_contract
from ingestion.errors import GeneratedEventError


@cache
def _fields(event_type: str) -> dict[str, Field]:
    return {field.name: field for field in load_contract().event_types[event_type].fields}


def check_columns(event_type: str, **columns: NDArray[Any]) -> None:
    """Hold every number of the columns against the field's limits.

    Raises:
        GeneratedEventError: one is outside; the text names type, field and limits.
    """
    for name, column in columns.items():
        field = _fields(event_type)[name]
        if not len(column):
            continue
        low, high = column.min(), column.max()
        if not (field.min is None or low >= field.min) or not (field.max is None or high <= field.max):
            raise GeneratedEventError(
                f"{event_type}.{name}: expected {field.min} to {field.max}, generated {low} to {high}"
            )
        if field.type == "integer" and not np.issubdtype(column.dtype, np.integer):
            raise GeneratedEventError(f"{event_type}.{name}: expected whole numbers")
