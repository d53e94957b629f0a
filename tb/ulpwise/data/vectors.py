"""The user's own transactions: `.npz` and `.csv` files, columns named after the fields of the input streams.

An `.npz` holds one array (rows, *array_shape) a field. A `.csv` has a header row; a vector spreads over columns `x[0]`,
`x[1]`, ..., a matrix over `x[0][1]`, row-major, and integers may be written in decimal or as 0x1f; fixed point is
written as the number, enumerations as the name. Row 0 is the first transaction. Whatever is wrong with a file is
refused in one line that names file, column, row and remedy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ulpwise.data import csv_files, npz
from ulpwise.data._coded import Coded
from ulpwise.data._format import place
from ulpwise.data._ranged import Ranged
from ulpwise.data.columns import VectorsError, check_names, check_rows, columns
from ulpwise.data.formats import Array, Batch, Format, FormatError
from ulpwise.system import atomic

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["VectorsError", "load", "save"]

_SUFFIXES = ".npz or .csv"
_TYPES = {"bfloat16": "ml_dtypes"}  # number types that are not numpy's own


def load(path: Path, fields: Mapping[str, Format], *, strict: bool = True) -> Batch:
    """Read transactions and check that each field is of its format.

    Args:
        path: An `.npz` (never unpickled) or `.csv` (UTF-8) file.
        fields: Format of each field of the input streams.
        strict: Refuse NaN, infinity and what is no value of its format, all of which a core can give.

    Returns:
        One array (rows, *array_shape) of the format's dtype a field, in the order of `fields`.

    Raises:
        VectorsError: The file is missing, unreadable, or holds anything but at least one row of every field.
    """
    suffix = path.suffix.lower()
    if suffix not in {".npz", ".csv"}:
        raise VectorsError(f"{path}: unknown extension '{path.suffix}'; use {_SUFFIXES}")
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise VectorsError(f"{path}: no such file; check the path") from None
    except OSError as error:
        raise VectorsError(f"{path}: cannot be read: {error.strerror}") from None
    try:
        batch = npz.parse(raw, fields) if suffix == ".npz" else _parse_csv(raw, fields)
        return _checked(batch, fields, strict=strict)
    except VectorsError as error:
        raise VectorsError(f"{path}: {error}") from None


def save(path: Path, batch: Batch, fields: Mapping[str, Format] | None = None) -> None:
    """Write transactions in the layout that `load` reads; the same data gives the same bytes.

    The file appears whole or not at all: it is written beside its place and then moved there.

    Args:
        path: An `.npz` or `.csv` file in a directory that exists.
        batch: Numeric arrays, one row a transaction.
        fields: Formats of those columns that a `.csv` has in their notation; all others are numbers.

    Raises:
        VectorsError: Unknown extension, no such directory, arrays that are not numeric or differ in rows, disk full.
    """
    suffix = path.suffix.lower()
    if suffix not in {".npz", ".csv"}:
        raise VectorsError(f"{path}: unknown extension '{path.suffix}'; use {_SUFFIXES}")
    if not path.parent.is_dir():
        raise VectorsError(f"{path}: no directory '{path.parent}'; create it first")
    if not batch:
        raise VectorsError(f"{path}: nothing to write: no columns")
    for name, array in batch.items():
        if not (array.dtype.kind in "biu" or _is_float(array)) or array.ndim == 0:
            raise VectorsError(f"{path}: column {name} is no array of numbers, but {array.dtype} {array.shape}")
    try:
        check_rows(batch)
    except VectorsError as error:
        raise VectorsError(f"{path}: {error}") from None
    _write(path, npz.dump(batch) if suffix == ".npz" else csv_files.dump(batch, fields or {}))


def _is_float(array: Array) -> bool:
    return array.dtype.kind == "f" or array.dtype.name == "bfloat16"


def _write(path: Path, data: bytes) -> None:
    """Put a file in its place in one step."""
    try:
        atomic.write_bytes(path, data)
    except OSError as error:
        raise VectorsError(f"{path}: cannot be written: {error.strerror}") from None


def _parse_csv(raw: bytes, fields: Mapping[str, Format]) -> Batch:
    """Read the columns of a table and gather them to fields."""
    table = csv_files.parse(raw)
    spreads = {name: columns(name, field.array_shape) for name, field in fields.items()}
    check_names(table, [column for spread in spreads.values() for column in spread])
    batch: Batch = {}
    for name, field in fields.items():
        if isinstance(field, Coded):
            arrays = [np.array(table[column], dtype=object) for column in spreads[name]]  # for `take` of the field
        elif isinstance(field, Ranged):
            arrays = [csv_files.integers(column, table[column], field) for column in spreads[name]]
        else:
            arrays = [csv_files.floats(column, table[column], field) for column in spreads[name]]
        batch[name] = np.stack(arrays, axis=1).reshape(len(arrays[0]), *field.array_shape)
    return batch


def _checked(batch: Batch, fields: Mapping[str, Format], *, strict: bool) -> Batch:
    """Refuse values that are not of their format, NaN and infinity among them; convert to the format's dtype."""
    for name, field in fields.items():
        try:
            array = batch[name] = field.take(batch[name], f"column {name}")
        except FormatError as error:
            raise VectorsError(str(error)) from None
        if not strict:
            continue
        if _is_float(array) and not np.isfinite(array).all():
            where = place(f"column {name}", np.argwhere(~np.isfinite(array))[0].tolist() if array.ndim else [0])
            raise VectorsError(f"{where}: NaN and infinity are refused; give finite numbers")
        try:
            field.validate(array, f"column {name}")
        except FormatError as error:
            wrong_dtype = str(error).endswith(f"got {array.dtype}")
            hint = (
                f"; convert it with .astype({_TYPES.get(field.dtype.name, 'numpy')}.{field.dtype.name})"
                if wrong_dtype
                else ""
            )
            raise VectorsError(f"{error}{hint}") from None
    check_rows(batch)
    if not all(len(array) for array in batch.values()):
        raise VectorsError("no rows; give at least one transaction")
    return {name: batch[name].astype(field.dtype) for name, field in fields.items()}
