"""Columns of the user's transactions: their names and numbers of rows, and the error that refuses them."""

from __future__ import annotations

import itertools
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from ulpwise.data.formats import Batch


class VectorsError(ValueError):
    """Transactions that cannot be used, or a file that cannot be written; the message is one line."""


def columns(name: str, array_shape: tuple[int, ...]) -> list[str]:
    """Name the columns of a field: x, or x[0], x[1], ..., or x[0][0], x[0][1], ... in row-major order."""
    indices = itertools.product(*map(range, array_shape))
    return [name + "".join(f"[{i}]" for i in index) for index in indices]


def check_names(found: Collection[str], wanted: Collection[str]) -> None:
    """Refuse a column that is no field, and a field that has no column."""
    for name in found:
        if name not in wanted:
            close = get_close_matches(name, wanted, n=1)
            hint = f"did you mean '{close[0]}'?" if close else f"the columns are {', '.join(wanted)}"
            raise VectorsError(f"unknown column {name!r}; {hint}")
    for name in wanted:
        if name not in found:
            raise VectorsError(f"column {name!r} is missing; the columns are {', '.join(wanted)}")


def check_rows(batch: Batch) -> None:
    """Refuse columns that differ in their number of rows."""
    first = next(iter(batch), "")
    for name, array in batch.items():
        if len(array) != len(batch[first]):
            rows = f"{len(array)} rows and {first} {len(batch[first])}"
            raise VectorsError(f"column {name} has {rows}; give each one row a transaction")
