"""Figures of the online family beside the published ones: `make results`. What is measured, is measured on our RTL."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from rich.console import Console
from rich.table import Table

from models.online import classifier, trained
from ulpwise.bench.project import Project
from ulpwise.data import vectors
from ulpwise.data.formats import SignedDigits
from ulpwise.run.execute import attempt
from ulpwise.run.record import RunSpec
from ulpwise.synthesis.area import AreaRequest, measure
from ulpwise.synthesis.switching import activity, gates

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ulpwise.data.formats import Batch
    from ulpwise.run.record import Record
    from ulpwise.synthesis.switching import Activity

DIGITS = range(4, 13)
PIXELS = trained.N  # digits of a pixel
SWITCHED = 64  # images that are counted, evenly chosen
DETAILED = 8  # digits at which the parts are shown
# what is mapped on its own in the netlist, and by which instances the parts of a network are found in it
KEPT = {"fgie_network": ("fgie_layer", "fgie_neuron"), "serial_network": ("serial_layer", "serial_dot")}
PARTS = {
    "neuron of layer 1": (r"layer\[1\]\..*\.node\[0\]\.neuron", r"hidden\.neuron\[0\]\.dot"),
    "neurons of layer 1": (r"layer\[1\]\..*\.neuron", r"hidden\..*\.dot"),
    "layer 1": (r"layer\[1\]\..*", "hidden"),
    "layer 2": (r"layer\[2\]\..*", "answer"),
    "network": (".*", ".*"),
}
PUBLISHED = (
    ("FGIE (ICFPT 2019)", "1.8x the energy efficiency of other bit-serial methods", "energy of a placed FPGA design"),
    ("DEX (2026)", "5.2 to 32.7 % of digit cycles removed by early negative detection", "VGG and ResNet layers"),
    ("ECHO (Electronics 2024)", "2.4 to 2.6x faster than conventional bit-serial", "convolutions, whole frames"),
    ("DSLOT-NN (2023)", "about 50 % more OPS/W than Stripes", "energy of a placed FPGA design"),
)


@dataclass(frozen=True)
class Row:
    """One network at one precision, all images.

    Attributes:
        accuracy: Share of images classified as labelled.
        cycles: Clock cycles an image, images back to back.
        saved: Share of digit cycles saved, layer by layer; empty for the baseline.
    """

    accuracy: float
    cycles: float
    saved: tuple[float, ...]


def main(root: Path) -> int:
    """Measure and print; 1 when a run failed, else 0."""
    console, project = Console(width=None if Console().is_terminal else 120), Project(root)
    for make in (neurons, networks, switching, area, published):
        console.print(make(project))
        console.print()
    return 0


def run(project: Project, spec: RunSpec) -> Record:
    """Run and refuse to report on a run that failed."""
    record = attempt(project, spec, kind="results")
    if not record.passed:
        raise ValueError(f"{spec.name} failed: {record.reasons[0]}")
    return record


def neurons(project: Project) -> Table:
    """Cycles from the first operand digit to the first, the eighth and the last result digit."""
    table = Table(title="Inner product of 64 operands of 8 digits: enabled cycles from the first operand digit")
    for column in ("reduction", "result digits", "to the first", "to the eighth", "to the last"):
        table.add_column(column, justify="left" if column == "reduction" else "right")
    for name, module in (
        ("tree of online adders (as published)", "online_dot"),
        ("merged residual, with a bias", "online_dot_merged"),
        ("least significant digit first (baseline)", "serial_dot"),
    ):
        latency = run(project, RunSpec(module, "k64", "verilator", "burst", n=64)).result["latency"]["z"]
        bench = project.bench(module)
        result = bench.interface(bench.config("k64")).output_fields["z"]
        if isinstance(result, SignedDigits):
            table.add_row(name, *map(str, (result.n, latency, latency + 7, latency + result.n - 1)))
        else:  # the whole word comes at once
            table.add_row(name, f"{result.width} bits", *[str(latency)] * 3)
    return table


def networks(project: Project) -> Table:
    """Accuracy, cycles and digit cycles saved against the number of result digits."""
    folder = project.build / "results"
    folder.mkdir(parents=True, exist_ok=True)
    table = Table(title="64-32-10 network, 1,797 handwritten digits, RTL under Verilator")
    for column in ("digits", "accuracy", "saved 1", "saved 2", "cycles", "LSB accuracy", "LSB cycles"):
        table.add_column(column, justify="right")
    pixels, labels = trained.images()
    weights = trained.load_weights(project.root / "tests" / "data")
    found: dict[str, dict[str, object]] = {}
    for digits in DIGITS:
        online = measured(project, folder, "fgie_network", "digits", online_frames(weights, pixels, digits))
        serial = measured(project, folder, "serial_network", "digits12", serial_frames(weights, pixels, digits))
        saved = [f"{share:.1%}" for share in online.saved]
        cells = [f"{digits}", f"{online.accuracy:.2%}", *saved, f"{online.cycles:.1f}"]
        cells += [f"{serial.accuracy:.2%}", f"{serial.cycles:.1f}"]
        table.add_row(*cells)
        found[str(digits)] = {"online": vars(online), "serial": vars(serial)}
    (folder / "networks.json").write_text(json.dumps(found, indent=1))
    real = (trained.real_network(weights, pixels).argmax(axis=1) == labels).mean()
    table.caption = (
        f"Real arithmetic with the same weights: {real:.2%}. Hidden activations have that many digits, online logits "
        "as many behind the point, LSB-first logits are exact. Saved: by early termination, of a layer's digit cycles "
        "(layer 2 has no ReLU). Cycles are an image's, images back to back."
    )
    return table


def measured(project: Project, folder: Path, module: str, config: str, batch: Batch) -> Row:
    """Run all images through a network; every answer must be the golden model's."""
    path = folder / f"{module}.npz"
    vectors.save(path, batch)
    answers = folder / "out.npz"
    record = run(project, RunSpec(module, config, "verilator", "burst", vectors=path, out=answers))
    bench = project.bench(module)
    out = vectors.load(answers, bench.interface(bench.config(config)).output_fields)
    images = len(batch["x"])
    right = out["logit"].argmax(axis=1) == trained.images()[1]
    totals = [name for name in out if name.startswith("total")]
    saved = tuple(float(out[name.replace("total", "saved")].sum() / out[name].sum()) for name in totals)
    return Row(float(right.mean()), record.cycles / images, saved)


