"""The tables of a study."""

from __future__ import annotations

import numpy as np
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from models.bitlet import cycles, tally
from models.bitlet.tally import Tally
from tests.results.bitlet_study import published
from tests.results.bitlet_study.study import Study

SHORT = {
    "bit-parallel": "parallel",
    **{f"Bitlet N = {n}": f"N={n}" for n in (16, 32, 64, 128)},
    tally.ALONE: "EA equal",
}


UNIT = (
    "Units: so many have the one-bit multipliers of one p x p multiplier, and per 64 MACs it takes them so long. "
    "A step of 16 lanes x 16 windows x 16 filters lasts for its slowest unit; a group is N pairs in a Bitlet PE."
)
NAIVE = (
    "N = 1 as published: the paper's Eyeriss row, 5.4 cycles a MAC (339 to 357 per 64) whatever the weights. In our "
    "PE a significance of one pair holds at most one 1, so that N = 1 takes 1 cycle a MAC by construction."
)
FLOAT = (
    "Stripes, Pragmatic and Laconic have no float32. EA equal: as if all activations had one exponent; else small "
    "activations shift their weights right, zeros shift them out, and bits shifted out cost nothing."
)
LINEAR = "one linear scale a tensor, integers as they are. Pragmatic's first shifter has 2 bits."


HEADINGS = (
    *("cycles of a\nstep or group", "units", "cycles per\n64 MACs"),
    *("against N = 1\nas published", "against one\nMAC a cycle"),
)


def accelerators(study: Study) -> Table:
    """Cycles and both ratios, all tensors together."""
    found = study.total
    table = Table(title=f"{escape(study.title)}, {study.precision}: cycles of all tensors together")
    table.add_column("accelerator")
    for column in HEADINGS:
        table.add_column(column, justify="right")
    for name, per_64 in found.per_64.items():
        units = cycles.UNITS[name](found.lanes) if name in cycles.UNITS else 1
        table.add_row(name, f"{found.average[name]:.2f}", str(units), f"{per_64:.2f}", *ratios(per_64))
    table.add_section()
    table.add_row("64 (1 - sparsity), the bound", "", "", f"{found.bound:.2f}", *ratios(found.bound))
    table.caption = "\n".join(_captions(study))
    table.caption_justify = "left"
    return table


def ratios(per_64: float) -> tuple[str, str]:
    """Return how many times faster than 5.4 cycles a MAC, and than one cycle a MAC."""
    best = max(per_64, 1e-9)  # all-zero weights
    return f"{published.NAIVE / best:.2f}x", f"{64 / best:.2f}x"


def _captions(study: Study) -> list[str]:
    lines = [UNIT, NAIVE, f"{cycles.PES} PEs: filters, that share activations, wait for the slowest."]
    if study.bits is None:
        return [*lines, FLOAT]
    return [*lines, f"Weights: {study.bits} bits of magnitude beside the sign, {LINEAR}"]


def significances(study: Study) -> Table:
    """Share of zero bits of each significance."""
    found = study.total
    table = Table(title=f"{escape(study.title)}, {study.precision}: zero bits, %, {found.sparsity:.2%} of all")
    table.add_column("significance")
    for place in range(7, -1, -1):
        table.add_column(f"+{place}", justify="right")
    kinds = {"": found.zeros} if found.seen == found.zeros else {"": found.zeros, ", aligned": found.seen}
    for kind, zeros in kinds.items():
        for base in range((found.lanes - 1) // 8 * 8, -1, -8):
            shares = list(zeros[base : base + 8]) + [None] * (base + 8 - found.lanes)
            cells = ["" if share is None else f"{100 * share:.2f}" for share in reversed(shares)]
            table.add_row(f"2^{base}{kind}", *cells)
    if len(kinds) == 2:
        aligned = 1 - found.bound / 64
        table.caption = f"Aligned: what the lanes of Bitlet with N = 64 see; {aligned:.2%} of all."
    return table


def tensors(study: Study) -> Table:
    """One row a tensor, and the total."""
    names = [name for name in study.total.per_64 if name in {*cycles.UNITS, *SHORT}]
    table = Table(title=f"{escape(study.title)}, {study.precision}: cycles per 64 MACs, tensor by tensor")
    table.add_column("tensor", overflow="fold")
    for column in ("shape", "zero bits", *(SHORT.get(name, name) for name in names), "bound"):
        table.add_column(column, justify="right")

    def add(name: str, shape: str, found: Tally) -> None:
        cells = [f"{found.per_64[column]:.1f}" for column in names]
        table.add_row(Text(name), shape, f"{found.sparsity:.1%}", *cells, f"{found.bound:.1f}")

    for name, found in study.rows.items():
        add(name, "x".join(map(str, study.shapes[name])), found)
    table.add_section()
    add("total", f"{study.total.weights:,}", study.total)
    texts = dict.fromkeys(study.activations.values())
    shown = [text if len(texts) == 1 else f"{escape(name)}: {text}" for name, text in _some(study, len(texts)).items()]
    table.caption = "Activations " + "; ".join(shown)
    table.caption_justify = "left"
    return table


def _some(study: Study, texts: int) -> dict[str, str]:
    """Choose whose activations are told: one if all are alike, at most four otherwise."""
    return dict(list(study.activations.items())[: 1 if texts == 1 else 4])


def paper() -> Table:
    """Return the published table, with both ratios of its Bitlet row."""
    table = Table(title="Published (Lu et al., MICRO 2021; unit as corrected in 2024): cycles per 64 MACs")
    table.add_column("")
    for network, bits in published.NETWORKS:
        table.add_column(f"{network}\n{bits} bits", justify="right")
    for name, row in published.CYCLES.items():
        table.add_row(name, *(f"{value:.2f}" for value in row))
    table.add_section()
    bitlet = np.array(published.CYCLES["Bitlet"])
    naive, bound = np.array(published.CYCLES["Eyeriss"]), 64 * (1 - np.array(published.SPARSITY) / 100)
    table.add_row("zero bits, %", *(f"{value:.2f}" for value in published.SPARSITY))
    table.add_row("64 (1 - sparsity)", *(f"{value:.2f}" for value in bound))
    table.add_row("against N = 1 (Eyeriss)", *(f"{value:.2f}x" for value in naive / bitlet))
    table.add_row("against one MAC a cycle", *(f"{value:.2f}x" for value in 64 / bitlet))
    table.caption = (
        "Eyeriss is Bitlet with N = 1 at 5.4 cycles a MAC. What resources the published units of Stripes and Laconic "
        "have is not told; ours are stated, so compare the rows of Bitlet. float32: 48.4 to 49.0 % zero bits."
    )
    table.caption_justify = "left"
    return table
