"""Makes a failing batch small: the fewest transactions, in their order, that still fail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ulpwise.data.formats import Batch

ATTEMPTS = 24  # each costs a simulation of about a second

EARLIER = "depends on earlier transactions: the one that failed passes on its own"
MORE = "depends on more than the batch, such as stalls, a reset or batches before it: on its own the batch passes"


@dataclass(frozen=True)
class Shrunk:
    """What is left of a failing batch.

    Attributes:
        batch: The fewest transactions found that fail; None when not even the whole batch fails again.
        depends: What the failure depends on besides the transaction that failed; empty when on nothing.
    """

    batch: Batch | None
    depends: str = ""


def shrink(batch: Batch, row: int, fails: Callable[[Batch], bool], attempts: int = ATTEMPTS) -> Shrunk:
    """Search for the smallest part of a batch that still fails; each try is a run from reset.

    First the transaction that failed alone. When that passes, all from the start of the batch up to it, or at last the
    whole batch; from that the near past, or halves, quarters and so on are taken out as long as it still fails. What is
    left keeps its order, so that to a golden model which sees a whole sequence it is a sequence like any other.

    Args:
        batch: Input fields of the failing batch, one row a transaction.
        row: The first row that failed.
        fails: Runs a batch from reset and tells whether it still fails.
        attempts: Calls of `fails` at most, but for those that find whether the batch fails at all.

    Returns:
        The smallest batch found, and what the failure depends on.
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

    if end and still(np.arange(end - 1, end)):
        return Shrunk(part(np.arange(end - 1, end)))
    whole = [np.arange(size) for size in dict.fromkeys((end, rows)) if size > 1]
    picks = next((rows_ for rows_ in whole if still(rows_)), None)
    if picks is None:
        return Shrunk(None, MORE)
    picks = _recent(picks, still)
    chunk = len(picks) // 2
    while chunk and left > 0:
        for at in range(0, len(picks), chunk):
            rest = np.delete(picks, slice(at, at + chunk))
            if left > 0 and len(rest) and still(rest):
                picks = rest
                break
        else:
            chunk //= 2
    return Shrunk(part(picks), EARLIER if len(picks) > 1 else "")


def _recent(picks: np.ndarray, still: Callable[[np.ndarray], bool]) -> np.ndarray:
    """Look whether the last few rows are enough: what a failure depends on is mostly near."""
    size = 8
    while size < len(picks) // 2:
        if still(picks[-size:]):
            return picks[-size:]
        size *= 8
    return picks
