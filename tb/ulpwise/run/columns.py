"""Tables that fit a terminal of any width: names are shortened first, then counts left out; verdict and time stay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from rich.text import Text

if TYPE_CHECKING:
    from rich.console import Console


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        name: Its title.
        least: Letters that must be left of its cells; None when they are never shortened.
        spare: Whether it may be left out; the last such column goes first.
        right: Whether cells are at its right edge.
    """

    name: str
    least: int | None = None
    spare: bool = False
    right: bool = True


def mark(console: Console) -> str:
    """Return what stands for letters that were left out, in the encoding of the terminal."""
    return "~" if console.options.ascii_only else "…"


def cut(text: str, width: int, dots: str) -> str:
    """Shorten a name in its middle: its beginning says what it is, its end which one.

    Args:
        text: The name.
        width: Columns that it may take.
        dots: What stands for the middle.
    """
    if cell_len(text) <= width:
        return text
    room = max(0, width - cell_len(dots))
    head = set_cell_size(text, (room + 1) // 2).rstrip()
    tail = set_cell_size(text[::-1], room // 2)[::-1].lstrip()
    return set_cell_size(head + dots + tail, width).rstrip()


def table(console: Console, columns: Sequence[Column], rows: Sequence[Sequence[Text]]) -> list[Text]:
    """Lay a table out.

    Args:
        console: Says how wide it may be, if it is a terminal, and in which encoding.
        columns: Its columns.
        rows: Its cells.

    Returns:
        Its lines, the titles first.
    """
    kept = list(range(len(columns)))
    widths = [max(cell_len(each.name), *(row[n].cell_len for row in rows), 1) for n, each in enumerate(columns)]
    if console.is_terminal:
        _fit(columns, kept, widths, console.width)
    dots = mark(console)
    lines = [[Text(cut(columns[n].name, widths[n], dots), "bold") for n in kept]]
    lines += [[Text(cut(row[n].plain, widths[n], dots), row[n].style) for n in kept] for row in rows]
    return [_line(cells, [columns[n].right for n in kept], [widths[n] for n in kept]) for cells in lines]


def _fit(columns: Sequence[Column], kept: list[int], widths: list[int], width: int) -> None:
    """Leave out what would not fit even beside the shortest names, then shorten the longest ones letter by letter."""
    least = [size if each.least is None else min(size, each.least) for each, size in zip(columns, widths, strict=True)]
    while _total(least, kept) > width and (spare := [n for n in kept if columns[n].spare]):
        kept.remove(spare[-1])
    while _total(widths, kept) > width and (over := [(widths[n], n) for n in kept if widths[n] > least[n]]):
        widths[max(over)[1]] -= 1


def _total(widths: Sequence[int], kept: Sequence[int]) -> int:
    return sum(widths[n] + 1 for n in kept) - 1


def _line(cells: Sequence[Text], right: Sequence[bool], widths: Sequence[int]) -> Text:
    """Put the cells of a row side by side."""
    line = Text(no_wrap=True, overflow="ignore")
    for number, (cell, at_right, width) in enumerate(zip(cells, right, widths, strict=True)):
        gap = " " * max(0, width - cell.cell_len)
        line.append(" " * bool(number) + gap * at_right)
        line.append_text(cell)
        line.append(gap * (not at_right and number < len(cells) - 1))
    return line
