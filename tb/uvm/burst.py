"""Burst mode: batches travel through files that the harness reads and writes; no Python runs meanwhile."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tb.formats import Batch, Bits
from tb.interface import Port
from tb.packing import from_fread, from_fwrite, to_fread
from tb.uvm.agents import BatchDriver, InputMonitor, OutputMonitor
from tb.uvm.items import BatchItem


class BurstDriver(BatchDriver):
    """Writes the stimulus files, lets the harness run, and adds up its counters."""

    async def drive(self, item: BatchItem) -> None:
        """Send one batch.

        Args:
            item: The batch.
        """
        for port in self.interface.sources:
            beats, held = self.interface.pack(port, item.batch)
            to_fread(beats).tofile(f"{port.name}.in")
            if port.held:
                to_fread(held).tofile(f"{port.name}.held")
            elif self.interface.kind == "digits":
                np.zeros(item.rows, np.uint8).tofile(f"{port.name}.held")
        beats_in = item.rows * max(port.beats for port in self.interface.sources if not port.setup)
        await self.harness.burst(
            frames=item.rows,
            seed=self.next_seed(),
            source=item.gaps.source,
            sink=item.gaps.sink,
            limit=self.context.bench.watchdog,
            cut=max(1, beats_in // 2) if item.cut else 0,
        )
        observed = self.context.observed
        observed.hung += self.harness.hung
        observed.cycles += self.harness.burst_cycles
        if self.interface.kind == "axis":
            sources = [self.harness.source(port.name) for port in self.interface.sources]
            observed.unknown += sum(int(source.unknown.value) for source in sources)
        for port in self.interface.sinks:
            sink = self.harness.sink(port.name)
            observed.unknown += int(sink.unknown.value)
            observed.protocol += int(sink.protocol.value)


class BurstInputMonitor(InputMonitor):
    """Reads back the files that the sources consumed."""

    def collect(self) -> Batch:
        """Return what was sent."""
        batch: Batch = {}
        for port in self.interface.sources:
            beats = from_fread(Path(f"{port.name}.in").read_bytes(), port.width)
            held = Path(f"{port.name}.held")
            words = from_fread(held.read_bytes(), port.held) if port.held else np.zeros((0, 0), np.uint8)
            batch |= self.interface.unpack_input(port, beats, words)
        return self.serve(batch)


class BurstOutputMonitor(OutputMonitor):
    """Reads the files that the sinks wrote."""

    def collect(self) -> Batch:
        """Return what came out; the last frame is dropped when it is not whole."""
        batch: Batch = {}
        for port in self.interface.sinks:
            batch |= self.interface.unpack(port, self._beats(port))
        return batch

    def _beats(self, port: Port) -> Bits:
        digits = self.interface.kind == "digits"
        width = port.width * port.beats if digits else port.width  # a digit sink writes whole frames
        size = 4 * -(-width // 32)
        whole = size if digits else size * port.beats
        data = Path(f"{port.name}.out").read_bytes()
        words = from_fwrite(data[: len(data) // whole * whole], width)
        return words.reshape(-1, port.width)
