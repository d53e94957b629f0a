"""The environment and the test that serve every bench, in beat and in burst mode."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyuvm import ConfigDB, uvm_env, uvm_factory, uvm_subscriber, uvm_test

from ulpwise.coverage.sampler import Coverage
from ulpwise.system.fault import UserFault
from ulpwise.uvm import agents, beat, burst
from ulpwise.uvm.context import CONTEXT, Context
from ulpwise.uvm.harness import Harness
from ulpwise.uvm.program import RunSequence
from ulpwise.uvm.scoreboard import Scoreboard
from ulpwise.uvm.times import check

if TYPE_CHECKING:
    from ulpwise.data.formats import Batch
    from ulpwise.uvm.items import BatchItem

FLUSH = 64  # idle cycles in front of all for a core without a reset
OVERRIDES = {
    "beat": {
        agents.BatchDriver: beat.BeatDriver,
        agents.InputMonitor: beat.BeatInputMonitor,
        agents.OutputMonitor: beat.BeatOutputMonitor,
        agents.OutputAgent: beat.BeatOutputAgent,
    },
    "burst": {
        agents.BatchDriver: burst.BurstDriver,
        agents.InputMonitor: burst.BurstInputMonitor,
        agents.OutputMonitor: burst.BurstOutputMonitor,
    },
}


class CoverageCollector(uvm_subscriber):  # type: ignore[misc]  # pyuvm has no types
    """Samples the bench's cover groups on every checked batch of whole transactions."""

    def build_phase(self) -> None:
        """Create the collector from the bench's declaration."""
        super().build_phase()
        context: Context = self.cdb_get(CONTEXT)
        self.coverage = Coverage(context.bench.cover(context.config))

    def write(self, tt: Batch) -> None:
        """Sample a batch of inputs and outputs."""
        self.coverage.sample(tt)


class ItemEnds(uvm_subscriber):  # type: ignore[misc]
    """Lets the monitors publish when the driver is through with an item, inputs first."""

    def write(self, tt: BatchItem) -> None:
        """Receive an item that has ended."""
        env = self.get_parent()
        if tt.how.rest:
            env.outputs.monitor.note_rest(tt)
            return
        inputs = env.inputs.monitor.publish(tt)
        env.outputs.monitor.publish(tt)
        context: Context = self.cdb_get(CONTEXT)
        if tt.how.timed and not context.raised:
            try:
                check(context, inputs, env.inputs.monitor.times | env.outputs.monitor.times)
            except UserFault as raised:
                context.raised = str(raised)


class Environment(uvm_env):  # type: ignore[misc]
    """Two agents, a scoreboard and a coverage collector."""

    def build_phase(self) -> None:
        """Create the components."""
        super().build_phase()
        if not self.cdb_get(CONTEXT).interface.held_back:  # there is no handshake to answer
            self.cdb_set("is_active", agents.PASSIVE, "outputs")
        self.inputs = agents.InputAgent("inputs", self)
        self.outputs = agents.OutputAgent.create("outputs", self)
        self.scoreboard = Scoreboard("scoreboard", self)
        self.collector = CoverageCollector("collector", self)
        self.ends = ItemEnds("ends", self)

    def connect_phase(self) -> None:
        """Connect driver to monitors, monitors to scoreboard, scoreboard to coverage."""
        if self.inputs.active():
            self.inputs.driver.ended.connect(self.ends.analysis_export)
            self.inputs.driver.outputs = self.outputs
        self.inputs.monitor.ap.connect(self.scoreboard.inputs.analysis_export)
        self.outputs.monitor.ap.connect(self.scoreboard.results.analysis_export)
        self.scoreboard.ap.connect(self.collector.analysis_export)


class RunTest(uvm_test):  # type: ignore[misc]
    """Resets the core and sends every item of the run."""

    def build_phase(self) -> None:
        """Choose the components of the mode and create the environment."""
        super().build_phase()
        self.context: Context = self.cdb_get(CONTEXT)
        for base, chosen in OVERRIDES[self.context.mode].items():
            uvm_factory().set_type_override_by_type(base, chosen)
        self.env = Environment("env", self)

    def _flush(self) -> int:
        """Cycles after which nothing is left in the core of what was in it at first."""
        return max(FLUSH, self.context.interface.depth)

    async def run_phase(self) -> None:
        """Run."""
        with self.objection():
            # what is in a core without a reset is to leave it
            await Harness(self.context.dut).reset(1 if self.context.bench.wiring.reset else self._flush())
            await RunSequence("run", self.context).start(self.env.inputs.sequencer)


def share(context: Context) -> None:
    """Put what the components share where they look it up."""
    ConfigDB().set(None, "*", CONTEXT, context)
