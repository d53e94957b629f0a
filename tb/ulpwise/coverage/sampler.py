"""Functional coverage: points and crosses declared beside a bench, sampled over whole batches.

A `Point` draws numbers from a batch (inputs and outputs of the transactions in one dict) and counts the bins they fall
into; a `Cross` counts combinations of bins of points in the same row. `Coverage` collects; its record, plain JSON, is
added up by `merge` and read by `summary` and `covered`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ulpwise.coverage.bins import Bin, Bins, CoverageError, ranges, transitions, values
from ulpwise.coverage.count import GroupCounter
from ulpwise.coverage.groups import CoverGroup, Cross, Point
from ulpwise.coverage.record import SCHEMA, Record, Summary, covered, merge, summary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ulpwise.data.formats import Batch

__all__ = [
    "Bin",
    "Bins",
    "CoverGroup",
    "Coverage",
    "CoverageError",
    "Cross",
    "Point",
    "Record",
    "Summary",
    "covered",
    "merge",
    "ranges",
    "summary",
    "transitions",
    "values",
]


class Coverage:
    """Counts the samples of one stream of transactions.

    Raises:
        CoverageError: Two groups have the same name.
    """

    def __init__(self, groups: Sequence[CoverGroup]) -> None:
        names = [group.name for group in groups]
        for i, name in enumerate(names):
            if name in names[:i]:
                raise CoverageError(f"group '{name}' is declared twice")
        self._counters = {group.name: GroupCounter(group) for group in groups}

    def sample(self, batch: Batch) -> None:
        """Count a batch: inputs and outputs of consecutive transactions, row by row in one dict of arrays.

        Raises:
            CoverageError: A sample is not an array of numbers with one row a transaction.
        """
        for counter in self._counters.values():
            counter.sample(batch)

    def restart(self) -> None:
        """Forget the last row, so that no transition is counted across a reset."""
        for counter in self._counters.values():
            counter.restart()

    def to_json(self) -> Record:
        """Return the counts as plain JSON data.

        Returns:
            `{"schema": 1, "groups": {group: {"points": {point: {kind, definition, at_least, samples, bins, other,
            illegal}}}}}`; bins and illegal map names to counts, and all counts of a point add up to its samples (for
            transitions, the pairs of consecutive rows).
        """
        return {"schema": SCHEMA, "groups": {name: counter.to_json() for name, counter in self._counters.items()}}

    def summary(self) -> Summary:
        """Sum up what was counted so far, as the function `summary` does."""
        return summary(self.to_json())

    def covered(self, name: str) -> bool:
        """Tell whether group.point or group.point.bin is covered so far, as the function `covered` does."""
        return covered(self.to_json(), name)
