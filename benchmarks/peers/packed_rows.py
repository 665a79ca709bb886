"""A key's rows as bytes: what quixstreams keeps in its state, as that holds no objects.

Whole numbers of 64 bits: a start and a running sum for each window, then pairs of time and amount.
"""

from __future__ import annotations

from array import array

from benchmarks.peers.work import Window


def add_row(
    packed: bytes | None, windows: tuple[Window, ...], time_ms: int, amount_cents: int
) -> tuple[bytes, list[int]]:
    """Add an event, later than those before it; return the bytes, and the value of each window."""
    width = 2 * len(windows)
    numbers = array("q", packed or bytes(8 * width))
    numbers.extend((time_ms, amount_cents))
    values = []
    for place, window in enumerate(windows):
        start, total = numbers[2 * place], numbers[2 * place + 1] + amount_cents
        while numbers[width + 2 * start] < time_ms - window.window_ms:
            total -= numbers[width + 2 * start + 1]
            start += 1
        numbers[2 * place], numbers[2 * place + 1] = start, total
        rows = (len(numbers) - width) // 2 - start
        values.append(rows if window.function == "count" else total)
    _let_go(numbers, width)
    return numbers.tobytes(), values


def _let_go(numbers: array[int], width: int) -> None:
    """Drop the rows that no window needs, once they are half of all."""
    unused = min(numbers[place] for place in range(0, width, 2))
    if 4 * unused > len(numbers) - width:
        del numbers[width : width + 2 * unused]
        for place in range(0, width, 2):
            numbers[place] -= unused
