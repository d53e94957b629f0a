"""AXI4-Stream: cores whose ports are streams of frames with a handshake."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ulpwise.data.formats import Batch, Bits, Format
from ulpwise.ports.axis.keep import Keep
from ulpwise.ports.axis.stream import Axis
from ulpwise.ports.base import Interface, InterfaceError, Lasts, Pin, Port, clocked

if TYPE_CHECKING:
    from ulpwise.ports.pins import Agents

__all__ = ["Axis", "Keep", "Streams"]


@dataclass(frozen=True)
class Streams(Interface):
    """AXI4-Stream ports `s_axis_<name>_*` and `m_axis_<name>_*`; transaction i is frame i of every stream.

    Attributes:
        inputs: Streams into the core by name.
        outputs: Streams out of the core by name.
        setup: Streams that load what serves many transactions, such as weights. Their fields are part of every
            transaction; a frame is sent before the first transaction of a batch and whenever the fields change.
    """

    inputs: Mapping[str, Axis]
    outputs: Mapping[str, Axis]
    setup: Mapping[str, Axis] = field(default_factory=dict)
    part = Path(__file__).with_name("part.v.j2")
    timed = True

    def __post_init__(self) -> None:
        """Refuse what the harness cannot move."""
        for name, axis in self.setup.items():
            if name in self.inputs:
                raise InterfaceError(f"stream {name} is a set-up and an input: rename one of the two")
            if axis.keep and axis.keep.count:
                raise InterfaceError(
                    f"set-up stream {name} has count='{axis.keep.count}': its frames have all their beats"
                )
        for name, axis in self.outputs.items():
            if axis.tlast:
                raise InterfaceError(f"output stream {name} says what its core makes of tlast: inputs alone do")
        self._keep_pace()

    def _keep_pace(self) -> None:
        """Refuse streams beside an input that cannot wait for them."""
        free = next((name for name, axis in self.inputs.items() if not axis.ready), None)
        if free is None:
            return
        if len(self.inputs) > 1:
            raise InterfaceError(f"input stream {free} has no tready, and would run ahead of the other inputs")
        for name, axis in self.outputs.items():
            if axis.ready:
                hint = f"say ready=False for {name}, and tie its tready to 1 if it has one"
                raise InterfaceError(
                    f"input stream {free} has no tready, so nothing may keep output {name} waiting: {hint}"
                )

    def agents(self) -> Agents:
        """Drive, watch and answer streams."""
        from ulpwise.ports.axis.beat import AGENTS  # noqa: PLC0415 (imports cocotb, in the simulator only)

        return AGENTS

    @property
    def input_fields(self) -> dict[str, Format]:
        """Fields of all input streams, those of the setup first."""
        return _merge({**self.setup, **self.inputs})

    @property
    def setup_fields(self) -> dict[str, Format]:
        """Fields of the setup streams."""
        return _merge(self.setup)

    @property
    def output_fields(self) -> dict[str, Format]:
        """Fields of all output streams."""
        return _merge(self.outputs)

    @property
    def sources(self) -> list[Port]:
        """One a stream, those of the setup first."""
        setup = [axis.port(f"s_axis_{name}", source=True, setup=True) for name, axis in self.setup.items()]
        return [*setup, *(axis.port(f"s_axis_{name}", source=True) for name, axis in self.inputs.items())]

    @property
    def sinks(self) -> list[Port]:
        """One a stream."""
        return [axis.port(f"m_axis_{name}") for name, axis in self.outputs.items()]

    @property
    def pauses(self) -> list[str]:
        """One a stream, but for outputs that nothing can keep waiting."""
        return [port.name for port in (*self.sources, *(port for port in self.sinks if port.ready))]

    @property
    def mixes(self) -> bool:
        """Whether the core can keep set-ups waiting as well as frames."""
        return all(axis.ready for axis in (*self.setup.values(), *self.inputs.values()))

    def pins(self) -> list[Pin]:
        """Data and handshake of every stream."""
        found = clocked()
        for port in self.sources:
            found += self._input(port).pins(port, "tdata", ("input", "output"))
        for port in self.sinks:
            found += self._output(port).pins(port, "data", ("output", "input"))
        return found

    def port_of(self, field: str) -> str:
        """Return the name of the port that a field of the set-up travels over; KeyError when there is none."""
        names = {label: name for name, axis in self.setup.items() for label in axis.carried}
        return f"s_axis_{names[field]}"

    def _input(self, port: Port) -> Axis:
        return {**self.setup, **self.inputs}[port.name.removeprefix("s_axis_")]

    def _output(self, port: Port) -> Axis:
        return self.outputs[port.name.removeprefix("m_axis_")]

    def pack(self, port: Port, batch: Batch) -> tuple[Bits, Bits]:
        """Lay the fields of one stream out as beats; of a setup stream, a frame whenever its fields change."""
        axis = self._input(port)
        if port.setup:
            loads = self.loads(batch)
            batch = {name: batch[name][loads] for name in axis.carried}
        bits = axis.pack(batch)
        return bits, np.zeros((len(bits) // port.beats, 0), np.uint8)

    def unpack_input(self, port: Port, beats: Bits, held: Bits) -> Batch:
        """Inverse of `pack`; there are no held words."""
        del held
        return self._input(port).unpack(beats)

    def unpack(self, port: Port, beats: Bits) -> Batch:
        """Join the beats of each frame and split them into fields."""
        return self._output(port).unpack(beats)

    def dress(self, port: Port, beats: Bits, rng: np.random.Generator) -> tuple[Bits, Lasts | None]:
        """What `tkeep` leaves out is noise, or is not sent."""
        return self._input(port).dress(beats, rng)

    def breaches(self, port: Port, beats: Bits) -> int:
        """Of `tkeep`."""
        return self._output(port).breaches(beats)

    def comparable(self, batch: Batch) -> Batch:
        """Zeros for the bytes that `tkeep` leaves out."""
        kept = [axis for axis in self.outputs.values() if axis.keep]
        return batch | {name: values for axis in kept for name, values in axis.unpack(axis.pack(batch)).items()}


def _merge(streams: Mapping[str, Axis]) -> dict[str, Format]:
    """Collect the fields of all streams, which share one name space."""
    merged: dict[str, Format] = {}
    for name, axis in streams.items():
        for label, fmt in axis.carried.items():
            if label in merged:
                raise InterfaceError(f"field {label} of stream {name} has the name of another stream's field")
            merged[label] = fmt
    return merged
