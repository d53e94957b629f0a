"""Code coverage: Verilator's `coverage.dat` read, merged by adding, and summed up by kind.

A line of the file is `C '<key>' <count>`; the key is a run of pairs (byte 1, name, byte 2, value), of which f is the
file, l the line, n the column, t the kind, o the object or comment and h the hierarchy.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias, TypedDict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

_HEADER = "# SystemC::Coverage-3"
_LINE = re.compile(r"C '(\x01.*)' (\d+)")


class CodecovError(ValueError):
    """A file that is no coverage.dat; the message is one line."""


@dataclass(frozen=True)
class CodePoint:
    """One thing that the simulator counts."""

    file: str
    """Source file as it was named to Verilator."""
    line: int
    """Line in the file, from 1."""
    column: int
    """Column in the line, from 1; 0 when not given."""
    kind: str
    """line, branch, expr, toggle or user."""
    comment: str
    """What is counted: `if`, `else`, `q[0]:0->1`, `(a==0) => 1`, ..."""
    hierarchy: str
    """Instance, dotted from the top module; empty after `collapse`."""


class KindSummary(TypedDict):
    """The share of points of one kind that were hit."""

    points: int
    hit: int
    percent: float


Counts: TypeAlias = dict[CodePoint, int]


def parse(text: str, name: str = "coverage.dat") -> Counts:
    """Read the text of a coverage.dat.

    Args:
        text: The whole file.
        name: What error messages call it.

    Returns:
        Hits of each point, in the order of the file; a point that is listed twice is added up.

    Raises:
        CodecovError: The header is missing, or a line is malformed.
    """
    lines = text.splitlines()
    if not lines or lines[0] != _HEADER:
        raise CodecovError(f"{name}: not a coverage file: the first line is not '{_HEADER}'")
    counts: Counter[CodePoint] = Counter()
    for number, line in enumerate(lines[1:], start=2):
        found = _LINE.fullmatch(line)
        point = _point(found[1]) if found else None
        if found is None or point is None:
            raise CodecovError(f"{name}: line {number} is not a coverage point: {line[:80]!r}")
        counts[point] += int(found[2])
    return dict(counts)


def read(path: Path) -> Counts:
    """Read a coverage.dat from disk; CodecovError when it is missing, not text, or malformed."""
    try:
        return parse(path.read_text(encoding="utf-8"), str(path))
    except OSError as error:
        raise CodecovError(f"{path}: cannot read code coverage: {error.strerror}") from None
    except UnicodeDecodeError:
        raise CodecovError(f"{path}: not a coverage file: not UTF-8 text") from None


def merge(runs: Iterable[Counts]) -> Counts:
    """Add the counts of several runs; a point counts in the result when any run has it."""
    total: Counter[CodePoint] = Counter()
    for counts in runs:
        total.update(counts)
    return dict(total)


def collapse(counts: Counts) -> Counts:
    """Add the counts of all instances of a source point, so that a point is hit when any instance hits it."""
    total: Counter[CodePoint] = Counter()
    for point, count in counts.items():
        total[replace(point, hierarchy="")] += count
    return dict(total)


def under_rtl(file: str) -> bool:
    """Tell whether a source file is a core (lies under a directory `rtl`) and not harness."""
    return "rtl" in file.replace("\\", "/").split("/")[:-1]


def summary(counts: Counts, keep: Callable[[str], bool] = under_rtl) -> dict[str, KindSummary]:
    """Sum up by kind.

    Args:
        counts: Hits of each point.
        keep: Which source files count; by default the cores, so that the harness does not.

    Returns:
        For each kind that occurs, sorted: points, points hit at least once, and percent (0 to 100).
    """
    kept = [(point.kind, count > 0) for point, count in counts.items() if keep(point.file)]
    points, hits = Counter(kind for kind, _ in kept), Counter(kind for kind, hit in kept if hit)
    return {
        kind: {"points": points[kind], "hit": hits[kind], "percent": 100.0 * hits[kind] / points[kind]}
        for kind in sorted(points)
    }


def holes(counts: Counts, keep: Callable[[str], bool] = under_rtl) -> list[CodePoint]:
    """List the points that were never hit, by file, line and column."""
    missed = [point for point, count in counts.items() if not count and keep(point.file)]
    return sorted(missed, key=lambda point: (point.file, point.line, point.column, point.kind, point.comment))


def _point(key: str) -> CodePoint | None:
    """Decode a key; None when a part is missing or is no number."""
    parts = [pair.partition("\x02") for pair in key.split("\x01")[1:]]
    field = {name: value for name, _, value in parts}
    line, column = field.get("l", ""), field.get("n", "0")
    if not (line.isdecimal() and column.isdecimal() and field.get("f") and field.get("t")):
        return None
    return CodePoint(field["f"], int(line), int(column), field["t"], field.get("o", ""), field.get("h", ""))
