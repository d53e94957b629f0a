"""Lines and branches of a source file, as readers of coverage know them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ulpwise.coverage.codecov import CodePoint, Counts, expand_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

EXECUTED = ("line", "branch")  # kinds whose points say which lines ran


@dataclass(frozen=True)
class Branch:
    """One way out of a decision.

    Attributes:
        name: What the simulator calls it: `if`, `else`, `cond_then`, ...
        count: How often it was taken.
    """

    name: str
    count: int


@dataclass
class View:
    """What one file comes to; excluded lines and branches are not in it.

    Attributes:
        lines: How often each line that can run did: the most of all points that it runs with.
        branches: The branches by line.
        excluded: Lines that ran never, and that only excluded points run.
    """

    lines: dict[int, int] = field(default_factory=dict)
    branches: dict[int, list[Branch]] = field(default_factory=dict)
    excluded: int = 0


def lines_of(point: CodePoint) -> list[int]:
    """List the lines that run when a point is hit, its own among them."""
    return sorted({point.line, *expand_lines(point.lines)})


def view(counts: Counts, excluded: Mapping[CodePoint, str]) -> View:
    """Make the view of one file.

    Args:
        counts: Hits of its points.
        excluded: The points that do not count.
    """
    kept = {point: count for point, count in counts.items() if point not in excluded}
    lines = _counted(kept.items())
    found = View(dict(sorted(lines.items())), excluded=len(_counted(counts.items()).keys() - lines.keys()))
    for point in sorted(kept, key=lambda point: (point.line, point.column)):
        if point.kind == "branch":
            found.branches.setdefault(point.line, []).append(Branch(point.comment, kept[point]))
    return found


def _counted(points: Iterable[tuple[CodePoint, int]]) -> dict[int, int]:
    lines: dict[int, int] = {}
    for point, count in points:
        if point.kind in EXECUTED:
            for number in lines_of(point):
                lines[number] = max(lines.get(number, 0), count)
    return lines
