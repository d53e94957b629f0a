"""What cocotb-bus drivers and monitors of the harness' pins have in common; each kind of ports has its own.

All act on rising edges. What they read there is the value before the edge, what they write takes effect after it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cocotb.triggers import RisingEdge
from cocotb_bus.drivers import BusDriver
from cocotb_bus.monitors import BusMonitor

from ulpwise.ports.base import Port
from ulpwise.ports.clock import now
from ulpwise.ports.stalls import Stall

Frame = tuple[list[int], int]
"""What a driver sends: the beats, and the word held over them, or for a stream whether the last one has `tlast`."""


@dataclass(frozen=True)
class Seen:
    """A whole frame that passed.

    Attributes:
        beats: Its beats.
        held: The word held over it.
        begins: Clock cycle of its first beat.
    """

    beats: list[int]
    held: int
    begins: int


class PinDriver(BusDriver):  # type: ignore[misc]  # cocotb-bus has no types
    """Drives the frames of one source.

    Args:
        transactor: Handle of the source in the harness.
        clock: Handle of the clock.
        stall: Tells, cycle by cycle, whether to pause.

    Attributes:
        moves: Beats of frames that went in since the start.
        frames: Frames of this item that went in.
    """

    def __init__(self, transactor: Any, clock: Any, stall: Stall) -> None:  # noqa: ANN401 (simulator handles)
        super().__init__(transactor, None, clock, case_insensitive=False)
        self.stall = stall
        self.moves = self.frames = 0

    async def rest(self) -> None:
        """Do what the core needs after the last frame; may last until it is cancelled."""
        self.idle()

    async def pass_time(self, cycles: int) -> None:
        """Offer nothing for some cycles."""
        for _ in range(cycles):
            await RisingEdge(self.clock)

    def idle(self) -> None:
        """Offer nothing."""
        raise NotImplementedError


class PinMonitor(BusMonitor):  # type: ignore[misc]
    """Collects the frames that pass one source or sink.

    Attributes:
        frames: Whole frames seen since the last `take`, each a list of beats and the word held over it.
        unknown: Beats with an X or Z, and cycles with an unknown handshake, since the start.
        protocol: Breaches of the stream's rules since the start.
        moves: Beats seen since the start.
        times: Clock cycle of each beat since the last `take`.
        silent: Whether nothing was on offer since the last beat.
    """

    def __init__(self, transactor: Any, clock: Any, reset: Any, port: Port) -> None:  # noqa: ANN401
        self.port = port
        self.beats = port.beats
        self.frames: list[Seen] = []
        self.times: list[int] = []
        self.unknown = self.protocol = self.moves = 0
        self.silent = True
        self._open: list[int] = []
        self._held = self._begins = 0
        super().__init__(transactor, None, clock, reset=reset, callback=self.frames.append, case_insensitive=False)

    @property
    def begun(self) -> int:
        """Beats of a frame that is not whole."""
        return len(self._open)

    def take(self) -> list[Seen]:
        """Return the whole frames seen since the last call, and forget a frame that is not whole."""
        taken = list(self.frames)
        self.frames.clear()
        self.times.clear()
        self._open = []
        return taken

    def _add(self, value: Any) -> None:  # noqa: ANN401
        """Add a beat to the open frame, X and Z as 0, and hand the frame on when it is whole."""
        self.moves += 1
        self.times.append(now())
        if not value.is_resolvable:
            self.unknown += 1
        if not self._open:
            self._begins = self.times[-1]
        self._open.append(int(value) if value.is_resolvable else 0)
        if len(self._open) == self.beats and not self.port.delimited:
            self._close()

    def _close(self) -> None:
        """Hand the open frame on, filled up with zeros, or cut to what counts."""
        frame = Seen((self._open + [0] * self.beats)[: self.beats], self._held, self._begins)
        self._open = []
        self._recv(frame)

    async def _monitor_recv(self) -> None:
        edge = RisingEdge(self.clock)
        while True:
            await edge
            if self.in_reset:
                self._forget()
            else:
                self._sample()

    def _forget(self) -> None:
        """Drop what a reset cuts."""
        self._open = []

    def _sample(self) -> None:
        """Look at the pins of one cycle."""
        raise NotImplementedError


@dataclass(frozen=True)
class Agents:
    """What drives and watches the pins of one kind of ports.

    Attributes:
        driver: Feeds a source.
        source: Watches it.
        sink: Watches a sink.
        answers: What keeps the core waiting, for each sink that can: called with the sink's handle, the clock and a
            `Stall`, by what the name of its stall generator has behind the sink's; "" when that is all.
    """

    driver: type[PinDriver]
    source: type[PinMonitor]
    sink: type[PinMonitor]
    answers: Mapping[str, Callable[[Any, Any, Stall], object]] = field(default_factory=dict)
