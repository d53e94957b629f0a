"""Bit sparsity and cycles of whole tensors, chunk by chunk, so that 10**8 weights take minutes and little memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.bitlet import cycles
from models.bitlet.quantise import FloatParts, Magnitudes, float_parts, largest, magnitudes
from models.bitlet.words import BITS, Ints

GROUPS = (1, 16, 32, 64, 128)  # N of the Bitlet rows
STEPPED = f"Bitlet N = 64, {cycles.PES} PEs"  # which wait for each other
ALONE = "Bitlet N = 64, EA equal"  # float32: aligned by the weights' exponents alone
NAMES = (*cycles.UNITS, *(f"Bitlet N = {n}" for n in GROUPS), STEPPED, ALONE)
COLUMNS, CELLS = 1 << 15, 1 << 21  # of a chunk; multiples of every group, step and round
PAIRS = 1 << 24  # float32: as many pairs of weight and activation are enough

Activations: TypeAlias = Callable[[int, int], NDArray[Any]]  # (first, behind the last column) -> (windows, columns)
Report: TypeAlias = Callable[[int], None]


@dataclass(frozen=True)
class Tally:
    """What was counted of one tensor, or of several.

    Attributes:
        weights: How many.
        lanes: Significances: the bits of a magnitude, 24 for float32.
        zeros: Share of zero bits of each significance, as stored; lane 0 first.
        seen: Likewise, as the lanes of Bitlet with N = 64 see them: differs for float32, which is aligned.
        average: By accelerator, cycles of a step (of a group, for Bitlet), averaged over MACs (over groups).
        per_64: By accelerator, cycles per 64 MACs in the unit of `cycles`.
    """

    weights: int
    lanes: int
    zeros: tuple[float, ...]
    seen: tuple[float, ...]
    average: dict[str, float]
    per_64: dict[str, float]

    @property
    def sparsity(self) -> float:
        """Share of zero bits, as stored."""
        return float(np.mean(self.zeros))

    @property
    def bound(self) -> float:
        """Cycles per 64 MACs below which no Bitlet PE with N = 64 can come: its lanes would all be equally full."""
        return 64 * (1 - float(np.mean(self.seen)))


class _Sums:
    """Running sums: cycles times MACs and MACs, by accelerator; ones by significance."""

    def __init__(self, lanes: int) -> None:
        self.lanes = lanes
        self.time: dict[str, int] = {}  # of a unit, in cycles
        self.macs: dict[str, int] = {}
        self.parts: dict[str, int] = {}  # what the average is over
        self.ones: dict[str, Ints] = {}  # of each significance
        self.words: dict[str, int] = {}

    def add(self, name: str, time: int, macs: int, parts: int) -> None:
        for sums, value in ((self.time, time), (self.macs, macs), (self.parts, parts)):
            sums[name] = sums.get(name, 0) + value

    def count(self, which: str, weights: Magnitudes) -> None:
        ones = cycles.lane_ones(weights, 128, self.lanes).sum(axis=(0, 1), dtype=np.int64)
        self.ones[which] = self.ones.get(which, 0) + ones
        self.words[which] = self.words.get(which, 0) + weights.size

    def bitlet(self, weights: Magnitudes, n: int, name: str = "") -> cycles.Counts:
        """Add groups of n pairs."""
        found = cycles.bitlet(weights, n, self.lanes)
        self.add(name or f"Bitlet N = {n}", int(found.sum(dtype=np.int64)), weights.size, found.size)
        return found

    def step(self, found: NDArray[Any], filters: int, pairs: int) -> None:
        """Add PEs that wait for each other: (filters, ..., groups) cycles of groups of 64."""
        held = cycles.in_step(found)
        held = held * cycles.blocks(filters, cycles.PES).reshape(-1, *[1] * (held.ndim - 1))
        self.add(STEPPED, int(held.sum()), pairs, found.size)

    def tally(self, weights: int) -> Tally:
        names = [name for name in NAMES if name in self.macs]
        units = {name: cycles.UNITS[name](self.lanes) if name in cycles.UNITS else 1 for name in names}
        per_64 = {name: 64 * self.time[name] / self.macs[name] / units[name] for name in names}
        average = {name: self.time[name] / self.parts[name] for name in names}
        zeros = {name: tuple((1 - ones / self.words[name]).tolist()) for name, ones in self.ones.items()}
        return Tally(weights, self.lanes, zeros["stored"], zeros.get("seen", zeros["stored"]), average, per_64)


def measure(
    weights: NDArray[Any], bits: int | None, activations: Activations, windows: int, report: Report = lambda _: None
) -> Tally:
    """Run all models over a tensor.

    A ragged last group, step or round is counted as it is: its idle lanes are charged to nobody but to Bitlet, whose
    PE they belong to. float32 knows Bitlet and bit-parallel only, and looks at windows until it has seen 2**24 pairs.

    Args:
        weights: Finite floats, or integers that fit `bits`, (filters, pairs).
        bits: Of a magnitude, 1 to 24; None for float32.
        activations: Returns magnitudes uint32, or float32 numbers where `bits` is None, of all windows.
        windows: Rows that it returns.
        report: Is told how many weights were done, chunk by chunk.

    Raises:
        ValueError: as `quantise.magnitudes` does.
    """
    sums = _Sums(BITS if bits is None else bits)
    peak, most = largest(weights), 0
    for start, stop in _columns(weights.shape[1], windows):
        met = activations(start, stop)
        if bits is None:
            parts = float_parts(met[_evenly(len(met), max(1, PAIRS // weights.size))])
        else:
            most = max(most, int(met.max()))
            _pragmatic(sums, met, len(weights))
        for rows in _rows(len(weights), stop - start):
            block = weights[rows, start:stop]
            if bits is None:
                _float(sums, float_parts(block), parts)
            else:
                _fixed(sums, magnitudes(block, bits, peak), met)
            report(block.size)
    sums.add("bit-parallel", weights.size, weights.size, weights.size)
    if bits is not None:
        sums.add("Stripes", cycles.stripes(most, bits) * weights.size, weights.size, weights.size)
    return sums.tally(weights.size)


def total(tallies: list[Tally]) -> Tally:
    """Join tensors of one precision; each weight counts alike, as if all were used equally often."""
    share = [tally.weights / sum(tally.weights for tally in tallies) for tally in tallies]

    def mean(values: list[float]) -> float:
        return sum(part * value for part, value in zip(share, values, strict=True))

    def dicts(values: list[dict[str, float]]) -> dict[str, float]:
        return {name: mean([value[name] for value in values]) for name in values[0]}

    def lanes(values: list[tuple[float, ...]]) -> tuple[float, ...]:
        return tuple(mean(list(lane)) for lane in zip(*values, strict=True))

    return Tally(
        weights=sum(tally.weights for tally in tallies),
        lanes=tallies[0].lanes,
        zeros=lanes([tally.zeros for tally in tallies]),
        seen=lanes([tally.seen for tally in tallies]),
        average=dicts([tally.average for tally in tallies]),
        per_64=dicts([tally.per_64 for tally in tallies]),
    )


def _columns(pairs: int, windows: int) -> Iterator[tuple[int, int]]:
    width = max(128, min(COLUMNS, 2 * CELLS // windows // 128 * 128))
    return ((start, min(start + width, pairs)) for start in range(0, pairs, width))


def _rows(filters: int, columns: int) -> Iterator[slice]:
    height = max(1, CELLS // columns // cycles.PES) * cycles.PES
    return (slice(start, start + height) for start in range(0, filters, height))


def _evenly(length: int, count: int) -> Ints:
    """Choose at most `count` of `length` rows, evenly."""
    return np.linspace(0, length - 1, min(length, count)).astype(np.int64)


def _pragmatic(sums: _Sums, met: Magnitudes, filters: int) -> None:
    found = cycles.pragmatic(met)
    macs = np.outer(cycles.blocks(len(met), cycles.SIDE), cycles.blocks(met.shape[1], cycles.SIDE)) * filters
    sums.add("Pragmatic", int((found * macs).sum()), int(macs.sum()), int(macs.sum()))


def _fixed(sums: _Sums, weights: Magnitudes, met: Magnitudes) -> None:
    """Add a chunk of fixed-point weights."""
    sums.count("stored", weights)
    for n in GROUPS:
        found = sums.bitlet(weights, n)
        if n == 64:
            sums.step(found, len(weights), weights.size)
    steps = cycles.laconic(met, weights)
    sides = [cycles.blocks(length, cycles.SIDE) for length in (len(met), *weights.shape)]
    macs = np.einsum("i,j,k->ijk", *sides)
    sums.add("Laconic", int((steps * macs).sum()), int(macs.sum()), int(macs.sum()))


def _float(sums: _Sums, weights: FloatParts, met: FloatParts) -> None:
    """Add a chunk of float32 weights, each of which meets all windows."""
    filters, columns = weights.significand.shape
    sums.count("stored", weights.significand)
    equal = FloatParts(np.ones_like(weights.significand), np.ones_like(weights.exponent))
    sums.bitlet(cycles.aligned(weights, equal, 64), 64, ALONE)
    at_once = max(1, CELLS // (filters * columns))
    for start in range(0, len(met.significand), at_once):
        some = slice(start, start + at_once)
        here = FloatParts(met.significand[some], met.exponent[some])
        pairs = FloatParts(weights.significand[:, None], weights.exponent[:, None])
        for n in GROUPS:
            lined = cycles.aligned(pairs, here, n)
            flat = lined.reshape(-1, columns)
            found = sums.bitlet(flat, n)
            if n == 64:
                sums.count("seen", flat)
                sums.step(found.reshape(*lined.shape[:2], -1), filters, flat.size)