def online_frames(weights: np.ndarray, pixels: np.ndarray, digits: int) -> Batch:
    """Lay all images out for fgie_network, most significant digit first."""
    rows = len(pixels)
    # hidden activations have `digits` digits, logits as many behind the point
    precision = {"p0": PIXELS, "p1": digits, "p2": digits + trained.GROWTHS[1]}
    table = np.broadcast_to(weights, (rows, *weights.shape))
    x = classifier.from_sign_magnitude(pixels, PIXELS)
    return {"y": table, "x": x, **{name: np.full(rows, count) for name, count in precision.items()}}


def serial_frames(weights: np.ndarray, pixels: np.ndarray, digits: int) -> Batch:
    """Lay all images out for serial_network, least significant digit first."""
    rows = len(pixels)
    precision = {"n": PIXELS, "d": digits, "unused": 1}
    table = np.broadcast_to(weights, (rows, *weights.shape))
    x = (pixels[..., None] >> np.arange(PIXELS)) & 1
    return {"w": table, "x": x, **{name: np.full(rows, count) for name, count in precision.items()}}


def switching(project: Project) -> Table:
    """Toggles of LUTs and flip-flops an image, by part of the network, and of the network by precision."""
    table = Table(title=f"Switching an image: both 64-32-10 networks as netlists of six-input LUTs, {SWITCHED} images")
    columns = ("part, digits", "glitches", "LUT", "FF", "clocked", "LSB LUT", "LSB FF", "LSB clocked", "fewer toggles")
    for column in columns:
        table.add_column(column, justify="left" if column == columns[0] else "right")
    found: dict[str, float] = {}
    for glitches in (False, True):
        for digits in DIGITS:
            online, serial = toggles(project, digits, glitches=glitches)
            for part, patterns in PARTS.items():
                if digits == DETAILED or part == "network":
                    sides = [side.inside(pattern) for side, pattern in zip((online, serial), patterns, strict=True)]
                    ratio = compare(table, f"{part}, {digits}", sides, glitches=glitches)
                    found[f"{part}, {digits}, {'with' if glitches else 'without'} glitches"] = ratio
    (project.build / "results" / "switching.json").write_text(json.dumps(found, indent=1))
    table.caption = (
        "LUT, FF: changes of their outputs; clocked: flip-flops times cycles with their clock enable high. Glitches: "
        "no, values at the end of each cycle count; yes, every change does, a LUT taking one unit of time and a wire "
        "none. Loading the weights once is included. Published (ICFPT 2019): 1.8x the energy efficiency of other "
        "bit-serial methods, of a placed FPGA design, with wires, clock tree, memory and idle power, its own network "
        "and its own baseline."
    )
    return table


