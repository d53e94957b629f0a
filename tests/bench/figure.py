"""Figures of speed: medians with their spread, printed as a table and written as JSON."""

from __future__ import annotations

import json
import statistics
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


@dataclass(frozen=True)
class Figure:
    """One measured figure.

    Attributes:
        what: What was measured, for people.
        values: One value a round.
        unit: "x" for a ratio of two times of one round, "s", or "1/s".
        target: What the project promises, such as ">= 60"; empty for a figure that only informs.
        limit: What limits it, by a profile.
    """

    what: str
    values: Sequence[float]
    unit: str
    target: str = ""
    limit: str = ""
    median: float = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "median", statistics.median(self.values))

    @property
    def met(self) -> bool | None:
        """Whether the median meets the target; None when there is none."""
        if not self.target:
            return None
        sign, number = self.target.split()
        return self.median >= float(number) if sign == ">=" else self.median <= float(number)

    def to_json(self) -> dict[str, object]:
        """Return median, min, max, runs and the rest as plain values."""
        spread = {"min": min(self.values), "max": max(self.values), "runs": len(self.values), "met": self.met}
        return {**asdict(self), "values": list(self.values), **spread}


def ratios(over: Sequence[float], under: Sequence[float]) -> list[float]:
    """Divide round by round: both sides of a ratio were measured one right after the other."""
    return [one / other for one, other in zip(over, under, strict=True)]


def show(figures: Mapping[str, Figure]) -> None:
    """Print a table, and below it what limits each figure."""
    console = Console(highlight=False, soft_wrap=True)
    if not console.is_terminal:
        console.width = 120  # a pipe has no width, and the table must not be cut to 80 columns
    table = Table(box=None, pad_edge=False)
    for name in ("figure", "median", "min", "max", "runs", "target", ""):
        table.add_column(name, justify="left" if name in ("figure", "target", "") else "right", no_wrap=True)
    for figure in figures.values():
        cells = [
            f"{value:,.3g} {figure.unit}" if value < 1000 else f"{value:,.0f} {figure.unit}"
            for value in (figure.median, min(figure.values), max(figure.values))
        ]
        verdict = {None: "", True: "[green]met[/]", False: "[red]missed[/]"}[figure.met]
        table.add_row(figure.what, *cells, str(len(figure.values)), figure.target, verdict)
    console.print(table)
    console.print("\nWhat limits them:")
    for figure in figures.values():
        if figure.limit:
            console.print(f"  {figure.what}: {figure.limit}", markup=False)


def write(figures: Mapping[str, Figure], path: Path) -> None:
    """Write all figures at once: the file is whole, or it is the one from before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(path.name + ".part")
    scratch.write_text(json.dumps({name: figure.to_json() for name, figure in figures.items()}, indent=1) + "\n")
    scratch.replace(path)
