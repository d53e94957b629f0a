"""Beat mode: cocotb-bus drives and watches the pins cycle by cycle, with random stalls on both sides."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import cocotb
import numpy as np
from cocotb.task import Task

from ulpwise.data.packing import from_ints, to_ints
from ulpwise.ports.activity import Activity
from ulpwise.ports.stalls import FLOWING, Stall, Stalls, mask
from ulpwise.uvm.agents import BatchDriver, InputMonitor, OutputAgent, OutputMonitor
from ulpwise.uvm.context import CONTEXT, Context
from ulpwise.uvm.harness import LINGER

if TYPE_CHECKING:
    from ulpwise.data.formats import Batch
    from ulpwise.ports import pins
    from ulpwise.ports.base import Port
    from ulpwise.uvm.items import BatchItem
    from ulpwise.uvm.times import Times


class BeatDriver(BatchDriver):
    """Sends batches through the pins, all sources at once."""

    def start_of_simulation_phase(self) -> None:
        """Attach to the pins, which needs the simulator."""
        kind = self.interface.agents().driver
        ports = self.interface.sources
        self.drivers = [kind(self.harness.source(p.name), self.harness.clk, self.outputs.stall(p.name)) for p in ports]
        self.frames_left = 0

    async def drive(self, item: BatchItem) -> None:
        """Send one batch and wait for its results.

        Args:
            item: The batch; one that is to be cut is reset half way and leaves nothing behind.
        """
        self.outputs.use(item.how.stalls)
        for driver in self.drivers:
            driver.frames = 0
        frames = [self._frames(item, port) for port in self.interface.sources]
        self.frames_left = sum(map(len, frames))
        start = self.harness.now()
        work = list(zip(self.interface.sources, self.drivers, frames, strict=True))
        idle = item.how.idle
        loading = [cocotb.start_soon(self._load(driver, own, idle)) for port, driver, own in work if port.setup]
        self.loaded = [driver for port, driver, _ in work if port.setup]
        wait = self._first_load() if item.how.mixed else self._all(loading)
        ready = cocotb.start_soon(wait)
        streams = [
            self._stream(driver, own, ready, 0 if loading else idle) for port, driver, own in work if not port.setup
        ]
        tasks = [*loading, ready, *map(cocotb.start_soon, streams)]
        if item.how.cut:
            if item.how.cut.cycle > 1:  # the harness takes a cycle to pass the reset on
                await self.harness.cycles(item.how.cut.cycle - 1)
        else:
            await self._results(item)
            self.note(item, self.harness.now() - start - idle)
            await self.harness.cycles(LINGER)
        cut = item.how.cut or self.frames_left > 0
        if cut:  # an offer stands until the reset takes it back, in the next cycle
            self.harness.control.reset.value = 1
            await self.harness.cycles(1)
        for task in tasks:
            task.cancel()
        for driver in self.drivers:
            driver.idle()
        if cut:
            await self.harness.reset(item.how.cut.length - 1 if item.how.cut else 1)

    async def rest(self, cycles: int) -> None:
        """Let the pins be."""
        self.outputs.use(FLOWING)
        tasks = [cocotb.start_soon(driver.rest()) for driver in self.drivers]
        await self.harness.cycles(cycles)
        for task in tasks:
            task.cancel()
        for driver in self.drivers:
            driver.idle()

    async def _load(self, driver: pins.PinDriver, frames: list[pins.Frame], idle: int) -> None:
        """Send what serves many transactions."""
        await driver.pass_time(idle)
        for index, frame in enumerate(frames):
            await driver.send(frame, sync=index == 0)
            self.frames_left -= 1
        driver.idle()

    async def _all(self, loading: list[Task[None]]) -> None:
        """Wait until all of the set-up is in place."""
        for task in loading:
            await task

    async def _first_load(self) -> None:
        """Wait until the first frame of each set-up stream is in place."""
        while any(driver.frames == 0 for driver in self.loaded):
            await self.harness.cycles(1)

    async def _stream(self, driver: pins.PinDriver, frames: list[pins.Frame], ready: Task[None], idle: int) -> None:
        await ready
        await driver.pass_time(idle)
        for index, frame in enumerate(frames):
            await driver.send(frame, sync=index == 0)
            self.frames_left -= 1
        await driver.rest()

    async def _results(self, item: BatchItem) -> None:
        """Wait until every sink has what it expects, or nothing moves any more."""
        sinks, rows, activity = self.outputs.monitor.monitors, item.rows, self.outputs.activity
        before = -1
        while self.frames_left or min(len(sink.frames) for sink in sinks) < rows:
            await self.harness.cycles(1)
            open_ = [sink for sink in sinks if len(sink.frames) < rows]  # surplus output is no progress
            now = sum(pin.moves for pin in (*self.drivers, *open_))
            activity.passed = self.drivers[len(self.loaded)].frames  # those of the set-up come first
            activity.idle, before = (activity.idle + 1 if now == before else 0), now
            if activity.idle > self.context.bench.watchdog:
                ports = self.interface.held_back
                self.note_hung(item, [sink.port.name for sink in sinks if sink.silent and sink.port in ports])
                return

    def _frames(self, item: BatchItem, port: Port) -> list[pins.Frame]:
        beats, held = self.interface.pack(port, item.batch)
        beats, lasts = self.loosened(item, port, beats)
        words = to_ints(beats)
        if lasts is not None:
            ends = [*(np.flatnonzero(lasts) + 1).tolist(), len(words)]
            edges = list(itertools.pairwise([0, *dict.fromkeys(ends)]))
            return [(words[start:end], int(lasts[end - 1])) for start, end in edges]
        parallel = to_ints(held) if port.held else [1] * (len(words) // port.beats)
        return [(words[i * port.beats : (i + 1) * port.beats], word) for i, word in enumerate(parallel)]


class BeatOutputAgent(OutputAgent):
    """Also keeps the core waiting, where its ports allow that, and has what all ports pause by."""

    def build_phase(self) -> None:
        """Make a generator of stalls for each port."""
        super().build_phase()
        context: Context = self.cdb_get(CONTEXT)
        self._interface = context.interface
        self.activity = Activity(np.random.default_rng([context.seed, 3]), context.bench.watchdog >> 3)
        most = mask(context.bench.watchdog)
        self._stalls = {
            name: Stall(np.random.default_rng([context.seed, 2, number]), self.activity, most)
            for number, name in enumerate(context.interface.pauses)
        }

    def start_of_simulation_phase(self) -> None:
        """Attach to the pins, which needs the simulator."""
        harness = self.monitor.harness
        names = [port.name for port in self._interface.held_back] if self.active() else []
        answers = self._interface.agents().answers
        self.ready = [
            kind(harness.sink(name), harness.clk, self.stall(name + end))
            for name in names
            for end, kind in answers.items()
        ]

    def stall(self, name: str) -> Stall:
        """Return the generator of stalls of a port."""
        return self._stalls[name]

    def use(self, stalls: Stalls) -> None:
        """Let every stream pause as said."""
        self.activity.begin()
        for name, stall in self._stalls.items():
            stall.use(stalls.of(self._interface, name))


class BeatInputMonitor(InputMonitor):
    """Watches the sources."""

    def start_of_simulation_phase(self) -> None:
        """Attach to the pins, which needs the simulator."""
        self.monitors = _attach(self, self.interface.agents().source, self.interface.sources, "source")

    def collect(self, item: BatchItem) -> Batch:
        """Return the whole transactions that went in."""
        seen: Batch = {}
        begins: Times = np.zeros(0, np.int64)
        for port, monitor in zip(self.interface.sources, self.monitors, strict=True):
            self.times[port.name] = np.array(monitor.times, np.int64)
            if not port.setup and not len(begins):
                begins = np.array([frame.begins for frame in monitor.frames], np.int64)
            beats, held = _take(monitor, port)
            seen |= self.interface.unpack_input(port, beats, held)
            self.context.observed.unknown += monitor.unknown
            monitor.unknown = 0
        return self.serve(item, seen, self.times, begins)


class BeatOutputMonitor(OutputMonitor):
    """Watches the sinks."""

    def start_of_simulation_phase(self) -> None:
        """Attach to the pins, which needs the simulator."""
        self.monitors = _attach(self, self.interface.agents().sink, self.interface.sinks, "sink")

    def collect(self, item: BatchItem) -> Batch:
        """Return the whole transactions that came out, and count what was wrong with the pins."""
        batch: Batch = {}
        for port, monitor in zip(self.interface.sinks, self.monitors, strict=True):
            self.times[port.name] = np.array(monitor.times, np.int64)
            self.context.begins[port.name] = np.array([frame.begins for frame in monitor.frames], np.int64)
            self.note_open(item, port, monitor.begun)
            beats, _ = _take(monitor, port)
            batch |= self.interface.unpack(port, beats)
            observed = self.context.observed
            observed.unknown += monitor.unknown
            observed.protocol += monitor.protocol + self.interface.breaches(port, beats)
            monitor.unknown = monitor.protocol = 0
        return batch


def _attach(monitor: Any, kind: type[pins.PinMonitor], ports: list[Port], side: str) -> list[pins.PinMonitor]:  # noqa: ANN401
    """Put a pin monitor on each port."""
    harness = monitor.harness
    reset = harness.control.rst
    return [kind(getattr(harness, side)(port.name), harness.clk, reset, port) for port in ports]


def _take(monitor: pins.PinMonitor, port: Port) -> tuple[Any, Any]:
    frames = monitor.take()
    beats = from_ints([beat for frame in frames for beat in frame.beats], port.width)
    words = [frame.held for frame in frames]
    held = from_ints(words, port.held) if port.held else np.zeros((len(frames), 0), np.uint8)
    return beats, held
