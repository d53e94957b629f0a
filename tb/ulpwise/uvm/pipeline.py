"""Pin driver and monitors of a pipeline: valid without a handshake, or neither."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cocotb.triggers import RisingEdge

from ulpwise.ports.pipeline import OUTPUTS, Pipeline
from ulpwise.uvm.pins import Frame, PinDriver, PinMonitor

if TYPE_CHECKING:
    from ulpwise.uvm.context import Context
    from ulpwise.uvm.harness import Harness


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


def measure_latency(context: Context, harness: Harness) -> None:
    """Read after how many enabled cycles a pipeline that says so itself had its first result, and note a wrong one."""
    interface = context.interface
    if not isinstance(interface, Pipeline) or interface.valid is None:
        return
    sink = harness.sink(OUTPUTS)
    if int(sink.timed.value):
        name = context.bench.wiring.name(interface.valid[1])
        latency = context.observed.latency[name] = int(sink.latency.value)
        if latency != interface.latency:
            context.observed.late[name] = (interface.latency, latency)
