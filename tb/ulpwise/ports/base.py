"""The pins of a core: what kind of ports it has, and how the fields of a transaction travel over them.

An interface has *sources*, which feed the core, and *sinks*, which collect its results; both move *frames*, one frame a
transaction. `Source.pack` and `Sink.unpack` turn batches into bit matrices of beats and back, for files as for pins.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ulpwise.data.formats import Batch, Bits, Format, SignedDigits
from ulpwise.ports.wiring import CLOCK, RESET


class InterfaceError(ValueError):
    """A declaration of ports that no core can have."""


@dataclass(frozen=True)
class Port:
    """One source or sink of the harness.

    Attributes:
        name: Name of its instance in the harness, and stem of its files.
        width: Bits of one beat.
        beats: Beats of one frame.
        held: Bits held in parallel over the frame (digit-serial sources only).
        user: Bits of `tuser`, which lie above `tdata` in a beat (streams only).
        setup: Whether it sends one frame before all others do (streams only).
        ragged: Whether its frames may end early (outputs of streams only).
        tlast: What the core makes of `tlast` where it is misplaced, see `Axis` (inputs of streams only).
    """

    name: str
    width: int
    beats: int
    held: int = 0
    user: int = 0
    setup: bool = False
    ragged: bool = False
    tlast: str = ""


@dataclass(frozen=True)
class Pin:
    """A pin of the core that the harness connects.

    Attributes:
        name: Its name.
        direction: input or output, as the core sees it.
        width: Bits.
        wire: What the harness connects it to.
    """

    name: str
    direction: str
    width: int
    wire: str


class Interface(ABC):
    """What the kinds of ports have in common.

    Attributes:
        kind: Name of the kind, for what of the harness and of beat mode is its own.
        latency: Cycles that are promised, as the kind declares them.
    """

    kind: str
    latency: Any

    @property
    @abstractmethod
    def input_fields(self) -> dict[str, Format]:
        """Fields of a transaction that go in, by name."""

    @property
    def setup_fields(self) -> dict[str, Format]:
        """Those of the input fields that are sent only when they change, before the transactions they serve."""
        return {}

    @property
    @abstractmethod
    def output_fields(self) -> dict[str, Format]:
        """Fields of a transaction that come out, by name."""

    @property
    @abstractmethod
    def sources(self) -> list[Port]:
        """Ports that feed the core."""

    @property
    @abstractmethod
    def sinks(self) -> list[Port]:
        """Ports that collect results."""

    @property
    def clocked(self) -> bool:
        """Whether cores of this kind have a clock, and may have a reset."""
        return True

    @abstractmethod
    def pins(self) -> list[Pin]:
        """List the pins of the core by their conventional names, clock and reset first."""

    @property
    @abstractmethod
    def pauses(self) -> list[str]:
        """The stall generators of the harness, each named after the port that it pauses."""

    def port_of(self, field: str) -> str:
        """Return the name of the port that a field of the set-up travels over; KeyError when there is none."""
        raise KeyError(field)

    def loads(self, batch: Batch) -> NDArray[np.intp]:
        """Return the rows with which the fields of the setup change, the first row among them if there is any."""
        rows = len(next(iter(batch.values())))
        change = np.ones(rows, bool)
        if rows:
            change[1:] = False
        for name, fmt in self.setup_fields.items():
            change[1:] |= ~fmt.equal(batch[name][1:], batch[name][:-1])
        return np.flatnonzero(change)

    @abstractmethod
    def pack(self, port: Port, batch: Batch) -> tuple[Bits, Bits]:
        """Lay a batch out for a source.

        Args:
            port: One of `sources`.
            batch: Arrays of the input fields, one row a transaction.

        Returns:
            Bit matrices of the beats (rows * beats, width) and of the held words (rows, held).
        """

    @abstractmethod
    def unpack_input(self, port: Port, beats: Bits, held: Bits) -> Batch:
        """Read back what a source sent: the inverse of `pack`, for the fields of that port."""

    @abstractmethod
    def unpack(self, port: Port, beats: Bits) -> Batch:
        """Read what a sink collected.

        Args:
            port: One of `sinks`.
            beats: Bit matrix (rows * beats, width).

        Returns:
            Arrays of the output fields of that port.
        """


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
            data = _to_planes(_digits(self.fields), batch, self.beats)
        else:
            data = np.concatenate([fmt.to_bits(batch[name]) for name, fmt in self.fields.items()], axis=1)
        data = data.reshape(-1, self.width)
        user = [np.repeat(fmt.to_bits(batch[name]), self.beats, axis=0) for name, fmt in self.user.items()]
        return np.concatenate([data, *user], axis=1)

    def unpack(self, beats: Bits) -> Batch:
        """Read beats back: the inverse of `pack`."""
        data = np.ascontiguousarray(beats[:, : self.width])
        if self.planes:
            batch = _from_planes(_digits(self.fields), data, self.beats)
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
    kind = "axis"
    latency = MappingProxyType({})  # a stream's results come when they are ready

    def __post_init__(self) -> None:
        """Refuse what the harness cannot move."""
        for name in self.setup:
            if name in self.inputs:
                raise InterfaceError(f"stream {name} is a set-up and an input: rename one of the two")
        for name, axis in self.outputs.items():
            if axis.tlast:
                raise InterfaceError(f"output stream {name} says what its core makes of tlast: inputs alone do")

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
        found = _clocked()
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


@dataclass(frozen=True)
class DigitSerial(Interface):
    """Digit-serial operator that never stalls: `ce`, `first`, two rails a digit, most significant digit first.

    A vector of operands has one rail bit an element: `x_p[K-1:0]`. A frame is `cycles` enabled cycles long: the digits
    of the operands, then zero digits that flush the operator. A serial result `z` announces its first digit by
    `z_first`; a parallel result `q`, of any other format, is on its pins in the enabled cycle in which `q_valid` is
    high.

    Attributes:
        inputs: Serial operands by name; there may be none, when all are held.
        outputs: Results by name: serial when they are signed digits, else parallel.
        cycles: Enabled cycles from one `first` to the next: the minimum period of the core or more.
        held: Operands held in parallel over the frame, by port name.
        latency: Enabled cycles from `first` to the first digit of each result, by name; it is measured on the pins and
            must be so in every run. A result that is not named here may come when it likes.
    """

    inputs: Mapping[str, SignedDigits]
    outputs: Mapping[str, Format]
    cycles: int
    held: Mapping[str, Format] = field(default_factory=dict)
    latency: Mapping[str, int] = field(default_factory=dict)
    kind = "digits"

    def __post_init__(self) -> None:
        """Refuse frames that are too short for their operands, and a name that would be two operands."""
        for name in self.held:
            if name in self.inputs:
                raise InterfaceError(f"operand {name} is serial and held: rename one of the two")
        for name, fmt in self.inputs.items():
            if fmt.n > self.cycles:
                raise InterfaceError(
                    f"operand {name} has {fmt.n} digits, more than the {self.cycles} cycles of a frame"
                )

    @property
    def input_fields(self) -> dict[str, Format]:
        """Serial and held operands."""
        return {**self.inputs, **self.held}

    @property
    def output_fields(self) -> dict[str, Format]:
        """Serial results."""
        return dict(self.outputs)

    @property
    def sources(self) -> list[Port]:
        """One for all operands, since they move in lockstep."""
        width = sum(2 * fmt.size for fmt in self.inputs.values())
        held = sum(fmt.width for fmt in self.held.values())
        return [Port("operands", max(1, width), self.cycles, held)]  # a port has a wire even when nothing is serial

    @property
    def pauses(self) -> list[str]:
        """The clock enable, and the gaps between frames."""
        return ["operands", "operands.gap"]

    @property
    def sinks(self) -> list[Port]:
        """One a result."""
        return [
            Port(name, 2 * fmt.size, fmt.n) if isinstance(fmt, SignedDigits) else Port(name, fmt.width, 1)
            for name, fmt in self.outputs.items()
        ]

    def pins(self) -> list[Pin]:
        """Rails, held operands and results."""
        (source,) = self.sources
        found = [*_clocked(), Pin("ce", "input", 1, "ce"), Pin("first", "input", 1, "first")]
        low = 0
        for name, fmt in self.inputs.items():
            for rail in ("p", "n"):
                found.append(Pin(f"{name}_{rail}", "input", fmt.size, f"{source.name}_data[{low} +: {fmt.size}]"))
                low += fmt.size
        low = 0
        for name, held in self.held.items():
            found.append(Pin(name, "input", held.width, f"{source.name}_held[{low} +: {held.width}]"))
            low += held.width
        for name, result in self.outputs.items():
            if not isinstance(result, SignedDigits):
                found.append(Pin(f"{name}_valid", "output", 1, f"{name}_first"))
                found.append(Pin(name, "output", result.width, f"{name}_data"))
                continue
            found.append(Pin(f"{name}_first", "output", 1, f"{name}_first"))
            for low_rail, rail in ((0, "p"), (result.size, "n")):
                wire = f"{name}_data[{low_rail} +: {result.size}]"
                found.append(Pin(f"{name}_{rail}", "output", result.size, wire))
        return found

    def pack(self, port: Port, batch: Batch) -> tuple[Bits, Bits]:
        """Put digit i of all operands into beat i, rails p below rails n, and pad with zero digits."""
        rows = len(next(iter(batch.values())))
        beats = _to_planes(self.inputs, batch, port.beats) if self.inputs else np.zeros((rows, port.beats, 1), np.uint8)
        held = [fmt.to_bits(batch[name]) for name, fmt in self.held.items()]
        return beats.reshape(-1, port.width), np.concatenate([np.zeros((rows, 0), np.uint8), *held], axis=1)

    def unpack_input(self, port: Port, beats: Bits, held: Bits) -> Batch:
        """Inverse of `pack`."""
        batch = _from_planes(self.inputs, beats, port.beats)
        low = 0
        for name, fmt in self.held.items():
            batch[name] = fmt.from_bits(held[:, low : low + fmt.width])
            low += fmt.width
        return batch

    def unpack(self, port: Port, beats: Bits) -> Batch:
        """Read one result."""
        fmt = self.outputs[port.name]
        if isinstance(fmt, SignedDigits):
            return _from_planes({port.name: fmt}, beats, port.beats)
        return {port.name: fmt.from_bits(beats)}


def _clocked() -> list[Pin]:
    """Connect clock and reset."""
    return [Pin(name, "input", 1, name) for name in (CLOCK, RESET)]


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


def _digits(fields: Mapping[str, Format]) -> dict[str, SignedDigits]:
    return {name: fmt for name, fmt in fields.items() if isinstance(fmt, SignedDigits)}


def split(fields: Mapping[str, Format], bits: Bits) -> Batch:
    """Cut words into fields, the first one lowest."""
    batch: Batch = {}
    low = 0
    for name, fmt in fields.items():
        batch[name] = fmt.from_bits(np.ascontiguousarray(bits[:, low : low + fmt.width]))
        low += fmt.width
    return batch


def _to_planes(fields: Mapping[str, SignedDigits], batch: Batch, beats: int) -> Bits:
    """Put digit i of all fields into beat i (rows, beats, width): rails p of a field, above them its rails n."""
    rows = len(next(iter(batch.values())))
    planes = np.zeros((rows, beats, sum(2 * fmt.size for fmt in fields.values())), np.uint8)
    low = 0
    for name, fmt in fields.items():
        digits = np.moveaxis(batch[name].reshape(rows, fmt.size, fmt.n), 1, 2)
        planes[:, : fmt.n, low : low + fmt.size] = digits == 1
        planes[:, : fmt.n, low + fmt.size : low + 2 * fmt.size] = digits == -1
        low += 2 * fmt.size
    return planes


def _from_planes(fields: Mapping[str, SignedDigits], bits: Bits, beats: int) -> Batch:
    """Inverse of `_to_planes`, from a bit matrix (rows * beats, width)."""
    planes = bits.reshape(-1, beats, bits.shape[1])
    batch: Batch = {}
    low = 0
    for name, fmt in fields.items():
        rails = [planes[:, : fmt.n, low + side * fmt.size : low + (side + 1) * fmt.size] for side in (0, 1)]
        # two bits a digit, p below n, as SignedDigits lays them out
        pairs = np.moveaxis(np.stack(rails, axis=3), 1, 2)
        batch[name] = fmt.from_bits(np.ascontiguousarray(pairs).reshape(len(planes), fmt.width))
        low += 2 * fmt.size
    return batch
