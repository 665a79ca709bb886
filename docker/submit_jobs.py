"""``python docker/submit_jobs.py``: keep the stream jobs running on the cluster of FLINK_REST_URL.

A session cluster forgets its jobs when its job manager restarts; they are submitted
again from their newest complete checkpoint, never from nothing.
"""

from __future__ import annotations

import sys
import time
from urllib.error import URLError

from contract.settings import Settings, SettingsError, load_settings
from stack.errors import StackError
from stack.folder import stack_folder
from stack.jobs import StreamJobs

LOOK_AGAIN_SECONDS = 15
NEEDED = (
    "kafka_bootstrap_servers",
    "kafka_topic",
    "mongo_uri",
    "mongo_database",
    "flink_rest_url",
    "checkpoint_uri",
)


def values_of(settings: Settings) -> dict[str, str]:
    """The jobs' settings as NAME=value pairs.

    Raises:
        SettingsError: one is unset.
    """
    return {name.upper(): settings.require(name) for name in NEEDED}


def keep_running(jobs: StreamJobs) -> None:
    """Submit what does not run, for ever; a cluster that does not answer is asked again."""
    while True:
        try:
            jobs.start(lambda text: None)
        except (StackError, URLError, ConnectionError) as error:
            sys.stderr.write(f"{error}\n")
        time.sleep(LOOK_AGAIN_SECONDS)


if __name__ == "__main__":
    try:
        keep_running(StreamJobs(stack_folder(), values_of(load_settings())))
    except SettingsError as problem:
        sys.stderr.write(f"error: {problem}\n")
        sys.exit(2)
