"""The source's study of LUT sizes: LUTs, configuration bits and longest paths by sparsity and width."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.table import Table

from models.unrolled.pack import random_weights
from tests.results.unrolled_study import designs
from tests.results.unrolled_study.compare import geometric_mean
from tests.results.unrolled_study.matrices import Integers
from ulpwise.synthesis.area import measure

SHAPE = (16, 8)
BITS = (1, 2, 4, 8)
SPARSITIES = (0.0, 0.5, 0.75, 0.9, 0.95)
SIZES = (6, 5, 4, 3)
TARGETS = {"lut6": (6, 5), "lut4": (4, 3)}
"""What ours is optimised for, by the LUT sizes that it is mapped to."""
DESIGNS = ("naive", "ours")
PUBLISHED = {
    6: (3604, 1815, 850, 280),
    4: (5553, 3003, 1421, 479),
    3: (6539, 3539, 1732, 604),
}
"""LUTs of the authors' code as the specification measures it: 16 x 16, 8 bits, cut to 8, by `PUBLISHED_AT`."""
PUBLISHED_AT = (0.0, 0.5, 0.75, 0.9)


@dataclass(frozen=True)
class Point:
    """One matrix by one design."""

    design: str
    """Of `DESIGNS`."""
    bits: int
    """Of a weight and of an input."""
    nominal: float
    """Share of zero weights that was asked for."""
    zero_words: float
    """Share of weights that are zero."""
    zero_bits: float
    """Share of the weights' two's-complement bits that are zero."""
    luts: dict[int, int]
    """By LUT size."""
    paths: dict[int, int]
    """Longest path in LUTs, by LUT size."""

    def relative(self, size: int) -> float:
        """Return configuration bits, 2^K a LUT, over those of six-input LUTs; 1 for a design without LUTs."""
        return (self.luts[size] << size) / (self.luts[6] << 6) if self.luts[6] else 1.0


def matrix(bits: int, sparsity: float) -> Integers:
    """Draw the matrix of a point; the same arguments, the same matrix."""
    return random_weights(np.random.default_rng([bits, round(1000 * sparsity)]), SHAPE, bits, sparsity)


def zero_shares(weights: Integers, bits: int) -> tuple[float, float]:
    """Count the true shares of zero words, and of zero bits in two's complement."""
    ones = (weights[..., None] >> np.arange(bits)) & 1
    return float((weights == 0).mean()), float(1 - ones.mean())


def run(root: Path, widths: Iterable[int] = BITS, sparsities: Sequence[float] = SPARSITIES) -> list[Point]:
    """Measure all points."""
    wanted = [(bits, sparsity, matrix(bits, sparsity)) for bits in widths for sparsity in sparsities]
    naive = [designs.written("naive", designs.naive(weights, bits), root) for bits, _, weights in wanted]
    luts: dict[str, list[dict[int, int]]] = {design: [{} for _ in wanted] for design in DESIGNS}
    paths: dict[str, list[dict[int, int]]] = {design: [{} for _ in wanted] for design in DESIGNS}
    jobs = [("naive", naive, SIZES)]
    for target, sizes in TARGETS.items():
        jobs.append(("ours", [designs.ours(weights, bits, target) for bits, _, weights in wanted], sizes))
    for design, requests, sizes in jobs:
        for index, area in enumerate(measure(requests, root, sizes, xc7=False)):
            luts[design][index] |= area.luts
            paths[design][index] |= area.depths
    return [
        Point(design, bits, sparsity, *zero_shares(weights, bits), luts[design][index], paths[design][index])
        for design in DESIGNS
        for index, (bits, sparsity, weights) in enumerate(wanted)
    ]


def table(points: Sequence[Point], design: str) -> Table:
    """One row a matrix: LUTs by size, configuration bits beside those of six-input LUTs, longest paths."""
    shape = " x ".join(map(str, SHAPE))
    found = Table(title=f"{design}: {shape} constant matrix times vector, by LUT size K")
    for column in ("bits", "zero words", "zero bits", *(f"LUT{size}" for size in SIZES)):
        found.add_column(column, justify="right")
    for column in (*(f"bits K{size}/K6" for size in SIZES[1:]), "fewest bits", "path K6..K3"):
        found.add_column(column, justify="right")
    for point in points:
        if point.design == design:
            relative = [f"{point.relative(size):.2f}" for size in SIZES[1:]]
            path = " ".join(str(point.paths[size]) for size in SIZES)
            shares = (f"{point.zero_words:.1%}", f"{point.zero_bits:.1%}")
            counts = (f"{point.luts[size]:,}" for size in SIZES)
            found.add_row(str(point.bits), *shares, *counts, *relative, best(point), path)
            if point.nominal == points[-1].nominal:
                found.add_section()
    found.caption = "bits: 2^K a LUT, beside K = 6; paths in LUTs."
    if design == "ours":
        found.caption += " K = 6 and 5: graphs optimised for six-input LUTs; 4 and 3: for four-input LUTs."
    found.caption_justify = "left"
    return found


def best(point: Point) -> str:
    """Name the LUT size of the fewest configuration bits; the larger one of equals."""
    return f"K={min(SIZES, key=lambda size: point.luts[size] << size)}" if point.luts[6] else "-"


def published() -> Table:
    """The authors' code at 8 bits, in LUTs and in configuration bits."""
    found = Table(title="Authors' code, 16 x 16 at 8 bits, cut to 8 bits, as the specification measures it")
    for column in ("nominal zeros", "LUT6", "LUT4", "LUT3", "bits K4/K6", "bits K3/K6"):
        found.add_column(column, justify="right")
    for sparsity, six, four, three in zip(PUBLISHED_AT, *PUBLISHED.values(), strict=True):
        ratios = (f"{four / six / 4:.2f}", f"{three / six / 8:.2f}")
        found.add_row(f"{sparsity:.0%}", f"{six:,}", f"{four:,}", f"{three:,}", *ratios)
    return found


def answer(points: Sequence[Point]) -> str:
    """Say which LUT size is best, and how that compares with what was published.

    The published area model has wires and multiplexers too, which are more for smaller LUTs.
    """
    lines = []
    for design in DESIGNS:
        mine = [point for point in points if point.design == design and point.luts[6]]
        fewest = {size: sum(min(SIZES, key=lambda k: point.luts[k]) == size for point in mine) for size in SIZES}
        bits = {size: sum(best(point) == f"K={size}" for point in mine) for size in SIZES}
        means = {size: geometric_mean([point.relative(size) for point in mine]) for size in SIZES[1:]}
        lines.append(
            f"{design}: fewest LUTs with {_counts(fewest)} of {len(mine)} matrices; fewest configuration bits with "
            f"{_counts(bits)}. Bits beside K=6, geometric mean: "
            + ", ".join(f"K={size} {mean:.2f} ({1 / mean:.1f}x less)" for size, mean in means.items())
            + "."
        )
    theirs = {
        size: geometric_mean(
            [(few << size) / (many << 6) for few, many in zip(PUBLISHED[size], PUBLISHED[6], strict=True)]
        )
        for size in (4, 3)
    }
    lines.append(
        "Published: about 2x less area with smaller LUTs. By configuration bits alone the authors' code takes "
        + ", ".join(f"{1 / mean:.1f}x less with K={size}" for size, mean in theirs.items())
        + "; the wires between more LUTs are in no count here."
    )
    return "\n".join(lines)


def _counts(counts: dict[int, int]) -> str:
    return ", ".join(f"K={size} in {count}" for size, count in counts.items() if count)
