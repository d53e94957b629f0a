"""The pins of a core: what kind of ports it has, and how the fields of a transaction travel over them.

An interface has *sources*, which feed the core, and *sinks*, which collect its results; both move *frames*, one frame a
transaction. `Source.pack` and `Sink.unpack` turn batches into bit matrices of beats and back, for files as for pins.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from tb.formats import Batch, Bits, Format, SignedDigits


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
    """

    name: str
    width: int
    beats: int
    held: int = 0


class Interface(ABC):
    """What `Streams` and `DigitSerial` have in common."""

    kind: str

    @property
    @abstractmethod
    def input_fields(self) -> dict[str, Format]:
        """Fields of a transaction that go in, by name."""

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
    """

    fields: Mapping[str, Format]
    beats: int = 1

    @property
    def width(self) -> int:
        """Bits of `tdata`.

        Raises:
            InterfaceError: The fields do not fill the beats evenly.
        """
        total = sum(fmt.width for fmt in self.fields.values())
        if self.beats < 1 or total % self.beats:
            raise InterfaceError(f"{total} bits of {', '.join(self.fields)} do not fill {self.beats} equal beats")
        return total // self.beats


@dataclass(frozen=True)
class Streams(Interface):
    """AXI4-Stream ports `s_axis_<name>_*` and `m_axis_<name>_*`; transaction i is frame i of every stream.

    Attributes:
        inputs: Streams into the core by name.
        outputs: Streams out of the core by name.
    """

    inputs: Mapping[str, Axis]
    outputs: Mapping[str, Axis]
    kind = "axis"

    @property
    def input_fields(self) -> dict[str, Format]:
        """Fields of all input streams."""
        return _merge(self.inputs)

    @property
    def output_fields(self) -> dict[str, Format]:
        """Fields of all output streams."""
        return _merge(self.outputs)

    @property
    def sources(self) -> list[Port]:
        """One a stream."""
        return [Port(f"s_axis_{name}", axis.width, axis.beats) for name, axis in self.inputs.items()]

    @property
    def sinks(self) -> list[Port]:
        """One a stream."""
        return [Port(f"m_axis_{name}", axis.width, axis.beats) for name, axis in self.outputs.items()]

    def pack(self, port: Port, batch: Batch) -> tuple[Bits, Bits]:
        """Lay the fields of one stream side by side and cut them into beats."""
        fields = self.inputs[port.name.removeprefix("s_axis_")].fields
        bits = np.concatenate([fmt.to_bits(batch[name]) for name, fmt in fields.items()], axis=1)
        return bits.reshape(-1, port.width), np.zeros((len(bits), 0), np.uint8)

    def unpack_input(self, port: Port, beats: Bits, held: Bits) -> Batch:
        """Inverse of `pack`; there are no held words."""
        del held
        return _split(self.inputs[port.name.removeprefix("s_axis_")].fields, beats, port)

    def unpack(self, port: Port, beats: Bits) -> Batch:
        """Join the beats of each frame and split them into fields."""
        return _split(self.outputs[port.name.removeprefix("m_axis_")].fields, beats, port)


@dataclass(frozen=True)
class DigitSerial(Interface):
    """Digit-serial operator that never stalls: `ce`, `first`, two rails a digit, most significant digit first.

    A vector of operands has one rail bit an element: `x_p[K-1:0]`. A frame is `cycles` enabled cycles long: the digits
    of the operands, then zero digits that flush the operator. A serial result `z` announces its first digit by
    `z_first`; a parallel result `q`, of any other format, is on its pins in the enabled cycle in which `q_valid` is high.

    Attributes:
        inputs: Serial operands by name; there may be none, when all are held.
        outputs: Results by name: serial when they are signed digits, else parallel.
        cycles: Enabled cycles from one `first` to the next: the minimum period of the core or more.
        held: Operands held in parallel over the frame, by port name.
    """

    inputs: Mapping[str, SignedDigits]
    outputs: Mapping[str, Format]
    cycles: int
    held: Mapping[str, Format] = field(default_factory=dict)
    kind = "digits"

    def __post_init__(self) -> None:
        """Refuse frames that are too short for their operands."""
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
    def sinks(self) -> list[Port]:
        """One a result."""
        return [
            Port(name, 2 * fmt.size, fmt.n) if isinstance(fmt, SignedDigits) else Port(name, fmt.width, 1)
            for name, fmt in self.outputs.items()
        ]

    def pack(self, port: Port, batch: Batch) -> tuple[Bits, Bits]:
        """Put digit i of all operands into beat i, rails p below rails n, and pad with zero digits."""
        rows = len(next(iter(batch.values())))
        beats = np.zeros((rows, port.beats, port.width), np.uint8)
        low = 0
        for name, fmt in self.inputs.items():
            lanes = fmt.size
            digits = np.moveaxis(batch[name].reshape(rows, lanes, fmt.n), 1, 2)
            beats[:, : fmt.n, low : low + lanes] = digits == 1
            beats[:, : fmt.n, low + lanes : low + 2 * lanes] = digits == -1
            low += 2 * lanes
        held = [fmt.to_bits(batch[name]) for name, fmt in self.held.items()]
        return beats.reshape(-1, port.width), np.concatenate([np.zeros((rows, 0), np.uint8), *held], axis=1)

    def unpack_input(self, port: Port, beats: Bits, held: Bits) -> Batch:
        """Inverse of `pack`."""
        batch = _serial(self.inputs, beats, port)
        low = 0
        for name, fmt in self.held.items():
            batch[name] = fmt.from_bits(held[:, low : low + fmt.width])
            low += fmt.width
        return batch

    def unpack(self, port: Port, beats: Bits) -> Batch:
        """Read one result."""
        fmt = self.outputs[port.name]
        if isinstance(fmt, SignedDigits):
            return _serial({port.name: fmt}, beats, port)
        return {port.name: fmt.from_bits(beats)}


def _merge(streams: Mapping[str, Axis]) -> dict[str, Format]:
    """Collect the fields of all streams, which share one name space."""
    merged: dict[str, Format] = {}
    for name, axis in streams.items():
        for label, fmt in axis.fields.items():
            if label in merged:
                raise InterfaceError(f"field {label} of stream {name} has the name of another stream's field")
            merged[label] = fmt
    return merged


def _split(fields: Mapping[str, Format], beats: Bits, port: Port) -> Batch:
    """Cut frames into fields."""
    bits = beats.reshape(-1, port.beats * port.width)
    batch: Batch = {}
    low = 0
    for name, fmt in fields.items():
        batch[name] = fmt.from_bits(bits[:, low : low + fmt.width])
        low += fmt.width
    return batch


def _serial(fields: Mapping[str, SignedDigits], beats: Bits, port: Port) -> Batch:
    """Read digit-serial fields from the beats of frames."""
    frames = beats.reshape(-1, port.beats, port.width)
    batch: Batch = {}
    low = 0
    for name, fmt in fields.items():
        lanes = fmt.size
        rails = [frames[:, : fmt.n, low + side * lanes : low + (side + 1) * lanes] for side in (0, 1)]
        # two bits a digit, p below n, as SignedDigits lays them out
        bits = np.moveaxis(np.stack(rails, axis=3), 1, 2)
        batch[name] = fmt.from_bits(np.ascontiguousarray(bits).reshape(len(frames), fmt.width))
        low += 2 * lanes
    return batch
