"""Tables of transactions as CSV text: a header row, one row a transaction, a column for each element."""

from __future__ import annotations

import csv
import io
import itertools
from typing import TYPE_CHECKING

import numpy as np

from ulpwise.data._coded import Coded
from ulpwise.data.columns import VectorsError, columns

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ulpwise.data._ranged import Ranged
    from ulpwise.data.formats import Array, Batch, Format


def parse(raw: bytes) -> dict[str, tuple[str, ...]]:
    """Split a table into its columns; VectorsError when it is no text, has no header or a ragged row."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise VectorsError(f"byte {error.start} is not UTF-8; save the table as UTF-8") from None
    try:
        lines = [row for row in csv.reader(io.StringIO(text, newline="")) if row]
    except csv.Error as error:
        raise VectorsError(f"not a readable table ({error}); separate cells by commas") from None
    if not lines:
        raise VectorsError("no header row; name the columns in the first line")
    header = [cell.strip() for cell in lines[0]]
    for i, name in enumerate(header):
        if name in header[:i]:
            raise VectorsError(f"column {name!r} occurs twice; name each column once")
    for row, cells in enumerate(lines[1:]):
        if len(cells) != len(header):
            raise VectorsError(f"row {row} has {len(cells)} cells and the header {len(header)}; give one a column")
    table = zip(*lines[1:], strict=True) if len(lines) > 1 else [()] * len(header)
    return dict(zip(header, table, strict=True))


def integers(column: str, cells: tuple[str, ...], field: Ranged) -> Array:
    """Convert cells to int64 or uint64, as the field has it; VectorsError names the first bad cell."""
    try:
        numbers = [int(cell, 0) for cell in cells]
    except ValueError:
        row = next(row for row, cell in enumerate(cells) if not _is_integer(cell))
        fault = f"{cells[row][:40]!r} is no integer; write it like -12 or 0x1f"
        raise VectorsError(f"column {column}, row {row}: {fault}") from None
    try:
        return np.array(numbers, dtype=np.uint64 if field.dtype == np.uint64 else np.int64)
    except OverflowError:
        row = next(row for row, number in enumerate(numbers) if not field.low <= number <= field.high)
        fault = f"{cells[row][:40]} is out of range {field.low}..{field.high}"
        raise VectorsError(f"column {column}, row {row}: {fault}") from None


def floats(column: str, cells: tuple[str, ...], field: Format) -> Array:
    """Convert cells to the field's floats; VectorsError names the first that is no number or too large."""
    try:
        numbers = np.array([float(cell) for cell in cells], dtype=np.float64)
    except ValueError:
        row = next(row for row, cell in enumerate(cells) if not _is_float(cell))
        raise VectorsError(
            f"column {column}, row {row}: {cells[row][:40]!r} is no number; write it like -1.5e-3"
        ) from None
    with np.errstate(over="ignore"):
        rounded = field.cast(numbers)
    over = np.isfinite(numbers) & ~np.isfinite(rounded)
    if over.any():
        row = int(over.argmax())
        raise VectorsError(f"column {column}, row {row}: {cells[row][:40]} is out of the range of {field.dtype.name}")
    return rounded


def dump(batch: Batch, fields: Mapping[str, Format]) -> bytes:
    """Write a batch as a table; floats in the shortest form that reads back the same bits, codes as their fields do."""
    names = [column for name, array in batch.items() for column in columns(name, array.shape[1:])]
    cells = [_texts(array, fields.get(name)) for name, array in batch.items()]
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([*itertools.chain(*parts)] for parts in zip(*cells, strict=True))
    return out.getvalue().encode()


def _texts(array: Array, field: Format | None) -> list[list[str]]:
    """Print every element of a batch column, row by row."""
    if isinstance(field, Coded):
        array = field.texts(array)
    elif array.dtype.name == "bfloat16":
        array = np.array([str(value) for value in array.ravel()], dtype=np.str_).reshape(array.shape)
    flat = array.reshape(len(array), int(np.prod(array.shape[1:], dtype=np.int64)))
    if array.dtype.kind == "b":
        flat = flat.astype(np.uint8)
    texts: list[list[str]] = flat.astype(str).tolist()
    return texts


def _is_integer(cell: str) -> bool:
    try:
        int(cell, 0)
    except ValueError:
        return False
    return True


def _is_float(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
