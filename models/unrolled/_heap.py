# SPDX-License-Identifier: Apache-2.0
"""The sum of a node as a heap of bits, one column a power of two, as the core builds it: which counters go where.

Columns are summed from the lowest on. In each, counters take the oldest bits that are left, put their sum bit at the
end of the same column, and their carries at the end of the next one and, of counters of more than three, the one after.
A bit of the node's constant rides along as a counter's seventh input where it can.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Style:
    """How a node is built."""

    counter: int
    """Bits that the largest counter takes: 6 for look-up tables of six inputs, 3 (full adders) for those of four."""
    rows: int
    """Bits a column at which the counters stop: 1, or 2, for which a carry chain adds the two rows that are left."""


STYLES = {"lut6": Style(6, 1), "lut4": Style(3, 1), "carry": Style(6, 2)}


def take(bits: int, one: bool, style: Style) -> tuple[int, bool, int]:
    """Chooses the next counter of a column.

    Args:
        bits: bits in the column.
        one: whether a constant 1 is left there as well.
        style: how the node is built.

    Returns:
        Bits that it takes, whether it takes the constant, and bits that it gives; 0, False, 0 when the column is done.
    """
    if bits + one <= style.rows or bits == 0:
        return 0, False, 0
    count = min(bits, style.counter)
    if style.counter == 6 and bits == 7 and style.rows == 1:
        count = 5
    if style.rows == 2 and bits == 4 and not one:
        count = 3
    if count == 3 and (style.counter == 3 or style.rows == 2 or not one):
        return 3, False, 2
    return count, one, 2 if count + one <= 3 else 3


def counters(heights: Sequence[int], constant: int, style: Style) -> Iterator[tuple[int, int, bool, int]]:
    """Lists the counters of a node in the order in which they are built.

    Args:
        heights: bits in each column.
        constant: the node's constant.
        style: how the node is built.

    Yields:
        A column, the bits taken there, whether the constant is one of them, and how many bits come out.
    """
    columns = [*heights, 0, 0]
    for column in range(len(heights)):
        one = bool(constant >> column & 1)
        while True:
            count, uses, given = take(columns[column], one, style)
            if not count:
                break
            columns[column] += 1 - count
            columns[column + 1] += 1
            columns[column + 2] += given == 3
            one = one and not uses
            yield column, count, uses, given
