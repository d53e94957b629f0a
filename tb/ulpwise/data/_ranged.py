"""What the formats whose array elements are a range of integers share."""

from __future__ import annotations

import math

import numpy as np

from ulpwise.data._format import MAX_COUNT, Array, Format, FormatError


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
    def count(self) -> int | None:
        elements = math.prod(self.array_shape)
        if elements > 20:  # an element has at least two values
            return None
        total = (self.high - self.low + 1) ** elements
        return total if total <= MAX_COUNT else None

    def validate(self, values: Array, name: str) -> None:
        self._check_shape(values, name)
        if values.dtype.kind not in "biu":
            raise FormatError(f"{name}: expected integers, got {values.dtype}")
        if not values.size or (int(values.min()) >= self.low and int(values.max()) <= self.high):
            return
        row, *index = np.argwhere((values < self.low) | (values > self.high))[0].tolist()
        where = name + "".join(f"[{i}]" for i in index)
        raise FormatError(f"{where}, row {row}: {values[row, *index]} is out of range {self.low}..{self.high}")

    def random(self, rng: np.random.Generator, rows: int) -> Array:
        return rng.integers(self.low, self.high, size=(rows, *self.array_shape), dtype=self.dtype.type, endpoint=True)

    def enumerate_all(self) -> Array:
        if self.count is None:
            raise FormatError(f"{self} has more than {MAX_COUNT} values: too many to enumerate")
        base = self.high - self.low + 1
        powers = base ** np.arange(math.prod(self.array_shape), dtype=np.int64)
        codes = np.arange(self.count, dtype=np.int64)[:, None] // powers % base + self.low
        return codes.astype(self.dtype).reshape(self.count, *self.array_shape)
