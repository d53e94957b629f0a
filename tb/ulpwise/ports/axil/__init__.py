"""AXI4-Lite: registers that are read and written over five channels."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ulpwise.data.formats import Format, Unsigned
from ulpwise.ports.base import InterfaceError, Pin, clocked
from ulpwise.ports.program import ANSWERS, Program

if TYPE_CHECKING:
    from ulpwise.ports.pins import Agents

CHANNELS = ("aw", "w", "ar", "b", "r")


@dataclass(frozen=True)
class AxiLite(Program):
    """AXI4-Lite registers at the pins `<prefix>_*`; a transaction is a program of `length` reads and writes.

    Its fields are `en`, `we`, `addr`, `data`, `strb` and, if the core has these pins, `prot`, a value a command; the
    results are `rdata`, zeros but for reads without an error, and `resp`, zeros where nothing is asked. The core is
    reset in front of each program, so that the golden function knows what it holds, unless `fresh` is False: then a row
    stands for itself only if its program reads nothing that it has not written.

    Attributes:
        addr: Bits of an address.
        data: Bits of a register, 8 for each bit of `strb`.
        length: Commands of a program.
        prot: The core has `awprot` and `arprot`.
        prefix: What the names of the pins begin with.
        fresh: The core is reset in front of each program.
    """

    addr: int
    data: int = 32
    length: int = 16
    prot: bool = False
    prefix: str = "s_axil"
    fresh: bool = True
    part = Path(__file__).with_name("part.v.j2")

    def __post_init__(self) -> None:
        """Refuse what no core can be."""
        self.check()
        if self.data not in {32, 64}:
            raise InterfaceError(f"data={self.data}: AXI4-Lite has registers of 32 or of 64 bits")
        if not 1 <= self.addr <= 64:
            raise InterfaceError(f"addr={self.addr}: an address has 1 to 64 bits")

    @property
    def commands(self) -> dict[str, Format]:
        """What goes with an access."""
        prot = {"prot": Unsigned(3)} if self.prot else {}
        strobes = Unsigned(1, (self.data // 8,))
        return {"we": Unsigned(1), "addr": Unsigned(self.addr), **prot, "data": Unsigned(self.data), "strb": strobes}

    @property
    def answers(self) -> dict[str, Format]:
        """The response, and what was read."""
        return {"rdata": Unsigned(self.data), "resp": Unsigned(2)}

    @property
    def pauses(self) -> list[str]:
        """The cycles between commands, and each channel."""
        return [*super().pauses, *(f"{ANSWERS}.{channel}" for channel in CHANNELS)]

    def agents(self) -> Agents:
        """Drive and watch programs, and keep each channel waiting."""
        from ulpwise.ports.axil.beat import AGENTS, FRESH  # noqa: PLC0415 (imports cocotb, in the simulator only)

        return FRESH if self.fresh else AGENTS

    def pins(self) -> list[Pin]:
        """Those of the five channels."""
        forward, backward = ("input", "output"), ("output", "input")
        found = []
        for channel, fields, (there, back) in (
            ("aw", {"addr": "addr", "prot": "prot"}, forward),
            ("w", {"data": "data", "strb": "strb"}, forward),
            ("b", {"resp": 2}, backward),
            ("ar", {"addr": "addr", "prot": "prot"}, forward),
            ("r", {"data": self.data, "resp": 2}, backward),
        ):
            for pin, what in fields.items():
                if isinstance(what, int):
                    found.append(Pin(f"{channel}{pin}", there, what, f"{channel}{pin}"))
                elif what in self.commands:
                    found.append(Pin(f"{channel}{pin}", there, self.commands[what].width, self.at(what)))
            found.append(Pin(f"{channel}valid", there, 1, f"{channel}valid"))
            found.append(Pin(f"{channel}ready", back, 1, f"{channel}ready"))
        return [*clocked(), *(Pin(f"{self.prefix}_{p.name}", p.direction, p.width, p.wire) for p in found)]
