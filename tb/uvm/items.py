"""Sequence items are batches; the sequences of a run are drawn from its seed."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from pyuvm import uvm_sequence, uvm_sequence_item

from tb.fault import UserFault
from tb.formats import Batch, Format
from tb.stimuli import draw_for
from tb.uvm.context import Context

SAMPLE = 256  # transactions that a burst run repeats with stalls, and after a reset in mid-stream


@dataclass(frozen=True)
class Gaps:
    """How often a stream pauses.

    Attributes:
        source: Out of 256 cycles, how many hold the inputs back.
        sink: Out of 256 cycles, how many refuse the outputs.
    """

    source: int = 0
    sink: int = 0


FLOWING = Gaps()
STALLED = Gaps(source=80, sink=100)


class BatchItem(uvm_sequence_item):  # type: ignore[misc]  # pyuvm has no types
    """A batch to send.

    Attributes:
        batch: Arrays of the input fields, one row a transaction.
        gaps: How the streams pause meanwhile.
        cut: Reset the core in the middle of it and expect no results.
    """

    def __init__(self, name: str, batch: Batch, gaps: Gaps, *, cut: bool = False) -> None:
        super().__init__(name)
        self.batch = batch
        self.gaps = gaps
        self.cut = cut

    @property
    def rows(self) -> int:
        """Transactions in the batch."""
        return len(next(iter(self.batch.values())))


class RunSequence(uvm_sequence):  # type: ignore[misc]
    """All batches of a run, one after the other."""

    def __init__(self, name: str, context: Context) -> None:
        super().__init__(name)
        self.context = context

    async def body(self) -> None:
        """Send every item of the run, or those before a function of the bench raised."""
        try:
            for item in items(self.context):
                await self.start_item(item)
                await self.finish_item(item)
                if self.context.raised:
                    return
        except UserFault as raised:  # by the stimuli
            self.context.raised = str(raised)


def items(context: Context) -> Iterator[BatchItem]:
    """Yield what a run sends.

    Every sequence of the bench, at full speed in burst mode and with stalls in beat mode; then a sample of all of them
    that a reset cuts in two, and the same sample whole, with stalls. The user's own transactions, if there are any,
    take the place of all that and are sent once, in their order.
    """
    for name, batch, gaps, cut in _batches(context):
        for part in _by_setup(batch, context.interface.setup_fields):
            yield BatchItem(name, part, gaps, cut=cut)


def _batches(context: Context) -> Iterator[tuple[str, Batch, Gaps, bool]]:
    """Yield name, batch, stalls, and whether a reset cuts it."""
    flow = FLOWING if context.mode == "burst" else STALLED
    if context.vectors is not None:
        yield "vectors", context.vectors, flow, False
        return
    samples = []
    for name, sequence in context.bench.stimuli(context.config).items():
        names = (context.bench.top, context.config.name, name)
        draw = draw_for(context.interface, names, context.seed, context.n)
        batch = sequence(draw)
        for field, fmt in context.interface.input_fields.items():
            fmt.validate(batch[field], field)
        if context.mode == "beat":
            batch = _sample(batch, context.n, draw.rng)
        samples.append(_sample(batch, min(SAMPLE, context.n), draw.rng))
        yield name, batch, flow, False
    sample = {field: np.concatenate([part[field] for part in samples]) for field in samples[0]}
    yield "reset", sample, STALLED, True
    yield "stalls", sample, STALLED, False


def _by_setup(batch: Batch, setup: Mapping[str, Format]) -> Iterator[Batch]:
    """Cut a batch wherever the fields of the setup change."""
    rows = len(next(iter(batch.values())))
    change = np.zeros(max(0, rows - 1), bool)
    for name, fmt in setup.items():
        change |= ~fmt.equal(batch[name][1:], batch[name][:-1])
    edges = [0, *(np.flatnonzero(change) + 1).tolist(), rows]
    for start, end in itertools.pairwise(edges):
        yield {name: values[start:end] for name, values in batch.items()}


def _sample(batch: Batch, n: int, rng: np.random.Generator) -> Batch:
    """Pick at most n rows, in order."""
    rows = len(next(iter(batch.values())))
    if rows <= n:
        return batch
    picks = np.sort(rng.choice(rows, n, replace=False))
    return {name: values[picks] for name, values in batch.items()}
