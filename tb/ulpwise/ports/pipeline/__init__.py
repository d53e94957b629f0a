"""Cores that take a transaction a cycle and answer it after a fixed number of cycles, without any handshake."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ulpwise.data.formats import Batch, Bits, Format
from ulpwise.ports.base import Interface, InterfaceError, Pin, Port, split
from ulpwise.ports.wiring import CLOCK, RESET

if TYPE_CHECKING:
    from ulpwise.ports.pins import Agents

INPUTS, OUTPUTS = "operands", "results"  # names of the source and of the sink


@dataclass(frozen=True)
class Pipeline(Interface):
    """A transaction a cycle: every field on a pin of its own name, every result `latency` enabled cycles later.

    Attributes:
        inputs: Number formats of the operands by the names of their pins.
        outputs: Number formats of the results by the names of their pins.
        latency: Enabled cycles from the operands to the results; 0: the core is all logic, and has neither clock nor
            reset.
        valid: Names of the pins that say that there are operands and results; without them the harness counts.
        enable: Name of the clock enable, without which all that is in the core stays where it is; empty for none.
    """

    inputs: Mapping[str, Format]
    outputs: Mapping[str, Format]
    latency: int = 0
    valid: tuple[str, str] | None = None
    enable: str = ""
    part = Path(__file__).with_name("part.v.j2")

    def __post_init__(self) -> None:
        """Refuse what no core can be."""
        if self.latency < 0:
            raise InterfaceError(f"latency={self.latency}: results come no sooner than their operands")
        if self.enable and not self.latency:
            raise InterfaceError(f"enable='{self.enable}' with latency=0: a core that is all logic holds nothing")
        for side in ("inputs", "outputs"):
            if not getattr(self, side):
                raise InterfaceError(f"a pipeline without {side}")
        names = [pin.name for pin in self.pins()]
        for name in names:
            if names.count(name) > 1:
                raise InterfaceError(f"{name} is the name of {names.count(name)} pins")

    def agents(self) -> Agents:
        """Drive and watch transactions of one beat."""
        from ulpwise.ports.pipeline.beat import AGENTS  # noqa: PLC0415 (imports cocotb, in the simulator only)

        return AGENTS

    def latencies(self) -> list[tuple[str, str, int | None]]:
        """That of the first result behind a reset, if the core itself says when there is one."""
        return [] if self.valid is None else [(OUTPUTS, self.valid[1], self.latency)]

    @property
    def clocked(self) -> bool:
        """Whether the core has a clock."""
        return self.latency > 0

    @property
    def depth(self) -> int:
        """One transaction a stage."""
        return self.latency

    @property
    def input_fields(self) -> dict[str, Format]:
        """The operands."""
        return dict(self.inputs)

    @property
    def output_fields(self) -> dict[str, Format]:
        """The results."""
        return dict(self.outputs)

    @property
    def sources(self) -> list[Port]:
        """One for all operands, since they move in lockstep."""
        return [Port(INPUTS, sum(fmt.width for fmt in self.inputs.values()), 1)]

    @property
    def sinks(self) -> list[Port]:
        """One for all results, likewise."""
        return [Port(OUTPUTS, sum(fmt.width for fmt in self.outputs.values()), 1)]

    @property
    def pauses(self) -> list[str]:
        """The clock enable, and the gaps between transactions."""
        return [INPUTS, f"{INPUTS}.gap"]

    def pins(self) -> list[Pin]:
        """Clock and reset if there are registers, enable and valid if it has them, the fields."""
        found = [Pin(name, "input", 1, name) for name in (CLOCK, RESET) if self.clocked]
        if self.enable:
            found.append(Pin(self.enable, "input", 1, "ce"))
        if self.valid is not None:
            found.append(Pin(self.valid[0], "input", 1, f"{INPUTS}_valid"))
        found += _fields(self.inputs, "input", INPUTS)
        if self.valid is not None:
            found.append(Pin(self.valid[1], "output", 1, f"{OUTPUTS}_valid"))
        return [*found, *_fields(self.outputs, "output", OUTPUTS)]

    def pack(self, port: Port, batch: Batch) -> tuple[Bits, Bits]:
        """Put the fields side by side, the first one lowest."""
        del port
        bits = np.concatenate([fmt.to_bits(batch[name]) for name, fmt in self.inputs.items()], axis=1)
        return bits, np.zeros((len(bits), 0), np.uint8)

    def unpack_input(self, port: Port, beats: Bits, held: Bits) -> Batch:
        """Inverse of `pack`."""
        del port, held
        return split(self.inputs, beats)

    def unpack(self, port: Port, beats: Bits) -> Batch:
        """Cut a result into fields."""
        del port
        return split(self.outputs, beats)


def _fields(fields: Mapping[str, Format], direction: str, port: str) -> list[Pin]:
    """Connect every field to its part of the port's data."""
    found, low = [], 0
    for name, fmt in fields.items():
        found.append(Pin(name, direction, fmt.width, f"{port}_data[{low} +: {fmt.width}]"))
        low += fmt.width
    return found
