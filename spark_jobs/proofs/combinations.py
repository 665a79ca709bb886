"""How many of the last events of each of some routes have a given count and sum."""

from __future__ import annotations

from spark_jobs.features.rows import Values

BITS_64 = 0xFFFFFFFFFFFFFFFF
COMBINATIONS_MAX = 200_000


def sums_from_the_end(mixes: Values) -> list[int]:
    """Sums modulo 2^64 of none, the first, the first two, ..."""
    sums = [0]
    for mix in mixes.tolist():
        sums.append((sums[-1] + mix) & BITS_64)
    return sums


def combined(sums: list[list[int]], count: int, total: int) -> tuple[int, ...] | None:
    """How many to take of each, so that they are ``count`` and sum up to ``total``.

    Halves meet in the middle. None where there is no way, or too many to try.
    """
    half = len(sums) // 2
    rights = _combinations(sums[half:], count)
    for (taken, summed), cuts in _combinations(sums[:half], count).items():
        met = rights.get((count - taken, (total - summed) & BITS_64))
        if met is not None:
            return cuts + met
    return None


def _combinations(sums: list[list[int]], count: int) -> dict[tuple[int, int], tuple[int, ...]]:
    found: dict[tuple[int, int], tuple[int, ...]] = {(0, 0): ()}
    for of_route in sums:
        found = {
            (taken + cut, (summed + of_route[cut]) & BITS_64): (*cuts, cut)
            for (taken, summed), cuts in found.items()
            for cut in range(min(len(of_route) - 1, count - taken) + 1)
        }
        if len(found) > COMBINATIONS_MAX:
            return {}
    return found
