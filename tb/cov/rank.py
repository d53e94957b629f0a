"""Finds the fewest runs of a core that reach the coverage of all its runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tb._covdata import points

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from tb.cov.regression import RunData

PATIENCE = 120.0  # seconds for one core; a search that takes longer gives the best set found


@dataclass(frozen=True)
class Ranked:
    """A chosen run.

    Attributes:
        run: The run.
        adds: Bins and points that it covers and the ones before it do not.
        share: Percent of all that is covered by it and the ones before it.
    """

    run: RunData
    adds: int
    share: float


@dataclass(frozen=True)
class Ranking:
    """The chosen runs of a core.

    Attributes:
        chosen: The runs, the one that adds most first.
        items: Bins and points of code that all runs together cover.
        proved: Whether no smaller set reaches the same.
    """

    chosen: tuple[Ranked, ...]
    items: int
    proved: bool


def rank(runs: Sequence[RunData], file: str) -> Ranking:
    """Choose the smallest set of runs that covers the same bins and code points as all of them.

    Args:
        runs: The runs of one core.
        file: Its source file, whose points count.

    Returns:
        The set; of several smallest sets one that takes the fewest seconds. A bin that needs `at_least` hits is
        covered by a set whose hits add up to as many.
    """
    hits, need = _matrix(runs, file)
    if not len(need):
        return Ranking((), 0, proved=True)
    rows = np.unique(np.column_stack([hits, need]), axis=0)
    chosen, proved = _fewest(rows[:, :-1], rows[:, -1], np.array([run.seconds for run in runs]))
    return Ranking(tuple(_order(runs, hits, need, chosen)), len(need), proved)


def _matrix(runs: Sequence[RunData], file: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return hits (items, runs) of the items that all runs together cover, and how many hits each needs.

    Hits beyond those that are needed do not count.
    """
    rows: dict[object, int] = {}
    needs: list[int] = []
    parts: list[tuple[list[int], list[int]]] = []
    for run in runs:
        parts.append(([], []))
        for key, count, at_least in _items(run, file):
            row = rows.setdefault(key, len(needs))
            if row == len(needs):
                needs.append(at_least)
            parts[-1][0].append(row)
            parts[-1][1].append(min(count, at_least))
    hits = np.zeros((len(needs), len(runs)), dtype=np.int64)
    for column, (places, counts) in enumerate(parts):
        hits[places, column] = counts
    need = np.array(needs, dtype=np.int64)
    covered = hits.sum(axis=1) >= need
    return hits[covered], need[covered]


def _items(run: RunData, file: str) -> Iterable[tuple[object, int, int]]:
    """Yield what a run may cover: a name, how often it did, and how often it must."""
    record = run.functional()
    for name, point in points(record).items() if record else ():
        for item, count in point["bins"].items():
            yield (run.config, name, item), count, point["at_least"]
    for row in run.code():
        if row[0] == file:
            yield row[1:5], row[6], 1


def _fewest(hits: NDArray[np.int64], need: NDArray[np.int64], seconds: NDArray[np.float64]) -> tuple[list[int], bool]:
    """Solve the covering problem; runs chosen, and whether the solver proved that none is smaller."""
    from scipy.optimize import Bounds, LinearConstraint, milp  # noqa: PLC0415 (slow to import)
    from scipy.sparse import csr_array  # noqa: PLC0415 (slow to import)

    # all seconds together weigh less than one run
    cost = 1 + 0.5 * seconds / (seconds.sum() + 1)
    solved = milp(
        cost,
        integrality=np.ones(len(cost)),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(csr_array(hits), need, np.inf),
        options={"time_limit": PATIENCE, "mip_rel_gap": 0},
    )
    if solved.x is None:
        return list(range(len(cost))), False
    return np.flatnonzero(solved.x > 0.5).tolist(), solved.status == 0


def _order(
    runs: Sequence[RunData], hits: NDArray[np.int64], need: NDArray[np.int64], chosen: list[int]
) -> Iterable[Ranked]:
    """Yield the chosen runs, each time the one that covers most of what is left."""
    reached = np.zeros_like(need)
    left, before = list(chosen), 0
    while left:
        gains = [int((reached + hits[:, each] >= need).sum()) for each in left]
        best = int(np.argmax(gains))
        place = left.pop(best)
        reached += hits[:, place]
        yield Ranked(runs[place], gains[best] - before, 100.0 * gains[best] / len(need))
        before = gains[best]
