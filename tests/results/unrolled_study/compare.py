"""Areas of ours, naive, CSD without sharing and da4ml, synthesised in one run with one Yosys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.table import Table

from tests.results.unrolled_study import designs
from tests.results.unrolled_study.matrices import KINDS, Integers, Kind
from ulpwise.synthesis.area import Area, AreaRequest, measure
from ulpwise.toolchain import tools

SEEDS = range(1, 4)
WANTED = 0.9  # of da4ml
TARGETS = {"lut6": (6,), "lut4": (4,), "carry": (6, 4)}
"""What ours is optimised for, and the LUT sizes that it is then measured with; xc7 for "carry" alone."""
COSTS = ("LUT6", "LUT4", "xc7 LUT", "xc7 + CARRY4")
Cost = tuple[int, ...]
"""In the order of `COSTS`."""


@dataclass(frozen=True)
class Row:
    """Costs of one matrix."""

    kind: Kind
    seed: int | None
    """Of a random matrix; None for the specification's."""
    costs: dict[str, Cost]
    """By design: "ours", "naive", "CSD", "da4ml"; a design that was not measured is missing."""
    carry4: dict[str, int]
    """CARRY4, which the last cost holds."""

    def ratio(self, cost: int) -> float | None:
        """Return ours over da4ml, by the place of a cost; None without da4ml."""
        theirs = self.costs.get("da4ml")
        return None if theirs is None else self.costs["ours"][cost] / theirs[cost]


def specified(root: Path) -> list[Row]:
    """Measure the specification's matrices, all designs."""
    return _measured(root, [(kind, None, kind.read()) for kind in KINDS])


def drawn(root: Path, seeds: Sequence[int] = SEEDS) -> list[Row]:
    """Measure random matrices of the same kinds, ours and da4ml; nothing where da4ml is not installed."""
    if not designs.has_da4ml():
        return []
    return _measured(root, [(kind, seed, kind.draw(seed)) for seed in seeds for kind in KINDS])


def _measured(root: Path, wanted: Sequence[tuple[Kind, int | None, Integers]]) -> list[Row]:
    """Measure all matrices; of those with a seed ours and da4ml only."""
    ours = {
        target: measure(
            [designs.ours(matrix, kind.bits, target) for kind, _, matrix in wanted], root, luts, xc7=target == "carry"
        )
        for target, luts in TARGETS.items()
    }
    requests: list[AreaRequest] = []
    owners: list[int] = []
    for index, (kind, seed, matrix) in enumerate(wanted):
        found = designs.others(matrix, kind.bits, root)
        chosen = [request for name, request in found.items() if seed is None or name == "da4ml"]
        requests += chosen
        owners += [index] * len(chosen)
    others = measure(requests, root)
    rows = []
    for index, (kind, seed, _) in enumerate(wanted):
        lut6, lut4, carry = (ours[target][index] for target in TARGETS)
        found = {area.label: area for area, owner in zip(others, owners, strict=True) if owner == index}
        costs = {"ours": cost(lut6, lut4, carry)} | {name: cost(area, area, area) for name, area in found.items()}
        rows.append(Row(kind, seed, costs, {name: area.carry4 for name, area in {"ours": carry, **found}.items()}))
    return rows


def cost(lut6: Area, lut4: Area, carry: Area) -> Cost:
    """Return the costs of a design, which may be three, each for its own LUTs."""
    return lut6.lut6, lut4.lut4, carry.xc7_lut, carry.xc7_lut + carry.carry4


def table(rows: Sequence[Row]) -> Table:
    """One row a matrix and cost: ours and the others, ours over da4ml, and da4ml as the specification measured it."""
    found = Table(title="16 x 16 constant matrix times vector, signed, full precision, combinational")
    found.add_column("matrix", no_wrap=True)
    found.add_column("cost", no_wrap=True)
    headings = ("ours", "naive", "CSD", "da4ml", "ours / da4ml", "da4ml as specified", "ours / that")
    for column in headings:
        found.add_column(column, justify="right")
    for row in rows:
        lut6, lut4, (lut, chains) = row.kind.da4ml
        for place, (name, published) in enumerate(zip(COSTS, (lut6, lut4, lut, lut + chains), strict=True)):
            mine = row.costs["ours"][place]
            cells = [_cell(row, design, place) for design in ("ours", "naive", "CSD", "da4ml")]
            ratio = row.ratio(place)
            cells += ["" if ratio is None else f"{ratio:.3f}"]
            cells += [f"{lut}+{chains}" if place == 3 else f"{published}", f"{mine / published:.3f}"]
            found.add_row(row.kind.title if place == 0 else "", name, *cells)
        found.add_section()
    found.caption = (
        f"All in one run with Yosys {tools.yosys().version}; the specification used 0.23. naive: `*` and a tree; CSD: "
        "canonic signed digits, nothing shared; both as wide as each value needs. da4ml 0.6.0 with its default "
        "options. Ours is optimised for LUT6, for LUT4, and for carry chains; a+b is LUT + CARRY4, its ratio of sums."
    )
    if not designs.has_da4ml():
        found.caption += f" da4ml is not installed; {designs.REMEDY}."
    found.caption_justify = "left"
    return found


def _cell(row: Row, design: str, place: int) -> str:
    if design not in row.costs:
        return "not installed" if design == "da4ml" else ""
    if place == 3:
        return f"{row.costs[design][2]}+{row.carry4[design]}"
    return f"{row.costs[design][place]}"


def spread(rows: Sequence[Row]) -> Table:
    """One row a kind and cost: ours over da4ml on random matrices."""
    found = Table(title="Other random matrices of these kinds: ours / da4ml")
    found.add_column("kind", no_wrap=True)
    found.add_column("cost", no_wrap=True)
    for column in ("matrices", "geometric mean", "best", "worst", f"{WANTED:g} or below"):
        found.add_column(column, justify="right")
    for kind in KINDS:
        of_kind = [row for row in rows if row.kind == kind]
        for place, name in enumerate(COSTS):
            ratios = [ratio for row in of_kind if (ratio := row.ratio(place)) is not None]
            if ratios:
                mean = geometric_mean(ratios)
                cells = (f"{len(ratios)}", f"{mean:.3f}", f"{min(ratios):.3f}", f"{max(ratios):.3f}")
                found.add_row(kind.title if place == 0 else "", name, *cells, "yes" if mean <= WANTED else "no")
        found.add_section()
    if not rows:
        found.caption = f"da4ml is not installed; {designs.REMEDY}"
    return found


def geometric_mean(values: Sequence[float]) -> float:
    """Return the geometric mean of positive numbers."""
    return float(np.exp(np.log(values).mean()))
