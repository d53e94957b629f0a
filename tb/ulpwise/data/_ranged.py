"""What the formats whose array elements are a range of integers share."""

from __future__ import annotations

import math

import numpy as np

from ulpwise.data._format import MAX_COUNT, Array, Format, FormatError, place


class Ranged(Format):
    """A format whose array elements are the integers low .. high."""

    @property
    def low(self) -> int:
        """The least value of an array element."""
        raise NotImplementedError

    @property
    def high(self) -> int:
        """The greatest value of an array element."""
        raise NotImplementedError

    @property
    def _choices(self) -> int:
        """How many values an array element can have."""
        return self.high - self.low + 1

    def _choice(self, places: Array) -> Array:
        """Return the values of array elements at these places, 0 to `_choices` - 1, in ascending order."""
        return places + self.low

    @property
    def count(self) -> int | None:
        elements = math.prod(self.array_shape)
        if elements > 20:  # an element has at least two values
            return None
        total = self._choices**elements
        return total if total <= MAX_COUNT else None

    def validate(self, values: Array, name: str) -> None:
        self._check_shape(values, name)
        if values.dtype.kind not in "biu":
            raise FormatError(f"{name}: expected integers, got {values.dtype}")
        if not values.size or (int(values.min()) >= self.low and int(values.max()) <= self.high):
            return
        index = tuple(np.argwhere((values < self.low) | (values > self.high))[0].tolist())
        raise FormatError(f"{place(name, index)}: {values[index]} is out of range {self.low}..{self.high}")

    def random(self, rng: np.random.Generator, rows: int) -> Array:
        return rng.integers(self.low, self.high, size=(rows, *self.array_shape), dtype=self.dtype.type, endpoint=True)

    def enumerate_all(self) -> Array:
        if self.count is None:
            raise FormatError(f"{self} has more than {MAX_COUNT} values: too many to enumerate")
        powers = self._choices ** np.arange(math.prod(self.array_shape), dtype=np.int64)
        places = np.arange(self.count, dtype=np.int64)[:, None] // powers % self._choices
        return self._choice(places).astype(self.dtype).reshape(self.count, *self.array_shape)
