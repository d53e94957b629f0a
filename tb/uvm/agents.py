"""Agents: a sequencer and a driver for the inputs when active, a monitor always."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np
from pyuvm import uvm_active_passive_enum, uvm_agent, uvm_analysis_port, uvm_driver, uvm_monitor, uvm_sequencer

from tb.formats import Batch
from tb.uvm.context import CONTEXT, Context
from tb.uvm.harness import Harness
from tb.uvm.items import BatchItem


class BatchDriver(uvm_driver):  # type: ignore[misc]  # pyuvm has no types
    """Drives one batch after the other; what a batch did to the pins is up to the subclass.

    `ended` announces every item when its last result is in, so that monitors publish what they saw of it.
    """

    def build_phase(self) -> None:
        """Look up what the components share."""
        super().build_phase()
        self.context: Context = self.cdb_get(CONTEXT)
        self.interface = self.context.interface
        self.harness = Harness(self.context.dut)
        self.ended = uvm_analysis_port("ended", self)
        self._seeds = np.random.default_rng([self.context.seed, 1])

    def next_seed(self) -> int:
        """Draw a seed for the stalls of one batch; never 0, which an xorshift generator does not leave."""
        return int(self._seeds.integers(1, 2**63))

    async def run_phase(self) -> None:
        """Serve the sequencer for ever."""
        while True:
            item = await self.seq_item_port.get_next_item()
            await self.drive(item)
            if self.interface.kind == "digits" and not item.cut:
                self._measure_latency()
            self.ended.write(item)
            self.seq_item_port.item_done()

    def _measure_latency(self) -> None:
        """Read the online delays that the sinks measured, and note those that are not as the bench says."""
        for port in self.interface.sinks:
            sink = self.harness.sink(port.name)
            if not int(sink.timed.value):
                continue  # no result at all: other rules have that
            latency = self.context.observed.latency[port.name] = int(sink.latency.value)
            expected = self.interface.latency.get(port.name, latency)
            if latency != expected:
                self.context.observed.late[port.name] = (expected, latency)

    @abstractmethod
    async def drive(self, item: BatchItem) -> None:
        """Send one batch and wait until its results are in, or nothing moves any more."""


class BatchMonitor(uvm_monitor):  # type: ignore[misc]
    """Publishes, at the end of each item, the batch that it saw; its subclasses know where to look."""

    def build_phase(self) -> None:
        """Look up what the components share."""
        super().build_phase()
        self.context: Context = self.cdb_get(CONTEXT)
        self.interface = self.context.interface
        self.harness = Harness(self.context.dut)
        self.ap = uvm_analysis_port("ap", self)

    def publish(self, item: BatchItem) -> None:
        """Hand on what was seen of an item; of one that a reset cut, nothing."""
        seen = self.collect()
        if not item.cut:
            self.ap.write((item, seen))

    @abstractmethod
    def collect(self) -> Batch:
        """Return what was seen since the last call."""


class InputAgent(uvm_agent):  # type: ignore[misc]
    """Feeds the core and watches what goes in; passive, it only watches."""

    def build_phase(self) -> None:
        """Create the parts; the factory decides between beat and burst."""
        super().build_phase()
        self.monitor = InputMonitor.create("monitor", self)
        if self.active():
            self.sequencer = uvm_sequencer("sequencer", self)
            self.driver = BatchDriver.create("driver", self)

    def connect_phase(self) -> None:
        """Connect driver and sequencer."""
        if self.active():
            self.driver.seq_item_port.connect(self.sequencer.seq_item_export)


class OutputAgent(uvm_agent):  # type: ignore[misc]
    """Watches what comes out; active, it also answers the handshake (`tready`)."""

    def build_phase(self) -> None:
        """Create the parts; the factory decides between beat and burst."""
        super().build_phase()
        self.monitor = OutputMonitor.create("monitor", self)


class InputMonitor(BatchMonitor):
    """Watches what goes in; the factory replaces it by the monitor of the mode."""

    def serve(self, batch: Batch) -> Batch:
        """Give every transaction its setup, of which one frame was seen, and drop transactions that are not whole."""
        setup = self.interface.setup_fields
        # a core that hangs may have taken more of one stream than of another
        rows = min(len(values) for name, values in batch.items() if name not in setup)
        if any(len(batch[name]) == 0 for name in setup):
            rows = 0
        return {
            name: np.broadcast_to(values[-1:], (rows, *values.shape[1:])) if name in setup and rows else values[:rows]
            for name, values in batch.items()
        }


class OutputMonitor(BatchMonitor):
    """Watches what comes out; the factory replaces it by the monitor of the mode."""


PASSIVE = uvm_active_passive_enum.UVM_PASSIVE
