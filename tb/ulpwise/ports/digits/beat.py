"""Pin driver and monitors of a digit-serial core."""

from __future__ import annotations

from cocotb.triggers import RisingEdge

from ulpwise.ports.pins import Agents, Frame, PinDriver, PinMonitor


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


AGENTS = Agents(DigitDriver, DigitSourceMonitor, DigitSinkMonitor)
