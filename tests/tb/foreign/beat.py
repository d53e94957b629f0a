# ruff: noqa: ARG002
"""Pins of two-phase handshakes."""

from __future__ import annotations

from cocotb.triggers import RisingEdge

from ulpwise.ports.pins import Agents, Frame, PinDriver, PinMonitor


class Caller(PinDriver):
    """Turns `req` over for each operand."""

    _signals = ("req", "data", "ack_pin")

    async def _driver_send(self, transaction: Frame, sync: bool = True) -> None:
        (beat,), _ = transaction
        while self.stall() or self.bus.ack_pin.value != self.bus.req.value:
            await RisingEdge(self.clock)
        self.bus.req.value = 1 - int(self.bus.req.value)
        self.bus.data.value = beat
        await RisingEdge(self.clock)
        self.moves += 1

    def idle(self) -> None:
        """Leave the pins: what counts is their edges."""


class CallMonitor(PinMonitor):
    """Watches operands."""

    _signals = ("sent_pin", "data")

    def _sample(self) -> None:
        if self.bus.sent_pin.value == 1:
            self._add(self.bus.data.value)


class EventMonitor(PinMonitor):
    """Watches results, and that they stay."""

    _signals = ("came_pin", "moved_pin", "data_pin")

    def _sample(self) -> None:
        if self.bus.came_pin.value == 1:
            self._add(self.bus.data_pin.value)
        self.protocol += self.bus.moved_pin.value == 1


AGENTS = Agents(Caller, CallMonitor, EventMonitor)
