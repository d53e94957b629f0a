"""AXI4-Stream: cores whose ports are streams of frames with a handshake."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ulpwise.data.formats import Batch, Bits, Format, SignedDigits
from ulpwise.ports.base import Interface, InterfaceError, Pin, Port, clocked, split
from ulpwise.ports.planes import digit_fields, from_planes, to_planes

if TYPE_CHECKING:
    from ulpwise.ports.pins import Agents


@dataclass(frozen=True)
class Axis:
    """One AXI4-Stream port: the fields of a transaction side by side, first field lowest, in `beats` equal beats.

    Attributes:
        fields: Number formats by field name.
        beats: Beats of a frame, lowest bits first; `tlast` comes with the last.
        user: Fields that `tuser` carries, the same in all beats of a frame.
        planes: The fields are signed digits of `beats` digits each, and beat i holds digit i of all of them: rails p of
            all elements of a field, above them its rails n.
        ragged: Frames may end before the last beat; what is missing reads as zeros (outputs only).
        tlast: What the core makes of frames that are too short, too long, or lack a `tlast` (inputs only): "delimits":
            a frame is what ends with `tlast`, what is missing reads as zeros, what is too much is ignored, so that each
            frame has one result; "ignored": a frame is `beats` beats wherever `tlast` is; "": the bench does not say,
            and it is not tried.
    """

    fields: Mapping[str, Format]
    beats: int = 1
    user: Mapping[str, Format] = field(default_factory=dict)
    planes: bool = False
    ragged: bool = False
    tlast: str = ""

    def __post_init__(self) -> None:
        """Refuse what no core does with `tlast`, and a name that would be two fields."""
        if self.tlast not in {"", "delimits", "ignored"}:
            raise InterfaceError(f"tlast='{self.tlast}': a core delimits its frames by it, or it is ignored")
        for label in self.user:
            if label in self.fields:
                raise InterfaceError(f"field {label} is in tdata and in tuser: rename one of the two")

    @property
    def width(self) -> int:
        """Bits of `tdata`.

        Raises:
            InterfaceError: The fields do not fill the beats evenly.
        """
        total = sum(fmt.width for fmt in self.fields.values())
        even = self.beats >= 1 and total % self.beats == 0
        if self.planes:
            even = all(isinstance(fmt, SignedDigits) and fmt.n == self.beats for fmt in self.fields.values())
        if not even:
            raise InterfaceError(f"{total} bits of {', '.join(self.fields)} do not fill {self.beats} equal beats")
        return total // self.beats

    def port(self, name: str, *, setup: bool = False) -> Port:
        """Return the port of the harness that moves this stream."""
        user = sum(fmt.width for fmt in self.user.values())
        return Port(name, self.width + user, self.beats, 0, user, setup, self.ragged, self.tlast)

    def pack(self, batch: Batch) -> Bits:
        """Lay out a batch as beats (rows * beats, width of the port)."""
        if self.planes:
            data = to_planes(digit_fields(self.fields), batch, self.beats)
        else:
            data = np.concatenate([fmt.to_bits(batch[name]) for name, fmt in self.fields.items()], axis=1)
        data = data.reshape(-1, self.width)
        user = [np.repeat(fmt.to_bits(batch[name]), self.beats, axis=0) for name, fmt in self.user.items()]
        return np.concatenate([data, *user], axis=1)

    def unpack(self, beats: Bits) -> Batch:
        """Read beats back: the inverse of `pack`."""
        data = np.ascontiguousarray(beats[:, : self.width])
        if self.planes:
            batch = from_planes(digit_fields(self.fields), data, self.beats)
        else:
            batch = split(self.fields, data.reshape(-1, self.beats * self.width))
        if self.user:
            batch |= split(self.user, beats[:: self.beats, self.width :])
        return batch


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
        for name in self.setup:
            if name in self.inputs:
                raise InterfaceError(f"stream {name} is a set-up and an input: rename one of the two")
        for name, axis in self.outputs.items():
            if axis.tlast:
                raise InterfaceError(f"output stream {name} says what its core makes of tlast: inputs alone do")

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
        setup = [axis.port(f"s_axis_{name}", setup=True) for name, axis in self.setup.items()]
        return [*setup, *(axis.port(f"s_axis_{name}") for name, axis in self.inputs.items())]

    @property
    def sinks(self) -> list[Port]:
        """One a stream."""
        return [axis.port(f"m_axis_{name}") for name, axis in self.outputs.items()]

    @property
    def pauses(self) -> list[str]:
        """One a stream."""
        return [port.name for port in (*self.sources, *self.sinks)]

    def pins(self) -> list[Pin]:
        """Data and handshake of every stream."""
        found = clocked()
        for port in self.sources:
            found += _stream(port, "tdata", ("input", "output"))
        for port in self.sinks:
            found += _stream(port, "data", ("output", "input"))
        return found

    def port_of(self, field: str) -> str:
        """Return the name of the port that a field of the set-up travels over; KeyError when there is none."""
        names = {label: name for name, axis in self.setup.items() for label in (*axis.fields, *axis.user)}
        return f"s_axis_{names[field]}"

    def _input(self, port: Port) -> Axis:
        return {**self.setup, **self.inputs}[port.name.removeprefix("s_axis_")]

    def pack(self, port: Port, batch: Batch) -> tuple[Bits, Bits]:
        """Lay the fields of one stream out as beats; of a setup stream, a frame whenever its fields change."""
        axis = self._input(port)
        if port.setup:
            loads = self.loads(batch)
            batch = {name: batch[name][loads] for name in (*axis.fields, *axis.user)}
        bits = axis.pack(batch)
        return bits, np.zeros((len(bits) // port.beats, 0), np.uint8)

    def unpack_input(self, port: Port, beats: Bits, held: Bits) -> Batch:
        """Inverse of `pack`; there are no held words."""
        del held
        return self._input(port).unpack(beats)

    def unpack(self, port: Port, beats: Bits) -> Batch:
        """Join the beats of each frame and split them into fields."""
        return self.outputs[port.name.removeprefix("m_axis_")].unpack(beats)


def _stream(port: Port, wire: str, sides: tuple[str, str]) -> list[Pin]:
    """Connect a stream; `sides` are the directions of data and `tready`, `wire` ends the name of the data."""
    data, (forward, backward) = port.width - port.user, sides
    found = [Pin(f"{port.name}_tdata", forward, data, f"{port.name}_{wire}[0 +: {data}]")]
    if port.user:
        found.append(Pin(f"{port.name}_tuser", forward, port.user, f"{port.name}_{wire}[{data} +: {port.user}]"))
    handshake = {"tvalid": forward, "tready": backward, "tlast": forward}
    return found + [Pin(f"{port.name}_{pin}", side, 1, f"{port.name}_{pin}") for pin, side in handshake.items()]


def _merge(streams: Mapping[str, Axis]) -> dict[str, Format]:
    """Collect the fields of all streams, which share one name space."""
    merged: dict[str, Format] = {}
    for name, axis in streams.items():
        for label, fmt in {**axis.fields, **axis.user}.items():
            if label in merged:
                raise InterfaceError(f"field {label} of stream {name} has the name of another stream's field")
            merged[label] = fmt
    return merged
