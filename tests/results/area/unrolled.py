"""Area of constant matrices beside naive, CSD and da4ml: what `make area FAMILY=unrolled` prints below its table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console

from tests.results.unrolled_study import compare

if TYPE_CHECKING:
    from pathlib import Path


def main(root: Path) -> int:
    """Measure and print; raises AreaError when a design could not be measured."""
    console = Console(width=None if Console().is_terminal else 132, highlight=False)
    with console.status("Yosys: the specification's matrices, beside naive, CSD and da4ml"):
        rows = compare.specified(root)
    console.print()
    console.print(compare.table(rows))
    with console.status("Yosys: other random matrices of these kinds"):
        drawn = compare.drawn(root)
    console.print()
    console.print(compare.spread(drawn))
    return 0
