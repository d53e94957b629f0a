"""Finds the fewest runs of a core that reach the coverage of all its runs, or most of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ulpwise.coverage.record import points

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from ulpwise.closure.regression import RunData

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
        reach: Percent of them that the set had to reach.
        proved: Whether no smaller set reaches as much.
    """

    chosen: tuple[Ranked, ...]
    items: int
    reach: float
    proved: bool


def rank(runs: Sequence[RunData], file: str, reach: float = 100.0) -> Ranking:
    """Choose the smallest set of runs that covers the same bins and code points as all of them, or most of these.

    Args:
        runs: The runs of one core.
        file: Its source file, whose points count.
        reach: Percent of what all runs cover. At 100 a bin counts for each configuration that has it, so that each is
            run at least once; below it counts once, whichever configuration hits it.

    Returns:
        The set; of several smallest sets one that takes the fewest seconds. A bin that needs `at_least` hits is
        covered by a set whose hits add up to as many.
    """
    hits, need = _matrix(runs, file, apart=reach >= 100)
    if not len(need):
        return Ranking((), 0, reach, proved=True)
    rows, counts = np.unique(np.column_stack([hits, need]), axis=0, return_counts=True)
    wanted = int(np.ceil(len(need) * reach / 100 - 1e-9))
    chosen, proved = _fewest(rows[:, :-1], rows[:, -1], counts, wanted, np.array([run.seconds for run in runs]))
    return Ranking(tuple(_order(runs, hits, need, chosen)), len(need), reach, proved)


def _matrix(runs: Sequence[RunData], file: str, *, apart: bool) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return hits (items, runs) of the items that all runs together cover, and how many hits each needs.

    Hits beyond those that are needed do not count. Bins of several configurations are kept apart, or not.
    """
    rows: dict[object, int] = {}
    needs: list[int] = []
    parts: list[tuple[list[int], list[int]]] = []
    for run in runs:
        parts.append(([], []))
        for key, count, at_least in _items(run, file):
            row = rows.setdefault(key if apart or len(key) == 4 else key[1:], len(needs))
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


def _items(run: RunData, file: str) -> Iterable[tuple[tuple[object, ...], int, int]]:
    """Yield the key of what a run may cover, how often it did, and how often it must.

    A bin's key is its configuration, point and name; that of a point of code has four parts.
    """
    record = run.functional()
    for name, point in points(record).items() if record else ():
        for item, count in point["bins"].items():
            yield (run.config, name, item), count, point["at_least"]
    for row in run.code():
        if row[0] == file:
            yield row[1:5], row[6], 1


def _fewest(
    hits: NDArray[np.int64],
    need: NDArray[np.int64],
    counts: NDArray[np.int64],
    wanted: int,
    seconds: NDArray[np.float64],
) -> tuple[list[int], bool]:
    """Solve the covering problem: choose runs, and items that they cover.

    Args:
        hits: Of each item (row) by each run.
        need: Hits that each item needs.
        counts: How many items each row stands for.
        wanted: Items to cover.
        seconds: Of each run.

    Returns:
        The runs, and whether the solver proved that none are fewer.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp  # noqa: PLC0415 (slow to import)
    from scipy.sparse import csr_array, diags_array, hstack  # noqa: PLC0415 (slow to import)

    items, runs = hits.shape
    # all seconds together weigh less than one run
    cost = np.r_[1 + 0.5 * seconds / (seconds.sum() + 1), np.zeros(items)]
    least = np.r_[np.zeros(runs), np.full(items, float(wanted == counts.sum()))]
    covers = hstack([csr_array(hits), -diags_array(need.astype(np.float64))], format="csr")
    solved = milp(
        cost,
        integrality=np.ones(len(cost)),
        bounds=Bounds(least, 1),
        constraints=[
            LinearConstraint(covers, 0, np.inf),
            LinearConstraint(np.r_[np.zeros(runs), counts], wanted, np.inf),
        ],
        options={"time_limit": PATIENCE, "mip_rel_gap": 0},
    )
    if solved.x is None:
        return list(range(runs)), False
    return np.flatnonzero(solved.x[:runs] > 0.5).tolist(), solved.status == 0


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
