"""What can be wrong with data, a mapping or a model: one line that a person can act on."""

from __future__ import annotations


class DataError(Exception):
    """The data can't train, judge or be scored by a model; the text says what was expected and what came."""


class ModelError(Exception):
    """A model's definition is not one that this code can score with; the text says why."""


class RegistryError(Exception):
    """The registry lacks what was asked of it, or a promotion was refused."""
