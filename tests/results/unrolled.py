"""Figures of the unrolled family beside the published ones: `make results FAMILY=unrolled`."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from tests.results.unrolled_study import frequency, network, plot, sizes

if TYPE_CHECKING:
    from pathlib import Path

PUBLISHED = (
    (
        "Kratos (FPL 2024): about 2x area reduction with smaller LUTs",
        "their area model has wires and multiplexers; 2^K configuration bits of LUTs are all that is counted here",
    ),
    (
        "Kratos (FPL 2024): unrolled networks reach an Arria 10's maximum frequency",
        "a device, and tools, that are not open; iCE40 and ECP5 are older and smaller, and only fabric is timed",
    ),
)


def main(root: Path) -> int:
    """Measure, print, and draw into build/results/unrolled; 0, or an exception when a measurement failed."""
    root = root.resolve()
    console = Console(width=None if Console().is_terminal else 150, highlight=False)
    folder = root / "build" / "results" / "unrolled"
    with console.status("Yosys: LUT sizes by sparsity and width"):
        points = sizes.run(root)
    paths = plot.draw(points, folder)
    (folder / "sizes.json").write_text(json.dumps([asdict(point) for point in points], indent=1) + "\n")
    for design in sizes.DESIGNS:
        show(console, sizes.table(points, design))
    show(console, sizes.published())
    console.print(sizes.answer(points), "\n", sep="")
    for path in (*paths, folder / "sizes.json"):
        console.print(str(path.relative_to(root)), markup=False, soft_wrap=True)
    console.print()
    with console.status("Yosys: the digits network, pruned and dense"):
        costs = network.run(root)
    show(console, network.table(costs))
    with console.status("nextpnr: matrices on iCE40 and ECP5"):
        tables = frequency.tables(root)
    for table in tables:
        show(console, table)
    console.print(frequency.MEANING, "\n", sep="")
    show(console, published())
    return 0


def show(console: Console, table: Table) -> None:
    """Print a table and a blank line."""
    console.print(table)
    console.print()


def published() -> Table:
    """What was published, and what differs in method."""
    table = Table(title="Published, for comparison")
    for column in ("claim", "what differs"):
        table.add_column(column)
    for row in PUBLISHED:
        table.add_row(*row)
    return table
