"""Scores a batch of applications, inside Spark's Python workers."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd

from risk_models.document import ModelDocument

COLUMNS = (
    *("event_id", "credit_score", "loan_amount_cents", "currency", "region", "purpose", "term_months"),
    *("annual_income_cents", "employment_status", "event_time_ms"),
)
"""Columns of an application that a model's mapping may name."""


@lru_cache(maxsize=2)
def read_document(text: str) -> ModelDocument:
    """Return the model of a document, read once a worker."""
    return ModelDocument.read(text)


def score_rows(text: str, applications: pd.DataFrame) -> pd.DataFrame:
    """Score applications by the model whose document is ``text``.

    Whatever goes wrong becomes the rows' ``failure``: a model must never fail the run.
    """
    try:
        return _scored(read_document(text), applications)
    except Exception as error:  # whatever a broken model raises
        first = str(error).splitlines()[0] if str(error) else "no text"
        return _failed(applications, f"{type(error).__name__}: {first}")


def _scored(document: ModelDocument, applications: pd.DataFrame) -> pd.DataFrame:
    if applications.empty:
        return _failed(applications, None)
    scored = document.score(applications)
    probability = scored["default_probability"].to_numpy(dtype=np.float64)
    if not bool(np.isfinite(probability).all()):
        return _failed(applications, "the model gave a probability that is no number")
    return pd.DataFrame(
        {
            "application_id": applications["event_id"].to_numpy(),
            "default_probability": probability,
            "model_score": scored["score"].to_numpy().astype(np.int32),
            "reason_codes": [",".join(codes) for codes in scored["reason_codes"]],
            "failure": None,
        }
    )


def _failed(applications: pd.DataFrame, why: str | None) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "application_id": applications["event_id"].to_numpy(),
            "default_probability": np.nan,
            "model_score": 0,
            "reason_codes": "",
            "failure": why,
        }
    )
