"""Burst mode: batches travel through files that the harness reads and writes; no Python runs meanwhile."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ulpwise.data.formats import Batch, Bits
from ulpwise.data.packing import from_fread, from_fwrite, to_fread
from ulpwise.ports.base import Port
from ulpwise.ports.clock import PERIOD_NS
from ulpwise.ports.stalls import mask
from ulpwise.uvm import loose
from ulpwise.uvm.agents import BatchDriver, InputMonitor, OutputMonitor
from ulpwise.uvm.harness import LINGER
from ulpwise.uvm.items import BatchItem, How
from ulpwise.uvm.times import NEVER, Times

FILLS = 0xFFFFFFFF  # what the sink writes for the time of a beat that fills up a frame


class BurstDriver(BatchDriver):
    """Writes the stimulus files, lets the harness run, and adds up its counters."""

    async def drive(self, item: BatchItem) -> None:
        """Send one batch.

        Args:
            item: The batch.
        """
        for port in self.interface.sources:
            self._write(item, port)
        how = item.how
        await self._burst(how, item.rows, len(self.interface.loads(item.batch)), LINGER)
        if self.harness.hung:
            sinks = [port.name for port in self.interface.held_back]
            self.note_hung(item, [name for name in sinks if int(self.harness.sink(name).silent.value)])
        if not how.cut:
            self.note(item, self.harness.burst_cycles)

    async def rest(self, cycles: int) -> None:
        """Run a burst of nothing."""
        for port in self.interface.sources:
            if port.tlast or port.delimited:
                self.harness.source(port.name).loose.value = 0
        await self._burst(How(), 0, 0, cycles)

    async def _burst(self, how: How, rows: int, loads: int, linger: int) -> None:
        """Let the harness run, and count what was wrong with the pins."""
        limit = self.context.bench.watchdog
        await self.harness.burst(
            {
                "count": rows,
                "results": rows,
                "loads": loads,
                "mix": int(how.mixed),
                "stalls": how.stalls.settings(self.interface, self.rng),
                "most": mask(limit),
                "limit": limit,
                "linger": linger,
                "delay": how.idle,
                "cut": how.cut.cycle if how.cut else 0,
                "hold": how.cut.length if how.cut else 1,
            }
        )
        observed = self.context.observed
        if self.interface.timed:
            sources = [self.harness.source(port.name) for port in self.interface.sources]
            observed.unknown += sum(int(source.unknown.value) for source in sources)
        for port in self.interface.sinks:
            sink = self.harness.sink(port.name)
            observed.unknown += int(sink.unknown.value)
            observed.protocol += int(sink.protocol.value)
            observed.protocol += int(sink.unsteady.value) if port.user else 0

    def _write(self, item: BatchItem, port: Port) -> None:
        """Write the files of one source."""
        beats, held = self.interface.pack(port, item.batch)
        beats, lasts = self.loosened(item, port, beats)
        to_fread(beats).tofile(f"{port.name}.in")
        if lasts is not None:
            lasts.astype(np.uint8).tofile(f"{port.name}.last")
        if port.tlast or port.delimited:
            self.harness.source(port.name).loose.value = 0 if lasts is None else len(lasts)
        if port.held:
            to_fread(held).tofile(f"{port.name}.held")


def _begins(found: Times, beats: int) -> Times:
    """Return when the first beat of each frame moved that did; `NEVER` for frames of which none did."""
    frames = np.append(found, np.full(-len(found) % beats, NEVER)).reshape(-1, beats)
    return np.asarray(frames[np.arange(len(frames)), (frames != NEVER).argmax(axis=1)], np.int64)


def when(name: str) -> Times:
    """Read the cycles in which the beats of a port moved; `NEVER` for those that fill up a frame that ended early."""
    written = np.fromfile(f"{name}.when", "<u4").astype(np.int64)
    return np.where(written == FILLS, NEVER, written // PERIOD_NS)


class BurstInputMonitor(InputMonitor):
    """Reads back the files that the sources consumed."""

    def collect(self, item: BatchItem) -> Batch:
        """Return what was sent."""
        seen: Batch = {}
        self.times = times = {}
        begins = np.zeros(0, np.int64)
        for port in self.interface.sources:
            beats = from_fread(Path(f"{port.name}.in").read_bytes(), port.width)
            first = np.arange(len(beats) // port.beats) * port.beats
            if port.name in item.how.lengths or (port.delimited and port.ragged):
                beats, first = loose.tighten(port, beats, np.fromfile(f"{port.name}.last", np.uint8) > 0)
            held = Path(f"{port.name}.held")
            words = from_fread(held.read_bytes(), port.held) if port.held else np.zeros((0, 0), np.uint8)
            seen |= self.interface.unpack_input(port, beats, words)
            if self.interface.timed:
                times[port.name] = when(port.name)
                if not port.setup and not len(begins):
                    begins = times[port.name][first[first < len(times[port.name])]]
        return self.serve(item, seen, times, begins)


class BurstOutputMonitor(OutputMonitor):
    """Reads the files that the sinks wrote."""

    def collect(self, item: BatchItem) -> Batch:
        """Return what came out; the last frame is dropped when it is not whole."""
        batch: Batch = {}
        for port in self.interface.sinks:
            beats = self._beats(port)
            batch |= self.interface.unpack(port, beats)
            self.context.observed.protocol += self.interface.breaches(port, beats)
            self.times[port.name] = found = when(port.name)
            times = 1 if port.whole else port.beats  # of a frame
            self.note_open(item, port, len(found) % times)
            self.context.begins[port.name] = _begins(found, times)
        return batch

    def _beats(self, port: Port) -> Bits:
        width = port.width * port.beats if port.whole else port.width
        size = 4 * -(-width // 32)
        whole = size if port.whole else size * port.beats
        data = Path(f"{port.name}.out").read_bytes()
        words = from_fwrite(data[: len(data) // whole * whole], width)
        return words.reshape(-1, port.width)
