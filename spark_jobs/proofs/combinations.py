"""How many of the last events of each of some routes have a given count and sum."""

from __future__ import annotations

from itertools import accumulate

from spark_jobs.features.rows import Values

BITS_64 = 0xFFFFFFFFFFFFFFFF
COMBINATIONS_MAX = 50_000


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
    parts = sums[:half], sums[half:]
    if any(_ways(part, count) > COMBINATIONS_MAX for part in parts):
        return None
    lefts, rights = (_combinations(part, count) for part in parts)
    for (taken, summed), cuts in lefts.items():
        met = rights.get((count - taken, (total - summed) & BITS_64))
        if met is not None:
            return cuts + met
    return None


def chosen(numbers: list[int], count: int, total: int) -> tuple[int, ...] | None:
    """1 for each of ``count`` numbers with the sum ``total``, 0 for the others; None as :func:`combined`."""
    left_out = len(numbers) - count
    if count <= left_out:
        return combined([[0, number] for number in numbers], count, total)
    others = chosen(numbers, left_out, (sum(numbers) - total) & BITS_64)
    return None if others is None else tuple(1 - other for other in others)


def _ways(sums: list[list[int]], count: int) -> int:
    """How many ways there are to take up to ``count``."""
    by_taken = [1] + [0] * count
    for of_route in sums:
        up_to = list(accumulate(by_taken, initial=0))
        by_taken = [up_to[taken + 1] - up_to[max(0, taken + 1 - len(of_route))] for taken in range(count + 1)]
    return sum(by_taken)


def _combinations(sums: list[list[int]], count: int) -> dict[tuple[int, int], tuple[int, ...]]:
    found: dict[tuple[int, int], tuple[int, ...]] = {(0, 0): ()}
    for of_route in sums:
        found = {
            (taken + cut, (summed + of_route[cut]) & BITS_64): (*cuts, cut)
            for (taken, summed), cuts in found.items()
            for cut in range(min(len(of_route) - 1, count - taken) + 1)
        }
    return found