def compare(table: Table, part: str, sides: Sequence[Activity], *, glitches: bool = False) -> float:
    """Add a row; returns by how much the baseline's toggles are more."""
    counts = [count for side in sides for count in (side.lut_toggles, side.ff_toggles, side.ff_clocked)]
    cells = [part, "yes" if glitches else "no", *(f"{count.sum() / SWITCHED:,.0f}" for count in counts)]
    online, serial = (int(side.lut_toggles.sum() + side.ff_toggles.sum()) for side in sides)
    table.add_row(*cells, f"{serial / online:.2f}x")
    return serial / online


def toggles(project: Project, digits: int, *, glitches: bool = False) -> list[Activity]:
    """Run the same images through both netlists; every answer must be the golden model's."""
    weights, pixels = trained.load_weights(project.root / "tests" / "data"), trained.choose(SWITCHED)
    found = []
    for module, config, frames in (
        ("fgie_network", "digits", online_frames),
        ("serial_network", "digits12", serial_frames),
    ):
        path = project.build / "results" / f"{module}-switching.npz"
        path.parent.mkdir(parents=True, exist_ok=True)
        vectors.save(path, frames(weights, pixels, digits))
        netlist = gates(project, module, config, KEPT[module], glitches=glitches)
        found.append(activity(run(netlist, RunSpec(module, config, "verilator", "burst", vectors=path))))
    return found


def area(project: Project) -> Table:
    """Six-input LUTs, flip-flops and longest path of each operator and of a neuron."""
    table = Table(title="Area: Yosys synth -flatten; abc -lut 6, longest path in LUTs; xc7 with carry chains")
    for column in ("core", "parameters", "LUT6", "FF", "path", "xc7 LUT", "CARRY4"):
        table.add_column(column, justify="left" if column in {"core", "parameters"} else "right")
    wanted: list[tuple[str, dict[str, int]]] = [("online_add", {}), ("online_sub", {}), ("online_relu", {})]
    wanted += [("online_max", {}), ("online_recode", {"WB": 16}), ("online_otfc", {"N": 16})]
    for carry_save in (0, 1):
        wanted.append(("online_mul", {"N": 16, "CARRY_SAVE": carry_save}))
        wanted.append(("online_mul_const", {"WB": 8, "CARRY_SAVE": carry_save}))
        wanted.append(("online_dot", {"K": 16, "WB": 8, "CARRY_SAVE": carry_save}))
        wanted.append(("online_dot_merged", {"K": 16, "WB": 8, "CARRY_SAVE": carry_save}))
    wanted += [("online_div", {"N": 16}), ("online_sqrt", {"N": 16}), ("serial_dot", {"K": 16, "WB": 8, "N": 16})]
    wanted += [("fgie_neuron", {"K": 64, "WB": 8, "GROWTH": 7, "MERGED": merged}) for merged in (0, 1)]
    requests = [AreaRequest(module, parameters, module) for module, parameters in wanted]
    for (module, parameters), cost in zip(wanted, measure(requests, project.root), strict=True):
        text = " ".join(f"{name}={value}" for name, value in parameters.items())
        cells = (cost.lut6, cost.ff, cost.depth, cost.xc7_lut, cost.carry4)
        table.add_row(module, text, *map(str, cells))
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
