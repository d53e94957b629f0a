"""Pin driver and monitors of a pipeline: valid without a handshake, or neither."""

from __future__ import annotations

from cocotb.triggers import RisingEdge

from ulpwise.ports.pins import Agents, Frame, PinDriver, PinMonitor


class PipeDriver(PinDriver):
    """Sends transactions of one beat; between them valid is low, and what is on the other pins is noise."""

    _signals = ("ce", "first", "data")

    @property
    def _noise(self) -> int:
        """The complement of what the operands are."""
        return (1 << len(self.bus.data)) - 1 - int(self.bus.data.value)

    async def _driver_send(self, transaction: Frame, sync: bool = True) -> None:
        edge = RisingEdge(self.clock)
        if sync:
            await edge
        (beat,), _ = transaction
        while self.stall():
            await self._gap()
        while self.stall():
            await self._stand_still()
        self._put(1, 1, beat)
        await edge
        self.moves += 1

    async def rest(self) -> None:
        """Send gaps for ever, in which the core may go on: they carry the results of the last transactions out."""
        while True:
            if self.stall():
                await self._stand_still()
            else:
                await self._gap()

    async def pass_time(self, cycles: int) -> None:
        """Send gaps, in which the core may go on."""
        for _ in range(cycles):
            await self._gap()

    def idle(self) -> None:
        """Offer nothing."""
        self.bus.ce.value = 1
        self.bus.first.value = 0

    async def _gap(self) -> None:
        self._put(1, 0, self._noise)
        await RisingEdge(self.clock)

    async def _stand_still(self) -> None:
        """Let the core hold what it has, for a cycle in which it may look at nothing; of a core that cannot, a gap."""
        self._put(0, 1 - int(self.bus.first.value), self._noise)
        await RisingEdge(self.clock)

    def _put(self, enable: int, valid: int, data: int) -> None:
        self.bus.ce.value = enable
        self.bus.first.value = valid
        self.bus.data.value = data


class PipeSourceMonitor(PinMonitor):
    """Watches the operands."""

    _signals = ("ce_pin", "valid_pin", "data")

    def _sample(self) -> None:
        if self.bus.ce_pin.value == 1 and self.bus.valid_pin.value == 1:
            self._add(self.bus.data.value)


class PipeSinkMonitor(PinMonitor):
    """Watches the results, and that they come when they are due."""

    _signals = ("ce_pin", "valid_pin", "due_pin", "data_pin")

    def _sample(self) -> None:
        if self.bus.ce_pin.value != 1:
            return
        valid = self.bus.valid_pin.value
        if not valid.is_resolvable:
            self.unknown += 1
            return
        self.protocol += valid != self.bus.due_pin.value
        if valid == 1:
            self._add(self.bus.data_pin.value)


AGENTS = Agents(PipeDriver, PipeSourceMonitor, PipeSinkMonitor)
