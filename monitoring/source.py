"""What a source of numbers is: something that answers with samples, or says why not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


class SourceError(Exception):
    """A source did not answer; the text is one line without secrets."""


@dataclass(frozen=True)
class Sample:
    """One value of one series; ``labels`` in the order of the metric's entry in the catalog."""

    name: str
    labels: tuple[str, ...]
    value: float


@dataclass(frozen=True)
class Source:
    """Something that can be asked for samples. ``read`` raises :class:`SourceError`."""

    name: str
    read: Callable[[], list[Sample]]
