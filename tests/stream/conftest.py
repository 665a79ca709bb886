"""The stream on a stack of its own: its tests kill engines, and read topics from end to end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from stack.environment import read_env
from stack.jobs import StreamJobs
from stack.platform import settings_of
from storage.mongo import connect, prepare
from storage.topics import create_topics
from tests.stacks import stack_beside
from tests.stream.stream import STORE_ANSWER_MS_MAX, Stream


@pytest.fixture(scope="package")
def stream() -> Iterator[Stream]:
    """Both jobs, running."""
    with stack_beside("stream") as stack:
        stack.up(("kafka", "mongo", "flink"))
        values = read_env(stack.folder.env)
        given = settings_of(values)
        create_topics(given)
        prepare(given)
        jobs = StreamJobs(stack.folder, values)
        jobs.start(print)
        with connect(given, STORE_ANSWER_MS_MAX) as client:
            yield Stream(stack, jobs, given, client[given.mongo_database])
