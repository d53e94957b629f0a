"""What every number format offers, and what the formats over a range of integers share."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Array: TypeAlias = NDArray[Any]
Bits: TypeAlias = NDArray[np.uint8]
Flags: TypeAlias = NDArray[np.bool_]
Batch: TypeAlias = dict[str, Array]

MAX_COUNT = 1 << 20  # a space of more values than this is not enumerated
SHOWN = 8  # elements of a vector that a report prints


class FormatError(ValueError):
    """A value, array or bit matrix that is not of its format; the message is one line."""


def place(name: str, index: Sequence[int]) -> str:
    """Return where in the array of a field something is wrong, the row first in the index: `x[1][0], row 7`."""
    row = f", row {index[0]}" if index else ""
    return name + "".join(f"[{i}]" for i in index[1:]) + row


def convert(given: Array, function: Callable[[Any], Any], name: str) -> Array:
    """Apply a function to each element and return an array of objects; its FormatError gets the place in front."""
    found = np.empty(given.shape, dtype=object)
    for index, element in np.ndenumerate(given):
        try:
            found[index] = function(element)
        except FormatError as fault:
            raise FormatError(f"{place(name, index)}: {fault}") from None
    return found


@dataclass(frozen=True)
class Differences:
    """Where two rows of one format differ.

    Attributes:
        elements: Elements of a row.
        count: How many of them differ.
        shown: The first of these, each as its index (such as `[2][5]`, nothing for a single number) and the two values.
    """

    elements: int
    count: int
    shown: tuple[tuple[str, str, str], ...]

    def to_json(self) -> dict[str, Any]:
        """Return the fields as numbers and lists of texts."""
        return {"elements": self.elements, "count": self.count, "shown": [list(element) for element in self.shown]}


class Format(ABC):
    """A number format: how one field of a transaction is held in numpy and on the wires.

    Values are arrays (rows, *array_shape) of `dtype`; bits are uint8 matrices (rows, width) of 0 and 1, least
    significant bit first, element 0 (row-major) in the lowest bits.
    """

    shape: tuple[int, ...]

    @property
    @abstractmethod
    def element_bits(self) -> int:
        """Bits of one element."""

    @property
    @abstractmethod
    def dtype(self) -> np.dtype[Any]:
        """The numpy type of the values that this format makes."""

    @property
    @abstractmethod
    def count(self) -> int | None:
        """How many distinct values a transaction can have; None when more than 2**20."""

    @property
    def size(self) -> int:
        """Elements in a transaction."""
        return math.prod(self.shape)

    @property
    def width(self) -> int:
        """Bits in a transaction."""
        return self.size * self.element_bits

    @property
    def array_shape(self) -> tuple[int, ...]:
        """The shape of one row of values."""
        return self.shape

    @abstractmethod
    def to_bits(self, values: Array) -> Bits:
        """Encode values (rows, *array_shape) as bits (rows, width); FormatError when `validate` refuses them."""

    @abstractmethod
    def from_bits(self, bits: Bits) -> Array:
        """Decode bits (rows, width) to values (rows, *array_shape); FormatError when the shape or dtype is wrong."""

    @abstractmethod
    def validate(self, values: Array, name: str) -> None:
        """Raise a one-line FormatError that names field `name`, row and fault unless all values are of this format."""

    def take(self, given: Array, name: str) -> Array:
        """Turn what people give in another notation, such as names, into values; the rest is left to `validate`.

        FormatError, one line that names field `name` and row, where the notation is wrong.
        """
        del name
        return given

    def cast(self, given: Array) -> Array:
        """Convert numbers to `dtype`, rounded once where it cannot hold them."""
        return given.astype(self.dtype)

    @abstractmethod
    def random(self, rng: np.random.Generator, rows: int) -> Array:
        """Draw `rows` values, uniform over the format."""

    @abstractmethod
    def enumerate_all(self) -> Array:
        """Return every value once (count, *array_shape); FormatError when `count` is None."""

    @abstractmethod
    def _element_corners(self) -> Array:
        """Return the extreme values of one element, zero first."""

    @abstractmethod
    def _show_element(self, value: Any) -> str:  # noqa: ANN401 (a numpy scalar of dtype, or digits)
        """Print one element in the notation of the format, hex and decimal."""

    def illegal(self, bits: Bits) -> Flags:
        """Flag the rows (rows,) of a bit matrix that hold a code which stands for no value."""
        return np.zeros(len(self._checked(bits)), dtype=np.bool_)

    def equal(self, a: Array, b: Array) -> Flags:
        """Compare two arrays of values row by row; FormatError when their shapes differ. Returns (rows,)."""
        if a.shape != b.shape:
            raise FormatError(f"cannot compare arrays of shapes {a.shape} and {b.shape}")
        return np.asarray(self._same(a, b).all(axis=tuple(range(1, a.ndim))), dtype=np.bool_)

    def corners(self) -> Array:
        """Return a handful of extreme rows: each corner in all elements, then each in one, the rest the first."""
        corners = self._element_corners()
        inner = corners.shape[1:]
        everywhere = np.broadcast_to(corners[:, None], (len(corners), self.size, *inner))
        others = len(corners) - 1
        row = np.arange(max(self.size, others) if self.shape and others else 0)
        singles = np.repeat(everywhere[:1], len(row), axis=0)
        singles[row, row % self.size] = corners[1 + row % max(others, 1)]
        rows = np.concatenate([everywhere, singles])
        return rows.reshape(len(rows), *self.array_shape)

    def show(self, row_value: Any) -> str:  # noqa: ANN401 (an array, or the scalar of one row)
        """Print one row for a report; of a vector the first 8 elements and the count."""
        inner = self.array_shape[len(self.shape) :]
        elements = np.asarray(row_value).reshape(self.size, *inner)
        shown = [self._show_element(element) for element in elements[:SHOWN]]
        if not self.shape:
            return shown[0]
        return f"[{', '.join(shown)}{', ...' if self.size > SHOWN else ''}] ({self.size} elements)"

    def differences(self, expected: Any, actual: Any) -> Differences:  # noqa: ANN401 (as for show)
        """Print the elements of two rows that differ, the first 8 of them; what differs within an element is marked."""
        inner = self.array_shape[len(self.shape) :]
        rows = [np.asarray(row, self.dtype).reshape(self.size, *inner) for row in (expected, actual)]
        differ = np.flatnonzero(~self.equal(*rows)).tolist()
        shown = []
        for at in differ[:SHOWN]:
            index = "".join(f"[{part}]" for part in np.unravel_index(at, self.shape)) if self.shape else ""
            shown.append((index, *self._mark(rows[0][at], rows[1][at])))
        return Differences(self.size, len(differ), tuple(shown))

    def _mark(self, expected: Any, actual: Any) -> tuple[str, str]:  # noqa: ANN401 (as for show)
        """Print two elements that differ; a format of several digits an element marks those that do."""
        return self._show_element(expected), self._show_element(actual)

    def _same(self, a: Array, b: Array) -> Flags:
        """Compare element by element."""
        return np.asarray(a == b, dtype=np.bool_)

    def _checked(self, bits: Bits) -> Bits:
        """Refuse what is not a bit matrix of this width."""
        if bits.ndim != 2 or bits.shape[1] != self.width or bits.dtype != np.uint8:
            raise FormatError(f"expected uint8 bits (rows, {self.width}), got {bits.dtype} {bits.shape}")
        return bits

    def _check_shape(self, values: Array, name: str) -> None:
        """Refuse an array whose rows have another shape."""
        if values.ndim == 0:
            raise FormatError(f"{name}: expected one row a transaction, got a single value")
        if values.shape[1:] != self.array_shape:
            raise FormatError(f"{name}: expected rows of shape {self.array_shape}, got {values.shape[1:]}")

    def _check_declared(self) -> None:
        """Refuse a format whose shape has a dimension below 1."""
        if not isinstance(self.shape, tuple) or any(size < 1 for size in self.shape):
            raise FormatError(f"shape must be a tuple of sizes of at least 1, got {self.shape!r}")
