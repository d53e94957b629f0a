"""What a run sends: the sequences of its bench, and samples of them under all that may happen to a core."""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from pyuvm import uvm_sequence

from ulpwise.bench.stimuli import draw_for
from ulpwise.data.formats import Batch
from ulpwise.ports.stalls import FLOWING, SET_UPS_ONLY, SINKS_ONLY, STALLED, Pattern, Pause, Stalls
from ulpwise.system.fault import UserFault
from ulpwise.uvm import loose
from ulpwise.uvm.context import Context
from ulpwise.uvm.harness import LINGER
from ulpwise.uvm.items import BatchItem, Cut, How

SAMPLE = 256  # transactions of each sequence that a burst run repeats with random stalls
FEW = 12  # transactions of the other samples, at most
MANY = 40  # where a core is to be filled up
BEATS = {"burst": 400, "beat": 100}  # beats of such a sample, about
SET_UPS = 4  # at least, to choose from
RESETS = {"burst": 8, "beat": 2}
PATTERNS = {"burst": 8, "beat": 2}
IDLE = 128  # cycles between a reset and the first beat, at most
LENGTHS = (1, 1, 2, 3, 9, 60)  # cycles of a reset


class RunSequence(uvm_sequence):  # type: ignore[misc]  # pyuvm has no types
    """All batches of a run, one after the other."""

    def __init__(self, name: str, context: Context) -> None:
        super().__init__(name)
        self.context = context

    async def body(self) -> None:
        """Send every item of the run, or those before a function of the bench raised or the core hung."""
        try:
            for item in self.items():
                await self.start_item(item)
                await self.finish_item(item)
                # behind a hang, whatever comes would take the watchdog's patience, too
                if self.context.raised or self.context.observed.hung:
                    return
        except UserFault as raised:  # by the stimuli
            self.context.raised = str(raised)

    def items(self) -> Iterator[BatchItem]:
        """Yield all items: batches of one set-up, or of many that come at any time; and a rest at the end.

        Behind every reset some cycles pass before the first beat, in which the core shows what the reset has left.
        """
        context, fresh = self.context, True
        rng = _rng(context, 5)
        ports = (*context.interface.sources, *context.interface.sinks)
        most = max(1, min(IDLE, 2 * max(port.beats for port in ports), context.bench.watchdog // 2))
        for name, batch, how in program(context):
            for part in [batch] if how.mixed else by_setup(context, batch):
                waits = (fresh or how.reset) and not how.cut and not how.timed and rng.integers(4)
                yield BatchItem(name, part, replace(how, idle=int(rng.integers(1, most + 1)) if waits else 0))
                fresh = how.cut is not None
        nothing = {name: fmt.corners()[:0] for name, fmt in context.interface.input_fields.items()}
        yield BatchItem("rest", nothing, How(rest=max(LINGER, context.bench.watchdog // 2)))


def program(context: Context) -> Iterator[tuple[str, Batch, How]]:
    """Yield what a run sends: name, batch, and how.

    Every sequence of the bench, at full speed in burst mode and with random stalls in beat mode; then samples of all of
    them: unstalled, to measure latency and period; with stalls of several patterns; with set-up frames at any time;
    with `tlast` out of place; with resets of any length in any cycle. The user's own transactions, if there are any,
    take the place of all that and are sent once, in their order.
    """
    before = 1 if context.bench.sequential else 0  # a golden function that sees a sequence from the reset on
    flow = How(FLOWING if context.mode == "burst" else STALLED, reset=before)
    if context.vectors is not None:
        yield "vectors", context.vectors, flow
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
        yield name, batch, flow
    samples = [part for part in samples if _rows(part)]
    if samples:
        for name, batch, how in Conditions(context, samples).all():
            yield name, batch, replace(how, reset=how.reset or before)


class Conditions:
    """Samples of a run's transactions, each under another condition.

    Args:
        context: The simulation.
        samples: Transactions to choose from, of each sequence.
    """

    def __init__(self, context: Context, samples: list[Batch]) -> None:
        self.context, self.samples = context, samples
        self.sample = {field: np.concatenate([part[field] for part in samples]) for field in samples[0]}
        self.rng = _rng(context, 4)
        ports = (*context.interface.sources, *context.interface.sinks)
        self._loose = [port for port in context.interface.sources if port.tlast and not port.setup]
        self._beats = max(port.beats for port in ports if not port.setup)

    def all(self) -> Iterator[tuple[str, Batch, How]]:
        """Yield all conditions; the largest samples come last, so that they also show what a reset has left."""
        yield from self.timing()
        yield from self.setups()
        yield from self.frames()
        yield from self.resets()
        yield from self.patterns()

    def timing(self) -> Iterator[tuple[str, Batch, How]]:
        """Yield transactions that come alone, and some of each sequence right behind each other."""
        if self.context.bench.timing is None:
            return
        for row in self.rng.integers(0, _rows(self.sample), 3).tolist():
            yield "timing, alone", _part(self.sample, row, 1), How(timed=True)
        for sample in self.samples:
            yield "timing, back to back", self._few(2 * FEW, 1, sample), How(timed=True)

    def patterns(self) -> Iterator[tuple[str, Batch, How]]:
        """Yield stalls of several patterns; in beat mode two of them, which the seed chooses."""
        chosen = [self._stalled(pattern) for pattern in self._applicable()]
        sinks = self.context.interface.sinks
        held_back = self.context.interface.held_back
        if len(held_back) > 1:
            for port in held_back:
                pattern = Pattern(self.rng.choice([Pattern.LONG, Pattern.ASLEEP]))
                chosen.append(("stalls, one sink", self._few(MANY, 3), Stalls(sinks=Pause(pattern), only=port.name)))
        most = PATTERNS[self.context.mode] + len(sinks)
        picks = np.sort(self.rng.choice(len(chosen), min(most, len(chosen)), replace=False))
        if self.context.mode == "beat":
            picks = picks[:2] if self.rng.integers(2) else picks[-2:]
        for pick in picks.tolist():
            name, batch, stalls = chosen[pick]
            yield name, batch, How(stalls)

    def _applicable(self) -> list[Pattern]:
        """List the patterns that this kind of ports can follow."""
        sinks = self.context.interface.held_back
        usual = set(Pattern) - set(SET_UPS_ONLY) - (set() if sinks else {*SINKS_ONLY, Pattern.STEP})
        return [pattern for pattern in list(Pattern)[1:] if pattern in usual]

    def _stalled(self, pattern: Pattern) -> tuple[str, Batch, Stalls]:
        """Choose transactions and stalls for a pattern."""
        rates = [int(rate) for rate in self.rng.integers(40, 150, 2)]
        name = f"stalls, {pattern.name.lower()}"
        if pattern == Pattern.RANDOM:
            batch = self.sample if self.context.mode == "burst" else self._few(FEW)
            return name, batch, Stalls(Pause(pattern, rates[0]), Pause(pattern, rates[1]))
        if pattern == Pattern.STEP:
            return name, self._few(FEW), Stalls(Pause(pattern, rates[0]), Pause(pattern, rates[0]))
        if pattern in SINKS_ONLY:
            source = Pause() if pattern == Pattern.ASLEEP else Pause(Pattern.RANDOM, rates[0])
            batch = self._few(MANY, 3) if pattern == Pattern.ASLEEP else self._few(FEW)
            return name, batch, Stalls(source, Pause(pattern))
        return name, self._few(FEW), Stalls(Pause(pattern), Pause(pattern))

    def setups(self) -> Iterator[tuple[str, Batch, How]]:
        """Yield set-up frames that come while other frames wait, are on their way, or have results to give."""
        interface = self.context.interface
        if not (interface.setup_fields and interface.mixes) or self.context.bench.sequential:
            return  # a golden function that keeps state is asked for transactions of one set-up, from a reset on
        pool = self._set_ups()
        # with stalls, without, with frames so slow that whole set-up frames come within one, and at each filling level
        manners = [
            Stalls(sinks=STALLED.sinks),
            FLOWING,
            Stalls(sources=Pause(Pattern.RANDOM, 200), setups=Pause(Pattern.LONG)),
            Stalls(sinks=Pause(Pattern.DROWSY), setups=Pause(Pattern.BEHIND)),
        ]
        if self.context.mode == "beat":
            manners = [manners[3 * int(self.rng.integers(2))]]
        for stalls in manners:
            full = stalls.setups.pattern == Pattern.BEHIND
            # a drowsy sink is slow, and in beat mode each cycle costs; there, burst mode shows what needs many
            batch = self._few(MANY if full else 2 * FEW, 1 if full and self.context.mode == "beat" else 3)
            rows = _rows(batch)
            count = max(1, min(rows // 3, 12 if full else 6))
            order = np.sort(self.rng.integers(0, count, rows))
            picks = self.rng.choice(_rows(pool), count)[order]
            batch |= {name: values[picks] for name, values in pool.items()}
            beats = len(interface.loads(batch)) * sum(port.beats for port in interface.sources if port.setup)
            # cycles from one beat of the set-up to the next, seldom so many that the watchdog wakes
            spread = min(max(1.5, rows * self.context.pace / beats), self.context.bench.watchdog / 16)
            slow = Pause(Pattern.RANDOM, min(250, int(256 * (1 - 1 / spread))))
            odd = {} if stalls.sinks == STALLED.sinks else self._lengths(batch)
            chosen = stalls if stalls.setups != Pause() else replace(stalls, setups=slow)
            yield "set-ups at any time", batch, How(chosen, mixed=True, lengths=odd)

    def _set_ups(self) -> Batch:
        """Gather some set-ups, one a row: those of the sample and, if they are few, others of the sequences."""
        context, interface = self.context, self.context.interface
        parts = [self.sample]
        for number in range(SET_UPS):
            if sum(len(interface.loads(part)) for part in parts) >= SET_UPS:
                break
            for name, sequence in context.bench.stimuli(context.config).items():
                names = (context.bench.top, context.config.name, name, f"set-up {number}")
                parts.append(sequence(draw_for(interface, names, context.seed, context.n)))
        rows = [{name: part[name][interface.loads(part)] for name in interface.setup_fields} for part in parts]
        return {name: np.concatenate([part[name] for part in rows]) for name in interface.setup_fields}

    def frames(self) -> Iterator[tuple[str, Batch, How]]:
        """Yield frames that are too short or too long, or `tlast` anywhere."""
        if not self._loose:
            return
        batch = next(by_setup(self.context, self._few(FEW)))
        yield "frames of any length", batch, How(STALLED, lengths=self._lengths(batch))
        yield "behind frames of any length", next(by_setup(self.context, self._few(4))), How()

    def _lengths(self, batch: Batch) -> dict[str, NDArray[np.intp]]:
        """Draw how many beats each frame has, for the streams that say what becomes of `tlast` out of place."""
        return {port.name: loose.lengths(port, _rows(batch), self.rng) for port in self._loose}

    def resets(self) -> Iterator[tuple[str, Batch, How]]:
        """Yield transactions that a reset cuts, in any cycle of set-up and frames, and others behind them."""
        if not (self.context.bench.wiring.reset and self.context.interface.clocked):
            return
        setup = sum(port.beats for port in self.context.interface.sources if port.setup)
        for number in range(RESETS[self.context.mode] * (2 if self._loose else 1)):
            depth = self.context.interface.depth
            few = next(by_setup(self.context, self._few(4 + depth)))
            last = int(setup + 3 * self.context.pace + 2)
            # as often in the set-up as behind it
            span = (1, setup + 1) if setup and self.rng.integers(2) else (setup + 1, max(setup + 2, last))
            cut = Cut(int(self.rng.integers(*span)), int(self.rng.choice(LENGTHS)))
            if depth and number % 2:  # all stages are full, and a second cycle might clear what the first has left
                cut = Cut(int(self.rng.integers(depth + 1, depth + 5)), 1)
            # a frame that is too short or too long has states of its own
            yield "reset", few, How(cut=cut, lengths=self._lengths(few) if number % 2 else {})
            yield "behind a reset", next(by_setup(self.context, self._few(4))), How()

    def _few(self, most: int, share: int = 1, sample: Batch | None = None) -> Batch:
        """Choose consecutive transactions, of all sequences or one; fewer where they have many beats."""
        sample = self.sample if sample is None else sample
        rows = _rows(sample)
        count = min(rows, most, max(2, share * BEATS[self.context.mode] // self._beats))
        return _part(sample, int(self.rng.integers(0, rows - count + 1)), count)


def by_setup(context: Context, batch: Batch) -> Iterator[Batch]:
    """Cut a batch wherever the fields of the set-up change."""
    edges = [*context.interface.loads(batch).tolist(), _rows(batch)]
    for start, end in itertools.pairwise(edges):
        yield _part(batch, start, end - start)


def _rng(context: Context, number: int) -> np.random.Generator:
    """Make a generator of random numbers of the run, of which each number has its own."""
    names = (context.bench.top, context.config.name)
    return np.random.default_rng([context.seed, number, *(zlib.crc32(name.encode()) for name in names)])


def _rows(batch: Batch) -> int:
    return len(next(iter(batch.values())))


def _part(batch: Batch, start: int, count: int) -> Batch:
    return {name: values[start : start + count] for name, values in batch.items()}


def _sample(batch: Batch, n: int, rng: np.random.Generator) -> Batch:
    """Pick at most n rows, in order."""
    rows = _rows(batch)
    if rows <= n:
        return batch
    picks = np.sort(rng.choice(rows, n, replace=False))
    return {name: values[picks] for name, values in batch.items()}
