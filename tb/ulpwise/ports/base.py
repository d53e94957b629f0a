"""What all kinds of ports have in common: the pins of a core, and how the fields of a transaction travel over them.

An interface has *sources*, which feed the core, and *sinks*, which collect its results; both move *frames*, one frame a
transaction. `pack` and `unpack` turn batches into bit matrices of beats and back, for files as for pins.

A kind of ports is a subclass of `Interface` with three things of its own, which the framework knows by no other name:
the Verilog of its sources and sinks, their part of the harness, and what drives and watches their pins.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ulpwise.data.formats import Batch, Bits, Format
from ulpwise.ports.wiring import CLOCK, RESET

if TYPE_CHECKING:
    from ulpwise.ports.pins import Agents


Lasts: TypeAlias = NDArray[np.bool_]
"""Which beats of a stream carry `tlast`."""


class InterfaceError(ValueError):
    """A declaration of ports that no core can have."""


@dataclass(frozen=True)
class Port:
    """One source or sink of the harness.

    Attributes:
        name: Name of its instance in the harness, and stem of its files.
        width: Bits of one beat.
        beats: Beats of one frame.
        held: Bits held in parallel over the frame, from a file of their own (sources only).
        user: Bits of `tuser`, `tid` and `tdest`, which lie above `tdata` in a beat (streams only).
        setup: Whether it sends one frame before all others do (streams only).
        ragged: Whether its frames may end early (streams only).
        tlast: What the core makes of `tlast` where it is misplaced, see `Axis` (inputs of streams only).
        whole: Whether a frame is one word of all its beats in the file, with one time (sinks only).
        sparse: Whether any beats of a frame may never come: they read as zeros (sinks only).
        ready: Whether it has a `tready` (streams only).
        delimited: Whether its frames end with `tlast`, wherever that is (inputs of streams only).
        keep: Bits of `tkeep`, which lie between `tdata` and those of `user` (streams only).
    """

    name: str
    width: int
    beats: int
    held: int = 0
    user: int = 0
    setup: bool = False
    ragged: bool = False
    tlast: str = ""
    whole: bool = False
    sparse: bool = False
    ready: bool = True
    delimited: bool = False
    keep: int = 0


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
        part: The sources and sinks in the harness, a Jinja template; beside it lies their Verilog. Of the instances
            `source_<port>` and `sink_<port>` the framework reads the counters `unknown` and `protocol`.
        timed: Whether sources count cycles with an unknown handshake (`unknown`) and write when each beat moved; then
            benches may say when that has to be.
    """

    part: Path
    timed = False

    @property
    def reset(self) -> str:
        """The reset of the core, as an expression of the harness; another than `rst` also resets it at other times."""
        return RESET

    @property
    def hdl(self) -> list[Path]:
        """Verilog files of the sources and sinks."""
        return sorted(self.part.parent.glob("*.v"))

    @abstractmethod
    def agents(self) -> Agents:
        """Return what drives and watches the pins in beat mode; imports cocotb, and is called in the simulator only."""

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

    @property
    def held_back(self) -> list[Port]:
        """The sinks that can keep the core waiting: stall generators are named after them."""
        stems = {name.partition(".")[0] for name in self.pauses}
        return [port for port in self.sinks if port.name in stems]

    @property
    def mixes(self) -> bool:
        """Whether frames of a set-up may come at any time, and not only when no other frame is in the core."""
        return True

    def latencies(self) -> list[tuple[str, str, int | None]]:
        """List the sinks that measure latency (`timed`, `soonest`, `latest`).

        Returns:
            Name of the sink, what a message calls it, and the enabled cycles that are promised, None when none are.
        """
        return []

    def port_of(self, field: str) -> str:
        """Return the name of the port that a field of the set-up travels over; KeyError when there is none."""
        raise KeyError(field)

    @property
    def depth(self) -> int:
        """Transactions that are in the core at once when it moves one a cycle; 0 where nothing says how many."""
        return 0

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

    def dress(self, port: Port, beats: Bits, rng: np.random.Generator) -> tuple[Bits, Lasts | None]:
        """Make of what `pack` gives what is on the pins of a source: noise where nothing counts, beats left out.

        Returns:
            Beats, and which of them end a frame if some are left out.
        """
        del port, rng
        return beats, None

    def breaches(self, port: Port, beats: Bits) -> int:
        """Count the frames of a sink that no core may give, whatever was expected; as `unpack` gets them."""
        del port, beats
        return 0

    def comparable(self, batch: Batch) -> Batch:
        """Make of expected results what `unpack` gives for them, where a part does not count."""
        return batch


def clocked() -> list[Pin]:
    """Connect clock and reset."""
    return [Pin(name, "input", 1, name) for name in (CLOCK, RESET)]


def split(fields: Mapping[str, Format], bits: Bits) -> Batch:
    """Cut words into fields, the first one lowest."""
    batch: Batch = {}
    low = 0
    for name, fmt in fields.items():
        batch[name] = fmt.from_bits(np.ascontiguousarray(bits[:, low : low + fmt.width]))
        low += fmt.width
    return batch
