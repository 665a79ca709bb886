"""The model card: what a model is, where it came from, how good it is, and for whom.

The headings follow M. Mitchell et al., *Model Cards for Model Reporting*, arXiv:1810.03993.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from risk_models.document import ModelDocument
from risk_models.evaluation import calibration_table
from risk_models.pipeline import Trained
from risk_models.serving import Boosted, Scorecard


def write_card(trained: Trained) -> str:
    """Return the card as Markdown."""
    document = trained.document
    lines = [f"# {document.name}: {document.kind}", "", document.mapping.about, ""]
    lines += _use(document)
    lines += _origin(document)
    lines += ["## Figures", "", f"On {trained.evaluation.rows:,} rows held out of training.", ""]
    lines += _table(("figure", "value"), [(n, _number(v)) for n, v in trained.evaluation.as_json().items()])
    lines += _calibration(trained)
    lines += _groups(trained)
    lines += _model(document)
    return "\n".join(lines) + "\n"


def _use(document: ModelDocument) -> list[str]:
    return [
        "## Use",
        "",
        "It says how probable a bad outcome is, a score that falls with it, and the features that cost the",
        "applicant most. The risk levels and decisions of the policy do not depend on it.",
        "It is no judge of people unlike those below, nor of times unlike those that it was trained on:",
        "drift is measured for each feature and for the score.",
        "",
    ]


def _origin(document: ModelDocument) -> list[str]:
    training = document.training
    rows = [
        ("data, SHA-256", f"`{training.data_hash}`"),
        ("code", f"`{training.code_version}`"),
        ("seed", training.seed),
        ("rows", f"{training.rows:,}"),
        ("bad among them", f"{training.bad:,} ({training.bad / training.rows:.1%})"),
        ("trained until", training.trained_until or "the data have no dates"),
        *[(f"left out: {name}", why) for name, why in training.left_out.items()],
    ]
    return ["## Training", "", *_table(("what", "value"), rows)]


def _calibration(trained: Trained) -> list[str]:
    rows = [
        (f"{said:.3f}", f"{came:.3f}", count)
        for said, came, count in calibration_table(trained.held_out.bad, trained.probability)
    ]
    return ["## Calibration", "", *_table(("probability said", "share that came true", "rows"), rows)]


def _groups(trained: Trained) -> list[str]:
    if not trained.groups:
        return ["## Groups", "", "The data name no groups: fairness could not be judged.", ""]
    rows = [
        (
            *(g.group, g.value, f"{g.rows:,}", f"{g.bad_rate:.3f}", f"{g.default_probability:.3f}"),
            *(f"{g.approved:.3f}", f"{g.approved_ratio:.2f}", f"{g.good_declined:.3f}"),
            "" if g.auc is None else f"{g.auc:.3f}",
        )
        for g in trained.groups
    ]
    heads = ("group", "value", "rows", "bad", "said", "approved", "ratio to best", "good declined", "AUC")
    limit = f"Approved means a probability of at most {trained.cut_off:.3f}."
    told = f"{limit} A ratio under 0.80 asks for a reason."
    return ["## Groups", "", told, "", *_table(heads, rows)]


def _model(document: ModelDocument) -> list[str]:
    model = document.model
    if isinstance(model, Scorecard):
        return ["## Points", "", *_points(model)]
    if isinstance(model, Boosted):
        rows = [(name, model.reasons[name]) for name in model.columns]
        return ["## Features", "", *_table(("feature", "reason given"), rows)]
    return []


def _points(model: Scorecard) -> list[str]:
    rows: list[tuple[object, ...]] = [("everybody", "", model.base_points, "", "")]
    for name, bins in model.bins.items():
        points, evidence = model.bin_points(name), bins.woe()
        rows += [
            (name, label, int(points[place]), f"{evidence[place]:.3f}", bins.good[place] + bins.bad[place])
            for place, label in enumerate(bins.labels())
        ]
    scale = model.scale
    told = (
        f"{scale.base_score:g} points are odds of {scale.base_odds:g} good to one bad; "
        f"{scale.points_to_double_odds:g} more double them. The score is the sum."
    )
    return [told, "", *_table(("feature", "bin", "points", "weight of evidence", "rows"), rows)]


def _table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    lines += ["| " + " | ".join(_cell(value) for value in row) + " |" for row in rows]
    return [*lines, ""]


def _cell(value: object) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")


def _number(value: object) -> str:
    return f"{value:.4f}" if isinstance(value, float) else f"{value:,}"
