"""Figures of the Bitlet family beside the published ones: `make results FAMILY=bitlet`. All are measured on our RTL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from rich.console import Console
from rich.table import Table

from models.bitlet import words
from models.online import trained
from ulpwise.bench.project import Project
from ulpwise.data import vectors
from ulpwise.run.execute import attempt
from ulpwise.run.record import RunSpec
from ulpwise.synthesis.area import AreaRequest, measure

if TYPE_CHECKING:
    from pathlib import Path

    from ulpwise.data.formats import Batch
    from ulpwise.run.record import Record

PAIRS = 64
IMAGES = 32  # a neuron sees so many images
AUTHORS = ("authors' open RTL, as the specification measures it", 58_789, 5_991, 27)
PUBLISHED = (
    (
        "Bitlet (MICRO 2021)",
        "up to 15x a fixed-point accelerator",
        "against 5.4 cycles a MAC, whatever the weights",
    ),
    (
        "Bitlet (TCAD 2024)",
        "16.5 to 29.5 cycles for 64 MACs, against 64",
        "8 and 16 bits: 2.2 to 3.9x one MAC a cycle",
    ),
    ("authors' open RTL", "ones of the fullest lane, 8 at least, + 24 to the result", "simulated"),
    ("BBS (MICRO 2024)", "3.13x the area of a Stripes PE, 1.35 to 1.63x its speed", "their synthesis, BERT"),
)


def main(root: Path) -> int:
    """Measure and print; raises ValueError when a run failed."""
    console, project = Console(width=None if Console().is_terminal else 120), Project(root)
    for make in (golden_vectors, speed, area, published):
        console.print(make(project))
        console.print()
    return 0


def run(project: Project, module: str, config: str, batch: Batch) -> tuple[Record, Batch]:
    """Run a batch under Verilator and return the record and what came out; the golden model must agree."""
    folder = project.build / "results"
    folder.mkdir(parents=True, exist_ok=True)
    sent, received = folder / f"{module}.npz", folder / f"{module}.out.npz"
    vectors.save(sent, batch)
    record = attempt(project, RunSpec(module, config, "verilator", "burst", vectors=sent, out=received), kind="results")
    if not record.passed:
        raise ValueError(f"{record.spec.name} failed: {record.reasons[0]}")
    bench = project.bench(module)
    return record, vectors.load(received, bench.interface(bench.config(config)).output_fields)


def golden_vectors(project: Project) -> Table:
    """Results and cycles of the three golden vectors, with all significances and with the top 8."""
    table = Table(title="Golden vectors: 64 float32 pairs, RTL under Verilator")
    for column in ("vector", "result", "cycles", "top 8: result", "cycles"):
        table.add_column(column, justify="left" if column == "vector" else "right")
    for name in ("T01", "T02", "T03"):
        pairs = np.loadtxt(project.root / "tests" / "data" / f"bitlet_fp32_{name}.csv", delimiter=",", skiprows=1)
        w, a = (words.float_words(pairs[:, side].astype(np.float32)) for side in (0, 1))
        _, out = run(project, "bitlet_pe", "n64", frames(w, a, np.zeros(2, np.int64), np.array([0, 8])))
        results = out["z"].astype(np.uint32).view(np.float32)
        rows = zip(results, out["cycles"], strict=True)
        table.add_row(name, *(cell for z, cycles in rows for cell in (f"{z:.10f}", str(cycles))))
    return table


def speed(project: Project) -> Table:
    """Cycles for 64 MACs on the hidden layer of the digits network."""
    table = Table(title=f"Cycles for {PAIRS} MACs: 32 neurons of the digits network, {IMAGES} images, RTL")
    for column in ("processing element", "fixed point, 8 bits", "float32"):
        table.add_column(column, justify="left" if column.startswith("proc") else "right")
    for title, module in (
        ("bitlet_pe", "bitlet_pe"),
        ("bitparallel_pe (one MAC a cycle)", "bitparallel_pe"),
        ("stripes_pe (bit-serial)", "stripes_pe"),
    ):
        cells = []
        for width in (8, 0):
            batch = network(project, width)
            record, _ = run(project, module, "n64", batch)
            cells.append(f"{record.cycles / len(batch['w']):.2f}")
        table.add_row(title, *cells)
    table.caption = "Cycles of a run over its groups: nothing is left out, neither filling nor draining."
    return table


def network(project: Project, width: int) -> Batch:
    """Lay out the groups: a neuron's 64 weights and an image's 64 pixels, as 8-bit integers or as float32."""
    weights = trained.load_weights(project.root / "tests" / "data")[: trained.HIDDEN, :PAIRS]
    pixels = trained.choose(IMAGES)
    w = np.repeat(weights, IMAGES, axis=0)
    a = np.tile(pixels, (len(weights), 1))
    count = np.full(len(w), width)
    if width:
        return frames(words.fixed_words(w), words.fixed_words(a), count, 0 * count)
    as_float = (words.float_words((x / scale).astype(np.float32)) for x, scale in ((w, 128), (a, 16)))
    return frames(*as_float, count, 0 * count)


def frames(w: np.ndarray, a: np.ndarray, width: np.ndarray, keep: np.ndarray) -> Batch:
    """Make dot products of one group each; one group of words may serve them all."""
    shape = (len(width), 1, PAIRS)
    return {
        "w": np.broadcast_to(w, shape[::2]).reshape(shape),
        "a": np.broadcast_to(a, shape[::2]).reshape(shape),
        "width": width,
        "keep": keep,
    }


def area(project: Project) -> Table:
    """Six-input LUTs, flip-flops and longest path of the processing elements."""
    table = Table(title=f"Area, {PAIRS} pairs: Yosys synth -flatten; abc -lut 6, longest path in LUTs")
    for column in ("core", "LUT6", "FF", "path", "of the authors' LUT6"):
        table.add_column(column, justify="left" if column == "core" else "right")
    names = ("bitlet_pe", "bitlet_align", "bitlet_distil", "bitlet_lane", "bitlet_tree", "bitlet_acc", "bitlet_pack")
    names += ("bitparallel_pe", "stripes_pe")
    requests = [AreaRequest(name, {}, name) for name in names]
    for name, cost in zip(names, measure(requests, project.root, luts=(6,), xc7=False), strict=True):
        share = f"{cost.lut6 / AUTHORS[1]:.1%}" if name == "bitlet_pe" else ""
        table.add_row(name, f"{cost.lut6:,}", f"{cost.ff:,}", str(cost.depth), share)
    name, lut, ff, path = AUTHORS
    table.add_row(name, f"{lut:,}", f"{ff:,}", str(path), "100.0%")
    table.caption = "Ours accumulates exactly, knows infinities and NaN, and aligns all pairs in one cycle."
    return table


def published(project: Project) -> Table:
    """What others published, and what differs in method."""
    del project
    table = Table(title="Published, for comparison; none of it is measured as ours is")
    for column in ("work", "figure", "method"):
        table.add_column(column)
    for row in PUBLISHED:
        table.add_row(*row)
    return table
