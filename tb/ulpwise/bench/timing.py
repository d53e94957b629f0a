"""Helps a bench to say when beats move: latency and period of its core, as its header promises them.

All cycles are those of a sequence in which sources always offer and sinks are always ready, from its first beat on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Cycles: TypeAlias = NDArray[np.int64]


def rows(batch: Mapping[str, ArrayLike]) -> int:
    """Return the number of transactions of a batch."""
    return len(np.asarray(next(iter(batch.values()))))


def begins(count: int, period: ArrayLike) -> Cycles:
    """Return the cycle in which each of `count` frames begins, when the next begins `period` cycles later.

    Args:
        count: Frames.
        period: Cycles from the first beat of a frame to that of the next: a number, or one a frame, (count,).
    """
    steps = np.broadcast_to(np.asarray(period, np.int64), (count,))
    return np.concatenate([np.zeros(min(count, 1), np.int64), np.cumsum(steps[:-1])])


def beats(first: ArrayLike, count: ArrayLike, most: int | None = None) -> Cycles:
    """Return the cycles of `count` beats in a row from a first one on.

    Args:
        first: Cycle of the first beat of each frame, (rows,).
        count: Beats of a frame: a number, or one a frame, (rows,).
        most: Beats of the longest frame there is; unless given, that of the longest one here.

    Returns:
        Array (rows, beats); -1 behind the last beat of a frame.
    """
    start = np.atleast_1d(np.asarray(first, np.int64))
    length = np.broadcast_to(np.asarray(count, np.int64), start.shape)
    places = np.arange(int(length.max(initial=0)) if most is None else most)
    return np.where(places < length[:, None], start[:, None] + places, -1)


def steady(
    count: int, inputs: Mapping[str, int], outputs: Mapping[str, int], *, latency: ArrayLike, period: ArrayLike
) -> dict[str, Cycles]:
    """Return the cycles of a core that takes frames at a period and answers each after a latency, a beat a cycle.

    Args:
        count: Frames.
        inputs: Beats of a frame by the name of the input stream.
        outputs: Beats of a frame by the name of the output stream.
        latency: Cycles from the first beat of a frame to the first of its results: a number, or one a frame.
        period: Cycles from the first beat of a frame to that of the next: a number, or one a frame.

    Returns:
        Arrays (count, beats) by the name of the stream.
    """
    start = begins(count, period)
    found = {name: beats(start, number) for name, number in inputs.items()}
    return found | {name: beats(start + np.asarray(latency), number) for name, number in outputs.items()}
