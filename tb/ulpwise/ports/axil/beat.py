"""Gates of the channels of AXI4-Lite, and its monitors; commands are driven as those of all programs are."""

from __future__ import annotations

from functools import partial
from typing import Any

from cocotb.triggers import RisingEdge
from cocotb_bus.drivers import BusDriver

from ulpwise.ports.axil import CHANNELS
from ulpwise.ports.pins import Agents
from ulpwise.ports.program.beat import AnswerMonitor, CommandMonitor, FreshDriver, ProgramDriver
from ulpwise.ports.stalls import Stall


class Gate(BusDriver):  # type: ignore[misc]  # cocotb-bus has no types
    """Lets one channel go unless it stalls, for ever; an offer stays until it is taken."""

    _signals = ("go", "wants", "held", "taken")

    def __init__(self, channel: str, transactor: Any, clock: Any, stall: Stall) -> None:  # noqa: ANN401
        super().__init__(transactor, channel, clock, case_insensitive=False)
        self.stall = stall
        self.append(None)

    async def _driver_send(self, transaction: None, sync: bool = True) -> None:  # noqa: ARG002
        while True:
            await RisingEdge(self.clock)
            taken = self.bus.taken.value == 1
            pause = self.stall(offered=self.bus.wants.value == 1, taken=taken, last=taken)
            self.bus.go.value = int(self.bus.held.value == 1 or not pause)


class ResponseMonitor(AnswerMonitor):
    """Watches the responses."""

    _optional_signals = ("silent",)

    def _sample(self) -> None:
        super()._sample()
        self.silent = self.bus.silent.value == 1


_GATES = {f".{channel}": partial(Gate, channel) for channel in CHANNELS}
AGENTS = Agents(ProgramDriver, CommandMonitor, ResponseMonitor, _GATES)
FRESH = Agents(FreshDriver, CommandMonitor, ResponseMonitor, _GATES)
