"""Agents: a sequencer and a driver for the inputs when active, a monitor always."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

import numpy as np
from pyuvm import uvm_active_passive_enum, uvm_agent, uvm_analysis_port, uvm_driver, uvm_monitor, uvm_sequencer

from ulpwise.data.formats import Batch, Bits
from ulpwise.ports.base import Lasts, Port
from ulpwise.uvm import loose
from ulpwise.uvm.context import CONTEXT, Context
from ulpwise.uvm.harness import Harness
from ulpwise.uvm.items import BatchItem
from ulpwise.uvm.times import Times, served


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
        self.rng = np.random.default_rng([self.context.seed, 1])

    async def run_phase(self) -> None:
        """Serve the sequencer for ever."""
        while True:
            item = await self.seq_item_port.get_next_item()
            if item.how.reset:
                await self.harness.reset(item.how.reset)
            if item.how.rest:
                await self.rest(item.how.rest)
            else:
                await self.drive(item)
            if not item.how.cut:
                self._measure_latency()
            self.ended.write(item)
            self.seq_item_port.item_done()

    def _measure_latency(self) -> None:
        """Read the latencies that the sinks measured, and note those that are not as the bench says."""
        wiring, observed = self.context.bench.wiring, self.context.observed
        for name, label, expected in self.interface.latencies():
            sink = self.harness.sink(name)
            if not int(sink.timed.value):
                continue  # no result at all: other rules have that
            extremes = [int(sink.soonest.value), int(sink.latest.value)]  # of all frames of the item
            observed.latency[wiring.name(label)] = extremes[0]
            wrong = [latency for latency in extremes if expected not in {None, latency}]
            if expected is not None and wrong:
                observed.late.setdefault(wiring.name(wiring.shown(label)), (expected, wrong[0]))

    def note(self, item: BatchItem, cycles: int) -> None:
        """Note how many cycles an item took that was not cut."""
        self.context.observed.cycles += cycles
        self.context.pace = max(1.0, cycles / max(1, item.rows))

    def note_hung(self, item: BatchItem, silent: list[str]) -> None:
        """Note that nothing moves any more, and which outputs have nothing on offer."""
        observed = self.context.observed
        observed.hung += 1
        if not observed.hung_in:
            names = ", ".join(map(self.context.bench.wiring.shown, silent))
            observed.hung_in = item.get_name() + (f"; {names} offered nothing" if silent else "")

    def loosened(self, item: BatchItem, port: Port, beats: Bits) -> tuple[Bits, Lasts | None]:
        """Make of one source's frames what goes over its pins, with `tlast` out of place if the item says so."""
        beats, lasts = self.interface.dress(port, beats, self.rng)
        drawn = item.how.lengths.get(port.name)
        return (beats, lasts) if drawn is None else loose.loosen(port, beats, drawn, self.rng)

    @abstractmethod
    async def drive(self, item: BatchItem) -> None:
        """Send one batch and wait until its results are in, or nothing moves any more."""

    @abstractmethod
    async def rest(self, cycles: int) -> None:
        """Send nothing for so many cycles; all sinks are ready."""


class BatchMonitor(uvm_monitor):  # type: ignore[misc]
    """Publishes, at the end of each item, the batch that it saw; its subclasses know where to look."""

    def build_phase(self) -> None:
        """Look up what the components share."""
        super().build_phase()
        self.context: Context = self.cdb_get(CONTEXT)
        self.interface = self.context.interface
        self.harness = Harness(self.context.dut)
        self.ap = uvm_analysis_port("ap", self)
        self.times: dict[str, Times] = {}
        """Cycles of the beats of an item, by the name of the port, where they were asked for."""

    def publish(self, item: BatchItem) -> Batch:
        """Hand on what was seen of an item, and return it; of one that a reset cut, hand on nothing."""
        seen = self.collect(item)
        if not item.how.cut:
            self.ap.write((item, seen))
        return seen

    @abstractmethod
    def collect(self, item: BatchItem) -> Batch:
        """Return what was seen of an item."""


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

    def serve(self, item: BatchItem, seen: Batch, times: Mapping[str, Times], begins: Times) -> Batch:
        """Give every transaction the set-up that it met, and drop transactions that are not whole.

        Args:
            item: What was sent.
            seen: Fields of all sources; of the set-up, those of each frame that was sent.
            times: Cycles of the beats of the set-up streams, if frames of it may come at any time.
            begins: Cycles of the first beats of the other frames, likewise.
        """
        setup = self.interface.setup_fields
        # a core that hangs may have taken more of one stream than of another
        rows = min(len(values) for name, values in seen.items() if name not in setup)
        if any(len(seen[name]) == 0 for name in setup):
            rows = 0
        met: dict[str, Any] = {}
        if item.how.mixed:
            rows = min(rows, len(begins))
            met, between = served(self.interface, times, begins[:rows])
            self.context.observed.half_loaded += between
        batch = {}
        for name, values in seen.items():
            if name in setup:
                picks = met.get(self.interface.port_of(name), np.zeros(rows, np.intp))
                batch[name] = values[np.minimum(picks, len(values) - 1)] if rows else values[:0]
            else:
                batch[name] = values[:rows]
        return batch


class OutputMonitor(BatchMonitor):
    """Watches what comes out; the factory replaces it by the monitor of the mode."""

    def note_open(self, item: BatchItem, port: Port, beats: int) -> None:
        """Note a frame that began behind the last result of an item, and was not whole when the next item came."""
        observed = self.context.observed
        if beats and not (item.how.cut or observed.hung or observed.surplus):
            name = self.context.bench.wiring.shown(port.name)
            observed.surplus = f"{name} began a frame behind the last result of '{item.get_name()}'"

    def note_rest(self, item: BatchItem) -> None:
        """Note output that came while nothing was sent, behind all results."""
        observed, known = self.context.observed, self.context.observed.surplus
        self.collect(item)
        for port in self.interface.sinks:
            if len(self.times[port.name]) and not known:
                name = self.context.bench.wiring.shown(port.name)
                observed.surplus = f"{name} gave more in the {item.how.rest} cycles behind all results"
                return


PASSIVE = uvm_active_passive_enum.UVM_PASSIVE
