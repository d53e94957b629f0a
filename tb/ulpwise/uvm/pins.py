"""cocotb-bus drivers and monitors of the harness' pins: one class for each kind of source and sink.

All act on rising edges. What they read there is the value before the edge, what they write takes effect after it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cocotb.triggers import RisingEdge
from cocotb_bus.drivers import BusDriver
from cocotb_bus.monitors import BusMonitor

from ulpwise.ports.base import Port
from ulpwise.uvm.harness import Harness
from ulpwise.uvm.stalls import Stall

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


class DigitDriver(PinDriver):
    """Sends digit-serial frames: (beats, word held over the frame)."""

    _signals = ("ce", "first", "data", "held")

    @property
    def _noise(self) -> int:
        """The complement of what the operands are."""
        return (1 << len(self.bus.data)) - 1 - int(self.bus.data.value)

    async def _driver_send(self, transaction: Frame, sync: bool = True) -> None:
        edge = RisingEdge(self.clock)
        if sync:
            await edge
        beats, held = transaction
        while self.stall():  # a gap between frames is made of zero digits
            await self._zero()
        for index, beat in enumerate(beats):
            while self.stall():
                self.bus.ce.value = 0
                self.bus.data.value = self._noise  # nobody may look at it
                await edge
            self.bus.ce.value = 1
            self.bus.first.value = int(index == 0)
            self.bus.data.value = beat
            if index == 0:
                self.bus.held.value = held
            await edge
            self.moves += 1

    async def rest(self) -> None:
        """Send zero digits for ever: they carry the results of the last frames out."""
        while True:
            await self._zero()

    async def pass_time(self, cycles: int) -> None:
        """Send zero digits, in which the core may go on."""
        for _ in range(cycles):
            await self._zero()

    async def _zero(self) -> None:
        self.bus.ce.value = int(not self.stall())
        self.bus.first.value = 0
        self.bus.data.value = 0
        await RisingEdge(self.clock)

    def idle(self) -> None:
        """Freeze the core."""
        self.bus.ce.value = 0
        self.bus.first.value = 0


class AxisDriver(PinDriver):
    """Sends AXI4-Stream frames: (beats, whether the last one has `tlast`)."""

    _signals = ("tdata", "tvalid", "tlast", "ready_pin")

    async def _driver_send(self, transaction: Frame, sync: bool = True) -> None:
        edge = RisingEdge(self.clock)
        if sync:
            await edge
        beats, closed = transaction
        for index, beat in enumerate(beats):
            while self.stall(first=index == 0):
                self.bus.tvalid.value = 0
                await edge
            self.bus.tvalid.value = 1
            self.bus.tlast.value = int(closed and index == len(beats) - 1)
            self.bus.tdata.value = beat
            await edge
            while self.bus.ready_pin.value != 1:
                await edge
            self.moves += 1
        self.frames += 1
        self.stall.ended()
        self.bus.tvalid.value = 0  # the next frame, if it follows at once, raises it in the same cycle

    def idle(self) -> None:
        """Withdraw the offer; only a reset may follow."""
        self.bus.tvalid.value = 0


class ReadyDriver(BusDriver):  # type: ignore[misc]
    """Answers an AXI4-Stream output: `tready` high unless it stalls, for ever."""

    _signals = ("tready", "valid_pin", "last_pin")

    def __init__(self, transactor: Any, clock: Any, stall: Stall) -> None:  # noqa: ANN401
        super().__init__(transactor, None, clock, case_insensitive=False)
        self.stall = stall
        self.append(None)

    async def _driver_send(self, transaction: None, sync: bool = True) -> None:  # noqa: ARG002
        while True:
            await RisingEdge(self.clock)
            offered = self.bus.valid_pin.value == 1
            taken = offered and self.bus.tready.value == 1
            pause = self.stall(offered=offered, taken=taken, last=taken and self.bus.last_pin.value == 1)
            self.bus.tready.value = int(not pause)


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
        self.times.append(Harness.now())
        if not value.is_resolvable:
            self.unknown += 1
        if not self._open:
            self._begins = self.times[-1]
        self._open.append(int(value) if value.is_resolvable else 0)
        if len(self._open) == self.beats and self.port.tlast != "delimits":
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


class DigitSourceMonitor(PinMonitor):
    """Watches the operands of a digit-serial core."""

    _signals = ("ce", "first", "data", "held")

    def _sample(self) -> None:
        if self.bus.ce.value != 1:
            return
        if self.bus.first.value == 1:
            self._held = int(self.bus.held.value)
        elif not self._open:
            return  # zero digits between frames
        self._add(self.bus.data.value)


class DigitSinkMonitor(PinMonitor):
    """Watches one result of a digit-serial core."""

    _signals = ("ce_pin", "first_pin", "data_pin")

    def _sample(self) -> None:
        if self.bus.ce_pin.value != 1:
            return
        first = self.bus.first_pin.value
        if not first.is_resolvable:
            self.unknown += 1
        if first == 1:
            if self._open:
                self.protocol += 1
                self.moves -= 1  # a result that begins before the last one was whole is no progress
            self._open = []
        elif not self._open:
            return
        self._add(self.bus.data_pin.value)


class AxisSourceMonitor(PinMonitor):
    """Watches an AXI4-Stream input."""

    _signals = ("tvalid", "ready_pin", "tdata", "tlast")

    def _sample(self) -> None:
        if not self.bus.ready_pin.value.is_resolvable:
            self.unknown += 1
        elif self.bus.tvalid.value == 1 and self.bus.ready_pin.value == 1:
            self._add(self.bus.tdata.value)
            if self.port.tlast == "delimits" and self.bus.tlast.value == 1:
                self._close()


class AxisSinkMonitor(PinMonitor):
    """Watches an AXI4-Stream output and holds it to the rules of the protocol."""

    _signals = ("valid_pin", "tready", "data_pin", "last_pin")
    _user = 0
    _offered: str | None = None  # the beat on offer that was not taken in the cycle before

    def _forget(self) -> None:
        super()._forget()
        self._offered = None

    def _sample(self) -> None:
        valid = self.bus.valid_pin.value
        if not valid.is_resolvable:
            self.unknown += 1
            return
        data, last = self.bus.data_pin.value, self.bus.last_pin.value
        offer = f"{last} {data}" if valid == 1 else None
        taken = self.bus.tready.value == 1
        if self._offered is not None and offer != self._offered:
            self.protocol += 1
        self._offered = None if taken else offer
        self.silent = (self.silent and offer is None) or (offer is not None and taken)
        if valid == 1 and taken:
            self.unknown += not last.is_resolvable
            missing = self.beats - 1 - len(self._open)
            self.protocol += (last == 1) != (missing == 0) and not (self.port.ragged and last == 1)
            self._same_user(data)
            self._add(data)
            if last == 1 and missing and self.port.ragged:
                self._close()

    def _same_user(self, data: Any) -> None:  # noqa: ANN401
        """Check that tuser is the same in all beats of a frame."""
        if not self.port.user or not data.is_resolvable:
            return
        user = int(data) >> self.port.width - self.port.user
        if not self._open:
            self._user = user
        self.protocol += user != self._user
