"""What all kinds of ports have in common: the pins of a core, and how the fields of a transaction travel over them.

An interface has *sources*, which feed the core, and *sinks*, which collect its results; both move *frames*, one frame a
transaction. `pack` and `unpack` turn batches into bit matrices of beats and back, for files as for pins.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ulpwise.data.formats import Batch, Bits, Format
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
