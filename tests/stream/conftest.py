"""The stream on the session's engines."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from contract.settings import Settings
from stack.environment import read_env
from stack.jobs import StreamJobs
from stack.up import Stack
from storage.mongo import connect, prepare
from storage.topics import create_topics
from tests.stream.stream import Stream


@pytest.fixture(scope="session")
def stream(
    stack: Stack, kafka: str, mongo: str, flink: str, settings: Callable[..., Settings]
) -> Iterator[Stream]:
    """Both jobs, running."""
    given = settings()
    create_topics(given)
    prepare(given)
    jobs = StreamJobs(stack.folder, read_env(stack.folder.env))
    jobs.start(print)
    with connect(given) as client:
        yield Stream(stack, jobs, given, client[given.mongo_database])
    jobs.stop(print)
