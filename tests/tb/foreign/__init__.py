# ruff: noqa: ARG002, PLC0415
"""A kind of ports that the framework does not know: two-phase handshakes, in which every edge of a pin is an event.

`test_foreign.py` copies this folder into a project of its own, as its author would have written it there.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ulpwise import Batch, Interface, Pin, Port
from ulpwise.data.formats import Bits, Format

if TYPE_CHECKING:
    from ulpwise.ports.pins import Agents


@dataclass(frozen=True)
class TwoPhase(Interface):
    """`x` counts from an edge of `req` on, until `ack` follows; `y` from an edge of `strobe` on."""

    x: Format
    y: Format
    part = Path(__file__).with_name("part.v.j2")

    def agents(self) -> Agents:
        from .beat import AGENTS

        return AGENTS

    @property
    def input_fields(self) -> dict[str, Format]:
        return {"x": self.x}

    @property
    def output_fields(self) -> dict[str, Format]:
        return {"y": self.y}

    @property
    def sources(self) -> list[Port]:
        return [Port("calls", self.x.width, 1)]

    @property
    def sinks(self) -> list[Port]:
        return [Port("events", self.y.width, 1)]

    @property
    def pauses(self) -> list[str]:
        return ["calls"]

    def pins(self) -> list[Pin]:
        return [
            Pin("clk", "input", 1, "clk"),
            Pin("rst", "input", 1, "rst"),
            Pin("req", "input", 1, "calls_req"),
            Pin("ack", "output", 1, "calls_ack"),
            Pin("x", "input", self.x.width, "calls_data"),
            Pin("strobe", "output", 1, "events_strobe"),
            Pin("y", "output", self.y.width, "events_data"),
        ]

    def pack(self, port: Port, batch: Batch) -> tuple[Bits, Bits]:
        return self.x.to_bits(batch["x"]), np.zeros((len(batch["x"]), 0), np.uint8)

    def unpack_input(self, port: Port, beats: Bits, held: Bits) -> Batch:
        return {"x": self.x.from_bits(beats)}

    def unpack(self, port: Port, beats: Bits) -> Batch:
        return {"y": self.y.from_bits(beats)}
