"""Errors that end the producer with one clear line."""

from __future__ import annotations


class OptionsError(ValueError):
    """Options that do not fit together; the text says which and what would fit."""


class DeliveryError(RuntimeError):
    """Kafka did not take what was sent; the text names the broker, the count and the first cause."""


class GeneratedEventError(AssertionError):
    """The generator made an event that the contract refuses: a bug of the generator."""


class InputFileError(ValueError):
    """A file that cannot be sent at all; the text names file, line and what was expected."""
