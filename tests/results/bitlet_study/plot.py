"""The figure of a study: sparsity by significance, cycles by accelerator; SVG and PNG."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot as plt

from tests.results.bitlet_study.study import Study

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK, PALE, OURS, OTHERS, LIGHT = "#333333", "#d9d9d9", "#2a78b5", "#9aa5ad", "#a9cbe5"
STYLE: dict[Any, Any] = {f"axes.spines.{side}": False for side in ("top", "right")} | {
    "font.size": 9,
    "svg.hashsalt": "bitlet",  # the same study draws the same bytes
    "axes.titlelocation": "left",
    "axes.titlesize": 10,
    **dict.fromkeys(("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color"), INK),
}


def draw(study: Study, folder: Path) -> list[Path]:
    """Draw a study.

    Args:
        study: What was found.
        folder: Made if missing.

    Returns:
        The files, `<title>-<bits>.svg` and `.png`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"{Path(study.title).stem[:100]}-{study.bits or 'float32'}".replace(" ", "-")
    with mpl.rc_context(STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph")  # a file's name may have letters that the font has not
        figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.2), layout="constrained", width_ratios=(1, 1.15))
        figure.suptitle(f"{study.title}, {study.precision}, {study.total.weights:,} weights".replace("$", r"\$"))
        _sparsity(left, study)
        _cycles(right, study)
        paths = [folder / f"{stem}.svg", folder / f"{stem}.png"]
        figure.savefig(paths[0], metadata={"Date": None})
        figure.savefig(paths[1], dpi=150)
        plt.close(figure)
    return paths


def _sparsity(axes: Axes, study: Study) -> None:
    found = study.total
    places = range(found.lanes)
    pair = found.seen != found.zeros
    width = 0.4 if pair else 0.75
    kinds = ((found.zeros, OURS, "as stored"), (found.seen, LIGHT, "aligned, N = 64"))
    for at, (zeros, colour, label) in enumerate(kinds[: 1 + pair]):
        shift = (0.5 - at) * width if pair else 0  # the axis runs to the left
        axes.bar([place + shift for place in places], [100 * z for z in zeros], width, color=colour, label=label)
    axes.axhline(50, color=INK, linewidth=0.6, linestyle=":")
    axes.invert_xaxis()  # the most significant bit on the left, as one writes numbers
    axes.set_xticks(range(0, found.lanes, 1 if found.lanes <= 16 else 2))
    axes.margins(x=0.02)
    axes.set(
        xlabel="significance, power of two",
        ylabel="zero bits, %",
        ylim=(0, 110 if pair else 100),
        yticks=range(0, 101, 20),
    )
    axes.set_title(f"Bit sparsity: {found.sparsity:.1%} of bits are 0")
    if pair:
        axes.legend(frameon=False, ncols=2, loc="upper left", borderaxespad=0)


def _cycles(axes: Axes, study: Study) -> None:
    found = study.total
    names = list(found.per_64)[::-1]
    values = [found.per_64[name] for name in names]
    colours = [OURS if name.startswith("Bitlet") else OTHERS for name in names]
    bars = axes.barh(names, values, 0.7, color=colours)
    axes.axvline(found.bound, color=INK, linewidth=1, linestyle="--")
    for label in axes.bar_label(bars, [f"{value:.1f}" for value in values], padding=3):
        label.set_bbox({"facecolor": "white", "edgecolor": "none", "pad": 1})
    axes.annotate(
        f"N = 64 at best: 64 (1 - sparsity) = {found.bound:.1f}",
        (found.bound, len(names) - 0.45),
        (3, 0),
        textcoords="offset points",
        fontsize=8,
    )
    axes.set(xlabel="cycles per 64 MACs, with the one-bit multipliers of one p x p multiplier")
    axes.set_xlim(0, 1.12 * max(values))
    axes.set_ylim(-0.6, len(names) + 0.1)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color=PALE, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.set_title("Cycles: less is faster")
