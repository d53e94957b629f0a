"""The figures of the study of LUT sizes, SVG and PNG."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.lines import Line2D

from tests.results.unrolled_study.sizes import BITS, DESIGNS, PUBLISHED, PUBLISHED_AT, SHAPE, SIZES, Point

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, PALE = "#333333", "#d9d9d9"
COLOURS = dict(zip(SIZES, ("#173f5f", "#2a78b5", "#e08e2b", "#b5402a"), strict=True))
LINES = dict(zip(DESIGNS, ("--", "-"), strict=True))
STYLE: dict[Any, Any] = {f"axes.spines.{side}": False for side in ("top", "right")} | {
    "font.size": 9,
    "svg.hashsalt": "unrolled",  # the same study draws the same bytes
    "axes.titlelocation": "left",
    "axes.titlesize": 10,
    **dict.fromkeys(("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color"), INK),
}


def draw(points: Sequence[Point], folder: Path) -> list[Path]:
    """Draw LUTs, and configuration bits beside those of six-input LUTs.

    Args:
        points: what was measured.
        folder: made if missing.

    Returns:
        The files, `luts` and `bits`, each .svg and .png.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with mpl.rc_context(STYLE):
        shape = f"{SHAPE[0]} x {SHAPE[1]} matrix, inputs as wide as weights"
        return [
            *_save(_figure(points, f"LUTs by LUT size K: {shape}", SIZES, _luts), folder / "luts"),
            *_save(
                _figure(points, f"Configuration bits, 2^K a LUT, beside K = 6: {shape}", SIZES[1:], _bits),
                folder / "bits",
            ),
        ]


def _save(figure: Figure, path: Path) -> list[Path]:
    paths = [path.with_suffix(".svg"), path.with_suffix(".png")]
    figure.savefig(paths[0], metadata={"Date": None})
    figure.savefig(paths[1], dpi=150)
    plt.close(figure)
    return paths


def _figure(
    points: Sequence[Point], title: str, sizes: Sequence[int], fill: Callable[[Axes, list[Point], int], None]
) -> Figure:
    """Make a panel a width, with one legend for all."""
    widths = [bits for bits in BITS if any(point.bits == bits for point in points)]
    options: dict[str, Any] = {"layout": "constrained", "sharey": True, "squeeze": False}
    figure, panels = plt.subplots(1, len(widths), figsize=(3 * len(widths), 3.6), **options)
    figure.suptitle(title, x=0.005, ha="left")
    for axes, bits in zip(panels[0], widths, strict=True):
        fill(axes, [point for point in points if point.bits == bits], bits)
        axes.set_title(f"{bits} bit{'s' if bits > 1 else ''}")
        axes.set_xlabel("zero weights, %")
        axes.set_xticks(range(0, 101, 25))
        axes.grid(color=PALE, linewidth=0.6)
        axes.set_axisbelow(True)
    handles = [Line2D([], [], color=colour, label=f"K = {size}") for size, colour in COLOURS.items() if size in sizes]
    handles += [Line2D([], [], color=INK, linestyle=line, label=design) for design, line in LINES.items()]
    handles += [Line2D([], [], color=INK, linestyle="", marker="x", label="authors' code, 16 x 16")]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), frameon=False)
    return figure


def _series(points: Sequence[Point], value: Callable[[Point, int], float], axes: Axes, sizes: Sequence[int]) -> None:
    for design, line in LINES.items():
        mine = [point for point in points if point.design == design and point.luts[6]]
        for size in sizes:
            zeros = [100 * point.zero_words for point in mine]
            values = [value(point, size) for point in mine]
            axes.plot(zeros, values, line, color=COLOURS[size], marker=".", markersize=4, linewidth=1.3)


def _luts(axes: Axes, points: list[Point], bits: int) -> None:
    _series(points, lambda point, size: point.luts[size], axes, SIZES)
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter("{x:,.0f}")
    if bits == 8:
        for size, counts in PUBLISHED.items():
            axes.plot([100 * share for share in PUBLISHED_AT], counts, "x", color=COLOURS[size], markersize=5)


def _bits(axes: Axes, points: list[Point], bits: int) -> None:
    _series(points, lambda point, size: point.relative(size), axes, SIZES[1:])
    axes.axhline(0.5, color=INK, linewidth=0.8, linestyle=":")
    axes.set_ylim(0, 1)
    if bits == 4:  # where the most room is
        axes.annotate("published claim: about half", (0, 0.5), (0, 3), textcoords="offset points", fontsize=8)
    if bits == 8:
        for size in (4, 3):
            ratios = [(few << size) / (many << 6) for few, many in zip(PUBLISHED[size], PUBLISHED[6], strict=True)]
            axes.plot([100 * share for share in PUBLISHED_AT], ratios, "x", color=COLOURS[size], markersize=5)
