"""Pin drivers and monitors of AXI4-Stream ports."""

from __future__ import annotations

from typing import Any

from cocotb.triggers import RisingEdge
from cocotb_bus.drivers import BusDriver

from ulpwise.ports.pins import Agents, Frame, PinDriver, PinMonitor
from ulpwise.ports.stalls import Stall


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


class AxisSourceMonitor(PinMonitor):
    """Watches an AXI4-Stream input."""

    _signals = ("tvalid", "ready_pin", "tdata", "tlast")

    def _sample(self) -> None:
        if not self.bus.ready_pin.value.is_resolvable:
            self.unknown += 1
        elif self.bus.tvalid.value == 1 and self.bus.ready_pin.value == 1:
            self._add(self.bus.tdata.value)
            if self.port.delimited and self.bus.tlast.value == 1:
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
            self.protocol += self._empty(data)
            self._add(data)
            if last == 1 and missing and self.port.ragged:
                self._close()

    def _empty(self, data: Any) -> bool:  # noqa: ANN401
        """Tell whether this is a beat without a byte, behind others of a frame that could have ended with them."""
        if not (self.port.keep and self.port.ragged and self._open and data.is_resolvable):
            return False
        return (int(data) >> 8 * self.port.keep) % (1 << self.port.keep) == 0

    def _same_user(self, data: Any) -> None:  # noqa: ANN401
        """Check that tuser, tid and tdest are the same in all beats of a frame."""
        if not self.port.user or not data.is_resolvable:
            return
        user = int(data) >> self.port.width - self.port.user
        if not self._open:
            self._user = user
        self.protocol += user != self._user


AGENTS = Agents(AxisDriver, AxisSourceMonitor, AxisSinkMonitor, {"": ReadyDriver})
