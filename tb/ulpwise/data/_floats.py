"""Floating point as bits: what all of it shares, IEEE 754 single and half precision."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ulpwise.data._format import MAX_COUNT, Array, Bits, Flags, Format, FormatError


class Float(Format):
    """A sign bit, an exponent and a fraction, as IEEE 754 orders them."""

    FRACTION: ClassVar[int]
    """Bits of the stored fraction."""
    EXPONENT: ClassVar[int]
    """Bits of the exponent."""
    specials: bool

    def __post_init__(self) -> None:
        self._check_declared()

    @property
    def element_bits(self) -> int:
        """Bits of one element."""
        return 1 + self.EXPONENT + self.FRACTION

    @property
    @abstractmethod
    def dtype(self) -> np.dtype[Any]:
        """The numpy type of values."""

    @property
    def count(self) -> int | None:
        """Codes that `random` draws; None when more than 2**20."""
        total = self._codes**self.size if self.size <= 20 else MAX_COUNT + 1
        return total if total <= MAX_COUNT else None

    @property
    def _code(self) -> np.dtype[Any]:
        """The unsigned integers that are as wide."""
        return np.dtype(f"u{self.element_bits // 8}")

    @property
    def _infinity(self) -> int:
        """The code of infinity: those below it are the finite numbers from 0.0 on."""
        return ((1 << self.EXPONENT) - 1) << self.FRACTION

    @property
    def _codes(self) -> int:
        """How many codes `random` draws an element from."""
        return 1 << self.element_bits if self.specials else 2 * self._infinity

    def validate(self, values: Array, name: str) -> None:
        """Raise a one-line FormatError that names field `name` and fault unless all are of dtype; NaN is a value."""
        self._check_shape(values, name)
        if values.dtype != self.dtype:
            raise FormatError(f"{name}: expected {self.dtype.name}, got {values.dtype}")

    def to_bits(self, values: Array) -> Bits:
        self.validate(values, "values")
        codes = np.ascontiguousarray(values).astype(self.dtype).view(self._code).reshape(len(values), self.size)
        return np.unpackbits(codes.astype(self._code.newbyteorder("<")).view(np.uint8), axis=1, bitorder="little")

    def from_bits(self, bits: Bits) -> Array:
        packed = np.packbits(self._checked(bits), axis=1, bitorder="little")
        codes = packed.view(self._code.newbyteorder("<")).astype(self._code)
        return codes.view(self.dtype).reshape(len(bits), *self.shape)

    def random(self, rng: np.random.Generator, rows: int) -> Array:
        """Draw `rows` values, uniform over all finite codes, or over all codes with `specials`."""
        kind: Any = self._code.type
        return self._numbers(rng.integers(0, self._codes, size=(rows, *self.shape), dtype=kind))

    def enumerate_all(self) -> Array:
        """Return every code that `random` draws once (count, *shape); FormatError when there are too many."""
        if self.count is None:
            raise FormatError(f"{self} has more than {MAX_COUNT} values: too many to enumerate")
        powers = self._codes ** np.arange(self.size, dtype=np.int64)
        places = np.arange(self.count, dtype=np.int64)[:, None] // powers % self._codes
        return self._numbers(places.astype(self._code)).reshape(self.count, *self.shape)

    def _numbers(self, places: Array) -> Array:
        """Return the numbers at these places among those that are drawn: finite ones from 0.0, then from -0.0."""
        if self.specials:
            return places.view(self.dtype)
        half, sign = self._infinity, 1 << (self.element_bits - 1)
        codes = np.where(places < half, places, places - self._code.type(half) + self._code.type(sign))
        return codes.astype(self._code).view(self.dtype)

    def _same(self, a: Array, b: Array) -> Flags:
        words = [np.ascontiguousarray(values, dtype=self.dtype).view(self._code) for values in (a, b)]
        return np.asarray(words[0] == words[1], dtype=np.bool_)

    def _element_corners(self) -> Array:
        least = 1 << self.FRACTION  # the least normal number
        bias = (1 << (self.EXPONENT - 1)) - 1
        one, all_integers = bias << self.FRACTION, (bias + self.FRACTION + 1) << self.FRACTION
        positive = [0, 1, least - 1, least, one, one + 1, all_integers, self._infinity - 1]
        positive += [self._infinity, self._infinity + least // 2] if self.specials else []
        codes = [*positive, *(code + (1 << (self.element_bits - 1)) for code in positive)]
        return np.array(codes, dtype=self._code).view(self.dtype)

    def _show_element(self, value: Any) -> str:  # noqa: ANN401 (as its base)
        number = np.asarray(value, self.dtype)
        return f"{number[()]!s} (0x{int(number.view(self._code)):0{self.element_bits // 4}x})"


@dataclass(frozen=True)
class Float32(Float):
    """IEEE 754 single precision, compared bit by bit: NaN equals the same NaN, and -0.0 differs from 0.0.

    `specials` adds infinities and NaN to `random` and `corners`, which keep to finite values without it.
    """

    FRACTION: ClassVar[int] = 23
    EXPONENT: ClassVar[int] = 8
    shape: tuple[int, ...] = ()
    specials: bool = False

    @property
    def dtype(self) -> np.dtype[Any]:
        """The numpy type of values: float32."""
        return np.dtype(np.float32)


@dataclass(frozen=True)
class Float16(Float):
    """IEEE 754 half precision, compared bit by bit; `specials` as of `Float32`."""

    FRACTION: ClassVar[int] = 10
    EXPONENT: ClassVar[int] = 5
    shape: tuple[int, ...] = ()
    specials: bool = False

    @property
    def dtype(self) -> np.dtype[Any]:
        """The numpy type of values: float16."""
        return np.dtype(np.float16)
