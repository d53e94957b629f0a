"""The harness as seen from Python: resets, bursts and their counters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cocotb.triggers import ClockCycles, RisingEdge

from ulpwise.ports import clock

LINGER = 64  # cycles of listening for surplus output after the last expected one of a batch


class Harness:
    """Handle of the generated harness.

    Args:
        dut: cocotb's handle of module `harness`.
    """

    def __init__(self, dut: Any) -> None:  # noqa: ANN401 (a handle has whatever the design has)
        self.dut = dut
        self.clk = dut.clk
        self.control = dut.control

    async def cycles(self, count: int) -> None:
        """Wait for `count` rising edges."""
        await ClockCycles(self.clk, count)

    @staticmethod
    def now() -> int:
        """Return the clock cycle."""
        return clock.now()

    async def reset(self, length: int = 1) -> None:
        """Reset core and transactors for so many cycles."""
        self.control.go.value = 0
        self.control.reset.value = 1
        if length:
            await self.cycles(length)
        self.control.reset.value = 0
        await self.cycles(2)

    async def burst(self, settings: Mapping[str, int]) -> None:
        """Run one burst to its end.

        Args:
            settings: What tb_control.v is told, by the names of its registers: `count` and `results` frames in and out,
                `loads` frames of the set-up, `mix`, `stalls`, `most`, `limit`, `linger`, `delay`, `cut` and `hold`.
        """
        for name, value in settings.items():
            getattr(self.control, name).value = value
        self.control.go.value = 1
        await RisingEdge(self.control.done)
        self.control.go.value = 0
        await self.cycles(2)

    @property
    def hung(self) -> bool:
        """Whether the watchdog ended the last burst."""
        return bool(int(self.control.hung.value))

    @property
    def burst_cycles(self) -> int:
        """Clock cycles of the last burst, until its last expected result."""
        return int(self.control.cycles.value)

    def source(self, name: str) -> Any:  # noqa: ANN401
        """Return the handle of a source transactor."""
        return getattr(self.dut, f"source_{name}")

    def sink(self, name: str) -> Any:  # noqa: ANN401
        """Return the handle of a sink transactor."""
        return getattr(self.dut, f"sink_{name}")
