"""``make bench``: every benchmark in one go, each on engines of its own."""

from __future__ import annotations

from benchmarks import batch, parse, producer, stream
from benchmarks.engines import engines
from stack.environment import read_env
from stack.platform import settings_of


def main() -> None:
    """Run all, the quickest first."""
    print("\nparser")
    parse.main()
    print("\nproducer")
    with engines("kafka") as stack:
        producer.measure(settings_of(read_env(stack.folder.env)))
    print("\nstream")
    stream.main()
    print("\nbatch")
    batch.main()


if __name__ == "__main__":
    main()
