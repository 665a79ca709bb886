"""``make bench``: every benchmark in one go, each on engines of its own."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks import batch, parse, producer, stream
from contract.settings import Settings
from stack.environment import read_env
from stack.folder import stack_folder
from stack.platform import settings_of
from stack.up import Stack


@contextmanager
def engines(*names: str) -> Iterator[Settings]:
    """Start the engines in a folder that goes with them; give the settings that reach them."""
    with tempfile.TemporaryDirectory(prefix="tandem-bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)
        stack = Stack(stack_folder(Path(folder)))
        try:
            stack.up(names)
            yield settings_of(read_env(stack.folder.env))
        finally:
            stack.down()


def main() -> None:
    """Run all, the quickest first."""
    print("\nparser")
    parse.main()
    print("\nproducer")
    with engines("kafka") as settings:
        producer.measure(settings)
    print("\nstream")
    stream.main()
    print("\nbatch")
    batch.main()


if __name__ == "__main__":
    main()
