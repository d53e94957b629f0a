"""Code coverage: Verilator's `coverage.dat` read, merged by adding, and summed up by kind.

A line of the file is `C '<key>' <count>`; the key is a run of pairs (byte 1, name, byte 2, value), of which f is the
file, l the line, n the column, t the kind, o the object or comment, S the lines that run with it and h the hierarchy.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias, TypedDict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

_HEADER = "# SystemC::Coverage-3"
_LINE = re.compile(r"C '(\x01.*)' (\d+)")
_WIDTH = re.compile(r"\b\d+(?='s?h)|\[(?:\d+:)?0\](?=\+:)")  # of a number, and of the index of a part-select
_FILE = re.compile(r"C '\x01f\x02([^\x01]+)\x01")


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
    lines: str = field(default="", compare=False)
    """Source lines that run when the point is hit, such as `12-14,16`; empty when none are given. No part of what
    the point is: builds of other parameters may leave some of them out."""


class KindSummary(TypedDict):
    """The share of points of one kind that were hit."""

    points: int
    hit: int
    percent: float


Counts: TypeAlias = dict[CodePoint, int]


def parse(text: str, name: str = "coverage.dat", keep: Callable[[str], bool] | None = None) -> Counts:
    """Read the text of a coverage.dat.

    Args:
        text: The whole file.
        name: What error messages call it.
        keep: Which source files are wanted; all unless given. The lines of others are not looked at.

    Returns:
        Hits of each point, in the order of the file; a point that is listed twice is added up.

    Raises:
        CodecovError: The header is missing, or a line is malformed.
    """
    lines = text.splitlines()
    if not lines or lines[0] != _HEADER:
        raise CodecovError(f"{name}: not a coverage file: the first line is not '{_HEADER}'")
    counts: Counter[CodePoint] = Counter()
    wanted: dict[str, bool] = {}
    for number, line in enumerate(lines[1:], start=2):
        if keep is not None and (named := _FILE.match(line)):
            file = named[1]
            if file not in wanted:
                wanted[file] = keep(file)
            if not wanted[file]:
                continue
        found = _LINE.fullmatch(line)
        point = _point(found[1]) if found else None
        if found is None or point is None:
            raise CodecovError(f"{name}: line {number} is not a coverage point: {line[:80]!r}")
        counts[point] += int(found[2])
    return dict(counts)


def read(path: Path, keep: Callable[[str], bool] | None = None) -> Counts:
    """Read a coverage.dat from disk, as `parse` does; CodecovError when it is missing, not text, or malformed."""
    try:
        return parse(path.read_text(encoding="utf-8"), str(path), keep)
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
    """Add the counts of all instances of a source point, so that a point is hit when any instance hits it.

    An iteration of a generate loop is an instance: `lane[3].sum[0]:0->1` becomes `sum[0]:0->1`, as its lines and
    branches are named without their iteration anyway. Widths that expressions have in one build and not in another
    go: `(x[k[3:0]+:1] == 4'sh2)` becomes `(x[k+:1] == 'sh2)`.
    """
    total: Counter[CodePoint] = Counter()
    lines: dict[CodePoint, str] = {}
    for instance, count in counts.items():
        point = replace(instance, hierarchy="", comment=_source_name(instance))
        total[point] += count
        lines[point] = join_lines(lines.get(point, ""), instance.lines)
    return {replace(point, lines=lines[point]): count for point, count in total.items()}


def expand_lines(lines: str) -> list[int]:
    """List the numbers in ranges of lines: `12-14,16` gives 12, 13, 14, 16; CodecovError when they are malformed."""
    if not re.fullmatch(r"(\d+(-\d+)?(,\d+(-\d+)?)*)?", lines):
        raise CodecovError(f"not ranges of lines: {lines[:80]!r}")
    ends = [[int(end) for end in part.split("-")] for part in lines.split(",") if part]
    return [number for pair in ends for number in range(pair[0], pair[-1] + 1)]


def join_lines(a: str, b: str) -> str:
    """Return the ranges of the lines that are in either."""
    if a == b or not b:
        return a
    numbers = sorted({*expand_lines(a), *expand_lines(b)})
    starts = [number for number in numbers if number - 1 not in numbers]
    ends = [number for number in numbers if number + 1 not in numbers]
    return ",".join(f"{low}-{high}" if low < high else str(low) for low, high in zip(starts, ends, strict=True))


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


def _source_name(point: CodePoint) -> str:
    """Return the comment of a point without what depends on iterations of generate loops and on parameters."""
    if point.kind == "expr":
        return _WIDTH.sub("", point.comment)
    if point.kind == "toggle":
        signal, colon, change = point.comment.rpartition(":")
        return signal.rpartition(".")[2] + colon + change
    return point.comment


def _point(key: str) -> CodePoint | None:
    """Decode a key; None when a part is missing or is no number."""
    parts = [pair.partition("\x02") for pair in key.split("\x01")[1:]]
    found = {name: value for name, _, value in parts}
    line, column = found.get("l", ""), found.get("n", "0")
    if not (line.isdecimal() and column.isdecimal() and found.get("f") and found.get("t")):
        return None
    place = (found["f"], int(line), int(column), found["t"])
    return CodePoint(*place, found.get("o", ""), found.get("h", ""), found.get("S", ""))
