"""Verilog source with what was counted: a row a line, and notes below the lines that have holes."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from markupsafe import Markup, escape
from pygments.lexers.hdl import VerilogLexer  # type: ignore[import-untyped]
from pygments.token import Comment, Keyword, Name, Number, String  # type: ignore[import-untyped]

from ulpwise.site._text import clean, short, spans

CodePoint: TypeAlias = tuple[int, int, str, str, str, int, str | None]
"""line, column, kind, comment, lines, count, reason of an exclusion."""

SIGNS = {
    "hit": ("✓", "covered"),
    "part": ("◐", "partly covered"),
    "miss": ("✗", "never executed"),
    "excl": ("⊘", "excluded"),
    "": ("", ""),
}
NAMED = 12  # signals that one note names
_CLASSES = (
    (Comment.Preproc, "tp"),
    (Comment, "tc"),
    (Keyword, "tk"),
    (Number, "tn"),
    (String, "ts"),
    (Name.Builtin, "tn"),
)
_TOGGLE = re.compile(r"(.*?)(?:\[(\d+)\])?:(0->1|1->0)")


@dataclass(frozen=True)
class Note:
    """What is to be said of a line: hole or excluded, and the text."""

    state: str
    text: str


@dataclass(frozen=True)
class Line:
    """A line of the source.

    Attributes:
        number: From 1.
        code: Its text, coloured.
        count: How often it ran, in a few characters; empty when nothing is counted there.
        state: hit, part, miss, excl, or empty.
        notes: What is below it.
    """

    number: int
    code: Markup
    count: str
    state: str
    notes: tuple[Note, ...]

    @property
    def sign(self) -> tuple[str, str]:
        """The sign of its state, and what it says."""
        return SIGNS[self.state]


def annotate(text: str, points: Iterable[Sequence[Any]]) -> list[Line]:
    """Put counts to the lines of a source.

    Args:
        text: The Verilog.
        points: What was counted in it: line, column, kind, comment, lines, count, reason.

    Returns:
        One entry a line.
    """
    counted: list[CodePoint] = [(*point[:6], point[6] if len(point) > 6 else None) for point in points]
    counts, excluded = _counts(counted)
    own: defaultdict[int, list[CodePoint]] = defaultdict(list)
    for point in counted:
        own[point[0]].append(point)
    return [
        _line(number, code, counts.get(number), number in excluded, own[number])
        for number, code in enumerate(highlight(text), start=1)
    ]


def highlight(text: str) -> list[Markup]:
    """Colour Verilog; one piece of HTML a line, every tag closed in its line."""
    lines: list[Markup] = []
    pieces: list[Markup] = []
    for kind, value in VerilogLexer(stripnl=False, ensurenl=False).get_tokens(text):
        shown = next((name for token, name in _CLASSES if kind in token), "")
        parts = value.split("\n")
        for i, part in enumerate(parts):
            if i:
                lines.append(Markup("").join(pieces))
                pieces = []
            if part:
                safe = escape(clean(part))
                pieces.append(Markup('<span class="{}">{}</span>').format(shown, safe) if shown else safe)
    if pieces:
        lines.append(Markup("").join(pieces))
    return lines


def numbers(text: str) -> Iterator[int]:
    """Read Verilator's list of lines, such as `12-14,16`."""
    for first, last in re.findall(r"(\d+)(?:-(\d+))?", text):
        yield from range(int(first), int(last or first) + 1)


def holes(lines: Sequence[Line]) -> list[tuple[int, int]]:
    """Return the runs of lines that never ran."""
    return spans(line.number for line in lines if line.state == "miss")


def _counts(points: Sequence[CodePoint]) -> tuple[dict[int, int], set[int]]:
    """Return how often each line ran, and the lines that only excluded points count.

    A line ran as often as the block that holds it; a line with branches as often as all of them together.
    """
    inside: dict[int, int] = {}
    branches: defaultdict[int, int] = defaultdict(int)
    kept: set[int] = set()
    for line, _, kind, _, lines, count, reason in points:
        if kind not in {"line", "branch"}:
            continue
        held = set(numbers(lines)) if kind == "branch" else {line, *numbers(lines)}
        for number in held:
            inside[number] = max(inside.get(number, 0), count)
        if kind == "branch":
            branches[line] += count
        kept |= {line, *held} if reason is None else set()
    for line, count in branches.items():
        inside[line] = max(inside.get(line, 0), count)
    return inside, inside.keys() - kept


def _line(number: int, code: Markup, count: int | None, excluded: bool, points: Sequence[CodePoint]) -> Line:
    notes = tuple(_notes(points, never=count == 0))
    holes = any(note.state == "hole" for note in notes)
    if count == 0:
        state = "excl" if excluded else "miss"
    elif holes:
        state = "part"
    elif notes:
        state = "excl"
    else:
        state = "hit" if count is not None or points else ""
    return Line(number, code, "" if count is None else short(count), state, notes)


def _notes(points: Sequence[CodePoint], *, never: bool) -> Iterator[Note]:
    """Say what was missed on a line, and what is excluded; a line that never ran needs no list of its branches."""
    missed = [point for point in points if point[5] == 0]
    texts: Mapping[str, str] = {
        "branch": "branch never taken: ",
        "expr": "never evaluated: ",
        "line": "never entered: ",
    }
    for kind, text in texts.items():
        names = [point[3] for point in missed if point[2] == kind and point[6] is None]
        if names and not never:
            yield Note("hole", text + ", ".join(dict.fromkeys(names)))
    toggles = [point[3] for point in missed if point[2] == "toggle" and point[6] is None]
    if toggles:
        yield Note("hole", "never toggled: " + _toggles(toggles))
    for kind, reason in dict.fromkeys((point[2], point[6]) for point in points if point[6] is not None):
        names = [point[3] for point in points if (point[2], point[6]) == (kind, reason)]
        what = _toggles(names) if kind == "toggle" else ", ".join(dict.fromkeys(names))
        yield Note("excluded", f"excluded ({kind} {what}): {reason}")


def _toggles(comments: Iterable[str]) -> str:
    """Gather `q[3]:0->1` and its like: signals with ranges of bits, and the direction where only one is missing."""
    ways: defaultdict[tuple[str, int | None], set[str]] = defaultdict(set)
    for comment in comments:
        found = _TOGGLE.fullmatch(comment)
        name, bit, way = found.groups() if found else (comment, None, "")
        ways[name, None if bit is None else int(bit)].add(way)
    bits: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for (name, index), seen in ways.items():
        bits[name, "" if len(seen) > 1 else " " + "".join(seen).replace("->", "→")] += [] if index is None else [index]
    texts = [name + _ranges(indices) + (way if way.strip() else "") for (name, way), indices in bits.items()]
    more = len(texts) - NAMED
    return ", ".join(texts[:NAMED]) + (f" and {more} more" if more > 0 else "")


def _ranges(bits: Sequence[int]) -> str:
    """Write bits as Verilog does, the highest first."""
    parts = [str(low) if low == high else f"{high}:{low}" for low, high in reversed(spans(bits))]
    return f"[{','.join(parts)}]" if parts else ""
