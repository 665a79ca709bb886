"""What the stack says when it cannot go on."""

from __future__ import annotations


class StackError(Exception):
    """An engine does not start, a tool is missing, a port is held; the text is one clear message."""


class EngineEndedError(StackError):
    """A process of an engine ended while we waited for its answer."""
