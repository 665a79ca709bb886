"""Champion and challenger: a version is put in force only when it is better, with a stated confidence."""

from __future__ import annotations

from dataclasses import dataclass
from math import erfc, sqrt

from risk_models.dataset import Dataset, Floats
from risk_models.document import ModelDocument
from risk_models.errors import DataError
from risk_models.evaluation import Evaluation, Flags, compare, evaluate
from risk_models.held_out import split

CONFIDENCE = 0.95
CALIBRATION_ERROR_RISE_MAX = 0.02


@dataclass(frozen=True)
class Verdict:
    """What became of a challenger. ``confidence`` is that it ranks better than the champion.

    Without a champion it is compared with no model at all, whose AUC is 0.5.
    """

    promoted: bool
    why: str
    confidence: float
    difference: float
    standard_error: float
    rows: int
    bad: int
    champion_auc: float | None
    challenger_auc: float

    def tags(self) -> dict[str, str]:
        """Return the verdict as the registry notes it."""
        return {"promoted": str(self.promoted).lower(), "verdict": self.why}


def judge_challenger(
    dataset: Dataset,
    champion: ModelDocument | None,
    challenger: ModelDocument,
    confidence: float = CONFIDENCE,
) -> Verdict:
    """Compare both on rows that neither was trained on.

    Raises:
        DataError: the held-out rows have only one outcome, or the data aren't the challenger's.
    """
    boundary = _boundary(champion, challenger)
    held = split(dataset, boundary).held_out
    if dataset.mapping.name != challenger.name:
        raise DataError(f"expected the data of {challenger.name}, got those of {dataset.mapping.name}")
    known = _probability(champion, held) if champion else None
    return compare_probabilities(held.bad, known, _probability(challenger, held), confidence)


def compare_probabilities(bad: Flags, known: Floats | None, said: Floats, confidence: float) -> Verdict:
    """Compare what the challenger ``said`` with what the champion did, if there is one.

    Raises:
        DataError: only one outcome came.
    """
    judged = evaluate(bad, said)
    if known is None:
        return _first(judged, confidence)
    before = evaluate(bad, known)
    found = compare(bad, known, said)
    problem = _problem(found.confidence, confidence, before, judged)
    text = f"AUC {judged.auc:.4f} against {before.auc:.4f}, better with confidence {found.confidence:.3f}"
    return Verdict(
        promoted=problem is None,
        why=f"{text}; {problem or 'promoted'}",
        confidence=found.confidence,
        difference=found.difference,
        standard_error=found.standard_error,
        rows=judged.rows,
        bad=judged.bad,
        champion_auc=before.auc,
        challenger_auc=judged.auc,
    )


def _probability(document: ModelDocument, held: Dataset) -> Floats:
    absent = sorted(set(document.model.features) - set(held.features))
    if absent:
        raise DataError(f"{document.name}: the data lack the model's features {', '.join(absent)}")
    return document.model.probability(held.features)


def _boundary(*documents: ModelDocument | None) -> str | None:
    dates = [document.training.trained_until for document in documents if document]
    return max((date for date in dates if date), default=None)


def _problem(found: float, wanted: float, before: Evaluation, judged: Evaluation) -> str | None:
    if found < wanted:
        return f"refused: expected a confidence of at least {wanted:g}"
    if judged.calibration_error > before.calibration_error + CALIBRATION_ERROR_RISE_MAX:
        return (
            f"refused: its probabilities are off by {judged.calibration_error:.3f}, "
            f"the champion's by {before.calibration_error:.3f}"
        )
    return None


def _first(judged: Evaluation, wanted: float) -> Verdict:
    gain = judged.auc - 0.5
    confidence = 0.5 * erfc(-gain / judged.auc_standard_error / sqrt(2)) if judged.auc_standard_error else 1.0
    promoted = confidence >= wanted
    text = f"AUC {judged.auc:.4f}, better than no model with confidence {confidence:.3f}"
    return Verdict(
        promoted=promoted,
        why=f"{text}; {'promoted' if promoted else f'refused: expected at least {wanted:g}'}",
        confidence=confidence,
        difference=gain,
        standard_error=judged.auc_standard_error,
        rows=judged.rows,
        bad=judged.bad,
        champion_auc=None,
        challenger_auc=judged.auc,
    )
