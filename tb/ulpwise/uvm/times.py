"""When the beats of an item moved, and whether that is as the bench says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

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

    Raises:
        UserFault: The bench does not declare every beat of every stream.
    """
    ports = [port for port in (*context.interface.sources, *context.interface.sinks) if not port.setup]
    rows = len(next(iter(inputs.values())))
    if not rows:  # a core that hangs
        return
    declared = _declared(context, inputs, rows, ports)
    observed = context.observed
    begins = [times[port.name][0] for port in context.interface.sources if not port.setup and len(times[port.name])]
    for port in ports:
        if observed.untimely or observed.hung or not begins:
            return
        found = times[port.name]
        observed.timed += len(found)
        observed.untimely = _differs(
            context.bench.wiring.shown(port.name), declared[port.name], found[found != NEVER] - min(begins)
        )


def _declared(context: Context, inputs: Batch, rows: int, ports: Sequence[Port]) -> dict[str, NDArray[np.int64]]:
    """Ask the bench for the cycles of all beats, (rows, beats) by the name of the port; UserFault."""
    timing = context.bench.timing
    assert timing is not None
    refuse = partial(refusal, function=timing, root=context.root)
    given: Any = timing(context.config, inputs)
    if not isinstance(given, Mapping):
        raise refuse(f"timing gives {type(given).__name__}, not a dict of arrays")
    names = {_short(port): port for port in ports}
    if unknown := sorted(given.keys() - names.keys()):
        raise refuse(f"timing names {', '.join(unknown)}; the streams are {', '.join(sorted(names))}")
    if absent := sorted(names.keys() - given.keys()):
        raise refuse(f"timing leaves out {', '.join(absent)}; the streams are {', '.join(sorted(names))}")
    declared = {}
    for name, port in names.items():
        cycles = np.asarray(given[name])
        if cycles.dtype.kind not in "iu":
            raise refuse(f"timing {name}: {cycles.dtype} values are no cycles")
        if cycles.ndim == 0 or len(cycles) != rows:
            raise refuse(f"timing {name}: shape {cycles.shape} for {rows} transactions of {port.beats} beats")
        declared[port.name] = cycles = cycles.reshape(rows, -1)
        beats = cycles.shape[1]
        if beats > port.beats or (beats < port.beats and not port.ragged):
            raise refuse(f"timing {name}: {beats} beats a transaction, where the stream has {port.beats}")
        least = (cycles[:, :1] if port.ragged else cycles).min(initial=0)  # any frame has a first beat
        if least < 0 and not port.sparse:
            raise refuse(f"timing {name}: a beat in cycle {least}, but all beats of this stream come")
    return declared


def _short(port: Port) -> str:
    """Return the name by which a bench calls a stream."""
    return port.name.partition("_axis_")[2] or port.name


def _differs(name: str, declared: NDArray[np.int64], found: Times) -> str:
    """Describe the first beat that came too early or too late, or which is missing; nothing when none did."""
    at = np.argwhere(declared >= 0)
    wanted = declared[declared >= 0]
    same = min(len(wanted), len(found))
    late = np.flatnonzero(wanted[:same] != found[:same])
    if not len(late):
        more = f"{name}: {len(found)} beats of an unstalled sequence moved, not {len(wanted)}"
        return more if len(wanted) != len(found) else ""
    row, beat = at[late[0]].tolist()
    return (
        f"{name}: beat {beat} of transaction {row} moved in cycle {int(found[late[0]])} of an unstalled sequence, "
        f"not in {int(wanted[late[0]])}"
    )
