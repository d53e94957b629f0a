"""Makes a failing batch small: the fewest transactions, in their order, that still fail."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tb.formats import Batch

ATTEMPTS = 24  # each costs a simulation of about a second


def shrink(batch: Batch, row: int, fails: Callable[[Batch], bool], attempts: int = ATTEMPTS) -> Batch | None:
    """Search for the smallest part of a batch that still fails.

    First the transaction that failed alone, then with more and more of what came before it, then with halves, quarters
    and so on of that taken out.

    Args:
        batch: Input fields of the failing batch, one row a transaction.
        row: The first row that failed.
        fails: Runs a batch and tells whether it still fails.
        attempts: Calls of `fails` at most.

    Returns:
        The smallest batch found, or None when not even the rows up to the failing one fail again (the failure then
        depends on more than the transactions, such as on the stalls).
    """
    left = attempts
    rows = len(next(iter(batch.values())))
    end = min(row + 1, rows)

    def part(picks: np.ndarray) -> Batch:
        return {name: values[picks] for name, values in batch.items()}

    def still(picks: np.ndarray) -> bool:
        nonlocal left
        left -= 1
        return fails(part(picks))

    picks = _grow(end, rows, still)
    if picks is None:
        return None
    chunk = len(picks) // 2
    while chunk and left > 0:
        for at in range(0, len(picks), chunk):
            rest = np.delete(picks, slice(at, at + chunk))
            if left > 0 and len(rest) and still(rest):
                picks = rest
                break
        else:
            chunk //= 2
    return part(picks)


def _grow(end: int, rows: int, still: Callable[[np.ndarray], bool]) -> np.ndarray | None:
    """Take more and more of the rows before `end` until they fail, at last all rows."""
    size = 1
    while size < end:
        window = np.arange(end - size, end)
        if still(window):
            return window
        size *= 8
    for window in (np.arange(end), np.arange(rows)):
        if len(window) and still(window):
            return window
    return None
