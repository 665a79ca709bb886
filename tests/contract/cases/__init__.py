"""Messages with outcomes worked out by hand, so that all parsers being wrong together shows."""

from __future__ import annotations

from tests.contract.cases import accepted, fields, structure
from tests.contract.messages import Case

CASES: tuple[Case, ...] = (*structure.CASES, *fields.CASES, *accepted.CASES)
