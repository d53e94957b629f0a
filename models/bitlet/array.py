"""Golden model of rtl/bitlet/bitlet_array.v, how its load is balanced, and when it takes its groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.bitlet.pe import processing_element
from models.bitlet.words import Ints


def array(
    weights: NDArray[Any],
    activations: NDArray[Any],
    width: NDArray[Any],
    keep: NDArray[Any],
    out: int = 64,
    *,
    saturate: bool = True,
) -> tuple[NDArray[np.uint64], Ints]:
    """Dot products of the same activations with the weights of each of M processing elements.

    Args:
        weights: Words of 32 bits, (rows, M, groups, N).
        activations: Words of 32 bits, (rows, groups, N).
        width: As in `models.bitlet.pe.processing_element`, like all that follow, (rows,).
        keep: Likewise, (rows,).
        out: Likewise.
        saturate: Likewise.

    Returns:
        Results of 64 bits, (rows, M), and the cycles of each group in the lanes of each element, (rows, M, groups).
    """
    rows, m, groups, n = weights.shape
    pairs = (weights.reshape(-1, groups, n), np.repeat(activations, m, axis=0))
    mode = (np.repeat(width, m), np.repeat(keep, m))
    z, cycles = processing_element(*pairs, *mode, out, saturate=saturate)
    return z.reshape(rows, m), cycles.reshape(rows, m, groups)


@dataclass(frozen=True)
class Balance:
    """How evenly processing elements that share their activations are loaded; all in cycles a group.

    Attributes:
        mean: Of an element, on average.
        slowest: Of the slowest element of each group, on average: what elements in lockstep would take.
        taken: What the array takes: its elements run ahead of the slowest one by two groups.
    """

    mean: float
    slowest: float
    taken: float

    @property
    def share(self) -> float:
        """Mean by slowest: the share of cycles in which lanes in lockstep would work."""
        return self.mean / self.slowest

    @property
    def lost(self) -> float:
        """Cycles a group that an element in lockstep would wait for the slowest one."""
        return self.slowest - self.mean


def balance(cycles: NDArray[Any]) -> Balance:
    """Measure the balance of a run.

    Args:
        cycles: In the lanes, (rows, M, groups); rows follow each other.
    """
    line = np.moveaxis(cycles, 1, 2).reshape(-1, cycles.shape[1])
    _, entered = schedule(line)
    end = int((entered[-1] + line[-1]).max())
    return Balance(float(line.mean()), float(line.max(axis=1).mean()), (end - int(entered[0, 0])) / len(line))


def schedule(cycles: NDArray[Any]) -> tuple[Ints, Ints]:
    """Tell when an array takes groups that are always on offer, if nothing holds up its results.

    A group that is taken in cycle A enters the second stage of bitlet_align in S and the lanes in L, in each element:

        S = max(A + 1, L of the group before),   L = max(S + 1, L of the group before + the cycles of that)

    It is taken when the group before it has left the first stage in every element: A = max S of the group before.

    Args:
        cycles: In the lanes, (groups, M).

    Returns:
        A, (groups,), and L, (groups, M), from A = 0 of the first group on.
    """
    spent = np.asarray(cycles, np.int64)
    taken, entered = np.zeros(len(spent), np.int64), np.zeros_like(spent)
    second = before = free = np.zeros(spent.shape[1], np.int64)
    for i, own in enumerate(spent):
        taken[i] = second.max()
        second = np.maximum(taken[i] + 1, before)
        before = entered[i] = np.maximum(second + 1, free)
        free = before + own
    return taken, entered
