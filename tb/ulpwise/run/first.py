"""The first wrong transaction of a run as lines of text: the same in the terminal, in JUnit XML and in the report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Line:
    """One value.

    Attributes:
        role: input, expected or actual; empty for a remark.
        field: Name of the field, with the index of the element where there are several; empty for a remark.
        value: The value in the notation of its format, or the remark.
        wrong: Whether it is an actual value that is not the expected one.
    """

    role: str
    field: str
    value: str
    wrong: bool = False

    def __str__(self) -> str:
        return f"{self.role:<8} {self.field} = {self.value}" if self.role else self.value


def title(first: Mapping[str, Any]) -> str:
    """Return which transaction it is, and when it came out, where that is known.

    Args:
        first: The part `first` of a results file.
    """
    text = f"row {first.get('row', '?')} of sequence {first.get('sequence', '?')}"
    if first.get("cycle") is None:
        return text
    time = "" if first.get("time") is None else f" ({first['time']:,} ns)"
    return f"{text}, at cycle {first['cycle']:,}{time}"


def lines(first: Mapping[str, Any]) -> Iterator[Line]:
    """Yield its inputs, then output by output what was expected and what came, of vectors the elements that differ.

    Args:
        first: The part `first` of a results file; parts that are missing are left out.
    """
    for name, value in (first.get("inputs") or {}).items():
        yield Line("input", name, str(value))
    expected, actual, wrong = (first.get(part) or {} for part in ("expected", "actual", "wrong"))
    for name in dict.fromkeys([*expected, *actual]):
        if name in wrong:
            yield from _elements(name, wrong[name])
            continue
        want, got = expected.get(name), actual.get(name, "nothing")
        if want is not None:
            yield Line("expected", name, str(want))
        yield Line("actual", name, str(got), want is not None and want != got)


def _elements(name: str, found: Mapping[str, Any]) -> Iterator[Line]:
    """Yield the elements of one output that differ, and how many of how many."""
    for index, want, got in found["shown"]:
        yield Line("expected", f"{name}{index}", want)
        yield Line("actual", f"{name}{index}", got, wrong=True)
    if found["elements"] > 1:
        text = f"{found['count']:,} of {found['elements']:,} elements of {name} differ"
        left = found["count"] - len(found["shown"])
        yield Line("", "", text + f"; the first {len(found['shown'])} are shown" * (left > 0))
