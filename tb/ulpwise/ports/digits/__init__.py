"""Digit-serial operators, most significant digit first, which never stall."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ulpwise.data.formats import Batch, Bits, Format, SignedDigits
from ulpwise.ports.base import Interface, InterfaceError, Pin, Port, clocked
from ulpwise.ports.planes import from_planes, to_planes

if TYPE_CHECKING:
    from ulpwise.ports.pins import Agents


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
    part = Path(__file__).with_name("part.v.j2")

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

    def agents(self) -> Agents:
        """Drive and watch digits."""
        from ulpwise.ports.digits.beat import AGENTS  # noqa: PLC0415 (imports cocotb, in the simulator only)

        return AGENTS

    def latencies(self) -> list[tuple[str, str, int | None]]:
        """Every result has one, measured for each frame."""
        return [(name, name, self.latency.get(name)) for name in self.outputs]

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
        # a port has a wire even when nothing is serial, or nothing is held
        return [Port("operands", max(1, width), self.cycles, max(1, held))]

    @property
    def pauses(self) -> list[str]:
        """The clock enable, and the gaps between frames."""
        return ["operands", "operands.gap"]

    @property
    def sinks(self) -> list[Port]:
        """One a result."""
        return [
            Port(name, *((2 * fmt.size, fmt.n) if isinstance(fmt, SignedDigits) else (fmt.width, 1)), whole=True)
            for name, fmt in self.outputs.items()
        ]

    def pins(self) -> list[Pin]:
        """Rails, held operands and results."""
        (source,) = self.sources
        found = [*clocked(), Pin("ce", "input", 1, "ce"), Pin("first", "input", 1, "first")]
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
        beats = to_planes(self.inputs, batch, port.beats) if self.inputs else np.zeros((rows, port.beats, 1), np.uint8)
        held = [fmt.to_bits(batch[name]) for name, fmt in self.held.items()] or [np.zeros((rows, 1), np.uint8)]
        return beats.reshape(-1, port.width), np.concatenate(held, axis=1)

    def unpack_input(self, port: Port, beats: Bits, held: Bits) -> Batch:
        """Inverse of `pack`."""
        batch = from_planes(self.inputs, beats, port.beats)
        low = 0
        for name, fmt in self.held.items():
            batch[name] = fmt.from_bits(held[:, low : low + fmt.width])
            low += fmt.width
        return batch

    def unpack(self, port: Port, beats: Bits) -> Batch:
        """Read one result."""
        fmt = self.outputs[port.name]
        if isinstance(fmt, SignedDigits):
            return from_planes({port.name: fmt}, beats, port.beats)
        return {port.name: fmt.from_bits(beats)}
