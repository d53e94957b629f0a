"""Beat mode: cocotb-bus drives and watches the pins cycle by cycle, with random stalls on both sides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cocotb
import numpy as np
from cocotb.task import Task

from tb.packing import from_ints, to_ints
from tb.uvm import pins
from tb.uvm.agents import BatchDriver, InputMonitor, OutputAgent, OutputMonitor

if TYPE_CHECKING:
    from tb.formats import Batch
    from tb.interface import Port
    from tb.uvm.items import BatchItem

LINGER = 64  # cycles of listening for surplus output after the last expected one
SOURCES: dict[str, tuple[type[pins.PinDriver], type[pins.PinMonitor]]] = {
    "digits": (pins.DigitDriver, pins.DigitSourceMonitor),
    "axis": (pins.AxisDriver, pins.AxisSourceMonitor),
}
SINKS: dict[str, type[pins.PinMonitor]] = {"digits": pins.DigitSinkMonitor, "axis": pins.AxisSinkMonitor}
RANDOM_BLOCK = 4096


class Stall:
    """Decides, cycle by cycle, whether to pause: `rate` out of 256 cycles, from a seeded generator."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rate = 0
        self._rng = rng
        self._bytes = b""
        self._at = 0

    def __call__(self) -> bool:
        """Draw one decision."""
        if self._at == len(self._bytes):
            self._bytes = self._rng.bytes(RANDOM_BLOCK)
            self._at = 0
        self._at += 1
        return self._bytes[self._at - 1] < self.rate


class BeatDriver(BatchDriver):
    """Sends batches through the pins, all sources at once."""

    def start_of_simulation_phase(self) -> None:
        """Attach to the pins, which needs the simulator."""
        self.stall = Stall(np.random.default_rng([self.context.seed, 2]))
        kind = SOURCES[self.interface.kind][0]
        ports = self.interface.sources
        self.drivers = [kind(self.harness.source(port.name), self.harness.clk, self.stall) for port in ports]
        self.frames_left = 0

    async def drive(self, item: BatchItem) -> None:
        """Send one batch and wait for its results.

        Args:
            item: The batch; one that is to be cut is reset half way and leaves nothing behind.
        """
        self.stall.rate = item.gaps.source
        self.outputs.stall.rate = item.gaps.sink
        frames = [self._frames(port, item.batch) for port in self.interface.sources]
        self.frames_left = sum(map(len, frames))
        start = self.harness.now()
        work = list(zip(self.interface.sources, self.drivers, frames, strict=True))
        loading = cocotb.start_soon(self._load([(driver, own) for port, driver, own in work if port.setup]))
        streams = [self._stream(driver, own, loading) for port, driver, own in work if not port.setup]
        tasks = [loading, *map(cocotb.start_soon, streams)]
        if item.cut:
            await self.harness.cycles(max(1, len(frames[-1]) * self.interface.sources[-1].beats // 2))
        else:
            await self._results(item.rows)
            self.context.observed.cycles += self.harness.now() - start
            await self.harness.cycles(LINGER)
        cut = item.cut or self.frames_left > 0
        if cut:  # an offer stands until the reset takes it back, in the next cycle
            self.harness.control.reset.value = 1
            await self.harness.cycles(1)
        for task in tasks:
            task.cancel()
        for driver in self.drivers:
            driver.idle()
        if cut:
            await self.harness.reset()

    async def _load(self, work: list[tuple[pins.PinDriver, list[pins.Frame]]]) -> None:
        """Send what has to be in place before the transactions."""
        for driver, frames in work:
            for index, frame in enumerate(frames):
                await driver.send(frame, sync=index == 0)
                self.frames_left -= 1
            driver.idle()

    async def _stream(self, driver: pins.PinDriver, frames: list[pins.Frame], loading: Task[None]) -> None:
        await loading
        for index, frame in enumerate(frames):
            await driver.send(frame, sync=index == 0)
            self.frames_left -= 1
        await driver.rest()

    async def _results(self, rows: int) -> None:
        """Wait until every sink has what it expects, or nothing moves any more."""
        sinks = self.outputs.monitor.monitors
        idle, before = 0, -1
        while self.frames_left or min(len(sink.frames) for sink in sinks) < rows:
            await self.harness.cycles(1)
            open_ = [sink for sink in sinks if len(sink.frames) < rows]  # surplus output is no progress
            now = sum(pin.moves for pin in (*self.drivers, *open_))
            idle, before = (idle + 1 if now == before else 0), now
            if idle > self.context.bench.watchdog:
                self.context.observed.hung += 1
                return

    def _frames(self, port: Port, batch: Batch) -> list[pins.Frame]:
        beats, held = self.interface.pack(port, batch)
        words = to_ints(beats)
        parallel = to_ints(held) if port.held else [0] * (len(words) // port.beats)
        return [(words[i * port.beats : (i + 1) * port.beats], word) for i, word in enumerate(parallel)]


class BeatOutputAgent(OutputAgent):
    """Also drives `tready` of AXI4-Stream outputs."""

    def start_of_simulation_phase(self) -> None:
        """Attach to the pins, which needs the simulator."""
        monitor = self.monitor
        self.stall = Stall(np.random.default_rng([monitor.context.seed, 3]))
        if self.active():
            harness = monitor.harness
            handles = [harness.sink(port.name) for port in monitor.interface.sinks]
            self.ready = [pins.ReadyDriver(handle, harness.clk, self.stall) for handle in handles]


class BeatInputMonitor(InputMonitor):
    """Watches the sources."""

    def start_of_simulation_phase(self) -> None:
        """Attach to the pins, which needs the simulator."""
        self.monitors = _attach(self, SOURCES[self.interface.kind][1], self.interface.sources, "source")

    def collect(self) -> Batch:
        """Return the whole transactions that went in."""
        batch: Batch = {}
        for port, monitor in zip(self.interface.sources, self.monitors, strict=True):
            beats, held = _take(monitor, port)
            batch |= self.interface.unpack_input(port, beats, held)
            self.context.observed.unknown += monitor.unknown
            monitor.unknown = 0
        return self.serve(batch)


class BeatOutputMonitor(OutputMonitor):
    """Watches the sinks."""

    def start_of_simulation_phase(self) -> None:
        """Attach to the pins, which needs the simulator."""
        self.monitors = _attach(self, SINKS[self.interface.kind], self.interface.sinks, "sink")

    def collect(self) -> Batch:
        """Return the whole transactions that came out, and count what was wrong with the pins."""
        batch: Batch = {}
        for port, monitor in zip(self.interface.sinks, self.monitors, strict=True):
            beats, _ = _take(monitor, port)
            batch |= self.interface.unpack(port, beats)
            observed = self.context.observed
            observed.unknown += monitor.unknown
            observed.protocol += monitor.protocol
            monitor.unknown = monitor.protocol = 0
        return batch


def _attach(monitor: Any, kind: type[pins.PinMonitor], ports: list[Port], side: str) -> list[pins.PinMonitor]:  # noqa: ANN401
    """Put a pin monitor on each port."""
    harness = monitor.harness
    reset = harness.control.rst
    return [kind(getattr(harness, side)(port.name), harness.clk, reset, port) for port in ports]


def _take(monitor: pins.PinMonitor, port: Port) -> tuple[Any, Any]:
    frames = monitor.take()
    beats = from_ints([beat for beats, _ in frames for beat in beats], port.width)
    held = from_ints([word for _, word in frames], port.held) if port.held else np.zeros((len(frames), 0), np.uint8)
    return beats, held
