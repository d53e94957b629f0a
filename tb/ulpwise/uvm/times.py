"""When the beats of an item moved, and whether that is as the bench says."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ulpwise.data.formats import Batch
from ulpwise.ports.base import Interface, Port
from ulpwise.system.fault import refusal
from ulpwise.uvm.context import Context

Times = NDArray[np.int64]
"""Clock cycle of each beat of a port, in order."""
NEVER = -1  # the cycle of a beat that did not move, but fills up a frame that ended early


def served(interface: Interface, times: Mapping[str, Times], begins: Times) -> tuple[dict[str, NDArray[np.intp]], int]:
    """Find out which set-up frame each frame met: the last one that was whole before its first beat.

    Args:
        interface: The ports.
        times: Cycles of the beats by the name of the port, of the set-up streams at least.
        begins: Cycle of the first beat of each frame.

    Returns:
        Number of the set-up frame by the name of the port, (rows,) from 0; and how many frames began between the beats
        of a set-up frame.
    """
    found: dict[str, NDArray[np.intp]] = {}
    between = np.zeros(len(begins), bool)
    for port in interface.sources:
        if port.setup:
            loaded = np.searchsorted(times[port.name], begins, side="left")
            found[port.name] = np.maximum(loaded // port.beats - 1, 0)
            between |= loaded % port.beats != 0
    return found, int(between.sum())


def check(context: Context, inputs: Batch, times: Mapping[str, Times]) -> None:
    """Compare the cycles of an unstalled item with those that the bench declares, and note the first that differs.

    Args:
        context: The simulation.
        inputs: What went in.
        times: Cycles of the beats of every port by its name.
    """
    assert context.bench.timing is not None
    declared = context.bench.timing(context.config, inputs)
    data = [port for port in context.interface.sources if not port.setup]
    names = {_short(port) for port in (*data, *context.interface.sinks)}
    if unknown := sorted(declared.keys() - names):
        text = f"timing names {', '.join(unknown)}; the streams are {', '.join(sorted(names))}"
        raise refusal(text, context.bench.timing, context.root)
    begins = [times[port.name][0] for port in data if len(times[port.name])]
    if context.observed.untimely or not begins:
        return
    for port in (*data, *context.interface.sinks):
        short = _short(port)
        if short in declared:
            found = times[port.name]
            name = context.bench.wiring.shown(port.name)
            text = _differs(name, np.asarray(declared[short]), np.where(found == NEVER, NEVER, found - min(begins)))
            context.observed.timed += len(times[port.name])
            if text:
                context.observed.untimely = text
                return


def _short(port: Port) -> str:
    """Return the name by which a bench calls a stream."""
    return port.name.partition("_axis_")[2] or port.name


def _differs(name: str, declared: NDArray[np.int64], found: Times) -> str:
    """Describe the first beat that came too early or too late; nothing when none did."""
    declared, found = declared.reshape(len(declared), -1), found[found != NEVER]
    at = np.argwhere(declared >= 0)
    wanted = declared[declared >= 0]
    same = min(len(wanted), len(found))
    late = np.flatnonzero(wanted[:same] != found[:same])
    if not len(late):
        return ""
    row, beat = at[late[0]].tolist()
    return (
        f"{name}: beat {beat} of transaction {row} moved in cycle {int(found[late[0]])} of an unstalled sequence, "
        f"not in {int(wanted[late[0]])}"
    )
