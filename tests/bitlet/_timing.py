"""When beats move at the Bitlet cores, as their headers promise it: what several benches share."""

from __future__ import annotations

import numpy as np

from models.bitlet.array import schedule
from ulpwise import Array, Batch
from ulpwise.bench import timing

PIPELINE = 4  # cycles of a sum behind the lanes, which stand still together; then come two registers that do not


def engine(spent: Array, latency: int) -> Batch:
    """Groups that follow each other in an engine without a gap: each is taken when the one before has left.

    Args:
        spent: Cycles of each group in the engine, (rows, groups).
        latency: Cycles from then to its sum.
    """
    taken = timing.begins(spent.size, spent.ravel()).reshape(spent.shape)
    return {"g": taken, "s": taken + spent + latency}


def element(spent: Array, latency: int) -> Batch:
    """Groups that queue up in front of an engine, and results; nothing holds those up.

    Args:
        spent: Cycles of each group in the engine, (rows, groups).
        latency: Cycles from the last beat to the result besides those of the last group, with nothing in front of it.
    """
    taken, entered = schedule(spent.reshape(-1, 1))
    taken, entered = taken.reshape(spent.shape), entered.reshape(spent.shape)
    # two cycles in front of the engine are part of when a group enters it
    return {"w": taken, "a": taken, "z": entered[:, -1] + spent[:, -1] + latency - 2}


def elements(spent: Array) -> Batch:
    """Elements that take their groups together and offer their results together, cycle by cycle.

    As in `models.bitlet.array.schedule`, and what that leaves out: an element whose results wait stands still.

    Args:
        spent: Cycles of each group in the lanes of each element, (rows, M, groups).
    """
    rows, m, groups = spent.shape
    line = np.moveaxis(spent, 1, 2).reshape(-1, m)
    taken, offered = [], []
    none = np.full(m, -1)
    first, second, inside = none, none, none  # group in each stage of bitlet_align and in the lanes; -1 for none
    left = np.zeros(m, int)  # cycles that the lanes still need
    behind = np.zeros((PIPELINE + 2, m), bool)  # there is a result
    cycle = 0
    while len(offered) < rows:
        out = bool(behind[-1].all())
        go = ~behind[-1] | out
        move = ~behind[-2] | go
        ready = move & (left <= 1)
        forward = (second < 0) | ready
        room = (first < 0) | forward
        take = bool(room.all()) and len(taken) < len(line)
        ends = (left == 1) & (inside % groups == groups - 1)
        offered += [cycle] * out
        load = ready & (second >= 0)
        behind = np.vstack(
            [
                np.where(move, np.vstack([ends, behind[: PIPELINE - 1]]), behind[:PIPELINE]),
                np.where(move, behind[PIPELINE - 1], behind[-2]),
                np.where(go, behind[-2], behind[-1]),
            ]
        )
        left = np.where(load, line[second, np.arange(m)], np.where(move, np.maximum(left - 1, 0), left))
        inside = np.where(load, second, inside)
        second = np.where(forward, first, second)
        first = np.where(room, len(taken) if take else -1, first)
        taken += [cycle] * take
        cycle += 1
    return {"a": np.array(taken).reshape(rows, groups), "z": np.array(offered)}
