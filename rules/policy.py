"""The versioned risk policy: thresholds as data, compiled to SQL that every engine takes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from rules.errors import RuleError

POLICIES = Path(__file__).with_name("policies")

RiskLevel = Literal["Low", "Medium", "High"]
Decision = Literal["approve", "review", "reject"]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class LevelBand(_Strict):
    """One risk level; ``credit_score_min`` is inclusive, and absent where it takes the rest."""

    risk_level: RiskLevel
    credit_score_min: int | None = Field(None, ge=300, le=850)

    def conditions(self) -> list[str]:
        """Return what has to hold, as SQL."""
        return [] if self.credit_score_min is None else [f"credit_score >= {self.credit_score_min}"]


class DecisionStep(_Strict):
    """One decision with its conditions; limits are inclusive, amounts in minor units."""

    decision: Decision
    credit_score_min: int | None = Field(None, ge=300, le=850)
    loan_amount_cents_max: int | None = Field(None, ge=1)
    risk_level: RiskLevel | None = None

    def conditions(self, level_sql: str) -> list[str]:
        """Return what has to hold, as SQL; ``level_sql`` gives the risk level."""
        found = []
        if self.credit_score_min is not None:
            found.append(f"credit_score >= {self.credit_score_min}")
        if self.loan_amount_cents_max is not None:
            found.append(f"loan_amount_cents <= {self.loan_amount_cents_max}")
        if self.risk_level is not None:
            found.append(f"({level_sql}) = '{self.risk_level}'")
        return found


class RiskPolicy(_Strict):
    """One version of the policy."""

    version: int = Field(ge=1)
    risk_levels: list[LevelBand] = Field(min_length=1)
    decisions: list[DecisionStep] = Field(min_length=1)

    @model_validator(mode="after")
    def _ends_with_a_rest(self) -> Self:
        scores = [band.credit_score_min for band in self.risk_levels]
        if scores[-1] is not None or None in scores[:-1]:
            raise ValueError("risk_levels: expected exactly the last level without credit_score_min")
        bounds = [score for score in scores if score is not None]
        if bounds != sorted(set(bounds), reverse=True):
            raise ValueError("risk_levels: expected credit_score_min to fall from level to level")
        if [bool(step.conditions("")) for step in self.decisions].count(False) != 1:
            raise ValueError("decisions: expected exactly one decision without conditions")
        if self.decisions[-1].conditions(""):
            raise ValueError("decisions: expected the last decision to be without conditions")
        return self

    def risk_level_sql(self) -> str:
        """Return the risk level as an SQL expression over ``credit_score``."""
        return _case([(band.conditions(), band.risk_level) for band in self.risk_levels])

    def decision_sql(self) -> str:
        """Return the decision as an SQL expression over ``credit_score`` and ``loan_amount_cents``."""
        level_sql = self.risk_level_sql()
        return _case([(step.conditions(level_sql), step.decision) for step in self.decisions])

    def definition(self) -> dict[str, Any]:
        """Return the policy as plain data, without what is unset."""
        return self.model_dump(exclude_none=True)


def load_policies(folder: Path = POLICIES) -> Mapping[int, RiskPolicy]:
    """Read every version, the lowest first.

    Raises:
        RuleError: a file is not a policy; the text names the file and the entry.
    """
    policies = {}
    for path in sorted(folder.glob("risk_policy.v*.yaml")):
        policy = _read(path)
        policies[policy.version] = policy
    if not policies:
        raise RuleError("no risk policy here", folder, 1, 1, "expected risk_policy.v1.yaml")
    return dict(sorted(policies.items()))


def _read(path: Path) -> RiskPolicy:
    try:
        policy = RiskPolicy.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise RuleError(error.problem or "not YAML", path, line, column) from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        text = f"{where}: {first['msg']}" if where else first["msg"].removeprefix("Value error, ")
        raise RuleError(text, path, 1, 1) from None
    match = re.fullmatch(r"risk_policy\.v(\d+)", path.stem)
    if not match or int(match[1]) != policy.version:
        raise RuleError(f"version is {policy.version}", path, 1, 1, "the file's name has to carry it")
    return policy


def _case(branches: list[tuple[list[str], str]]) -> str:
    *conditional, (_, rest) = branches
    whens = " ".join(f"WHEN {' AND '.join(conditions)} THEN '{value}'" for conditions, value in conditional)
    return f"CASE {whens} ELSE '{rest}' END" if whens else f"'{rest}'"
