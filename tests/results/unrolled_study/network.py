"""LUTs of the digits' network, pruned and dense: each layer's window as an adder graph, times its positions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from models.unrolled import trained
from models.unrolled.graph import optimise
from models.unrolled.network import Layer
from ulpwise.synthesis.area import AreaRequest, measure

NETWORKS = {"pruned": "kratos_digits.json", "dense": "kratos_digits_dense.json"}
"""Files of tests/data: the same shapes and the same training, with weights taken out and without."""
TARGET = "lut6"


@dataclass(frozen=True)
class Cost:
    """One layer of one network."""

    layer: str
    copies: int
    """Positions of the window, each with hardware of its own."""
    zero_words: float
    """Share of weights that are zero."""
    luts: int
    """Six-input LUTs of one window."""

    @property
    def total(self) -> int:
        """LUTs of all copies; where a window hangs over the image's edge synthesis takes more away."""
        return self.copies * self.luts


def run(root: Path) -> dict[str, list[Cost]]:
    """Measure every layer of every network; AreaError when one could not be measured."""
    designs = []
    for name, file in NETWORKS.items():
        shape, bits = trained.IMAGE, trained.PIXEL_BITS
        for layer in trained.load(root / "tests" / "data" / file):
            shape = layer.shape(shape)
            designs.append((name, layer, shape[0] * shape[1], _window(layer, bits)))
            bits = bits if layer.form is None else layer.form.bits
    costs: dict[str, list[Cost]] = {name: [] for name in NETWORKS}
    areas = measure([request for *_, request in designs], root, (6,), xc7=False)
    for (name, layer, copies, _), area in zip(designs, areas, strict=True):
        costs[name].append(Cost(layer.name, copies, float((layer.weights == 0).mean()), area.lut6))
    return costs


def table(costs: dict[str, list[Cost]]) -> Table:
    """Print a row a layer, and the sum."""
    found = Table(title="Digits network, fully unrolled: six-input LUTs of its adder graphs (requantising left out)")
    for column in (
        "layer",
        "windows",
        "zeros",
        "a window, pruned",
        "dense",
        "all windows, pruned",
        "dense",
        "dense/pruned",
    ):
        found.add_column(column, justify="left" if column == "layer" else "right")
    for pruned, dense in zip(costs["pruned"], costs["dense"], strict=True):
        found.add_row(
            pruned.layer,
            str(pruned.copies),
            f"{pruned.zero_words:.1%}",
            f"{pruned.luts:,}",
            f"{dense.luts:,}",
            f"{pruned.total:,}",
            f"{dense.total:,}",
            f"{dense.total / pruned.total:.2f}",
        )
    sums = {name: sum(cost.total for cost in parts) for name, parts in costs.items()}
    ratio = sums["dense"] / sums["pruned"]
    found.add_row("sum", "", "", "", "", f"{sums['pruned']:,}", f"{sums['dense']:,}", f"{ratio:.2f}")
    return found


def _window(layer: Layer, bits: int) -> AreaRequest:
    """Return the adder graph of the matrix that every position has, for unsigned inputs."""
    matrix = layer.weights.reshape(-1, layer.weights.shape[-1])
    graph = optimise(matrix, bits, signed=False, target=TARGET, effort=0)  # as the bench has it
    program = graph.pack(TARGET)
    values = {"PB": program.bit_length(), "PROGRAM": program, "XW": bits * len(matrix), "O": matrix.shape[1]}
    return AreaRequest("adder_graph", {**values, "YB": max(out.width for out in graph.outputs)}, layer.name)
