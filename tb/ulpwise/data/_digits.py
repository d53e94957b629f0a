"""Radix-2 signed digits on two rails."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ulpwise.data._format import Array, Bits, Flags, FormatError
from ulpwise.data._ranged import Ranged

ILLEGAL_DIGIT = 2  # what the digit code (1,1) decodes to; equal to no digit


@dataclass(frozen=True)
class SignedDigits(Ranged):
    """Radix-2 numbers of `n` signed digits, most significant first: sum of digit i (-1, 0, 1) times 2**(whole - 1 - i).

    The first `whole` digits stand before the point: 0 for a fraction, 1 for the sum of two fractions, and so on.

    Values are int8 arrays (rows, *shape, n). Digit i takes bit 2i (rail p) and bit 2i + 1 (rail n) of its element;
    the code (1,1) is illegal: `illegal` flags it and `from_bits` decodes it as 2, which equals no digit.
    """

    n: int
    shape: tuple[int, ...] = ()
    whole: int = 0

    def __post_init__(self) -> None:
        if self.n < 1:
            raise FormatError(f"SignedDigits has at least 1 digit, not {self.n}")
        if not 0 <= self.whole <= self.n:
            raise FormatError(f"SignedDigits has 0 to {self.n} digits before the point, not {self.whole}")
        self._check_declared()

    @property
    def low(self) -> int:
        """The least digit: -1."""
        return -1

    @property
    def high(self) -> int:
        """The greatest digit: 1."""
        return 1

    @property
    def element_bits(self) -> int:
        """Bits of one element: two a digit."""
        return 2 * self.n

    @property
    def array_shape(self) -> tuple[int, ...]:
        """The shape of one row of values: (*shape, n)."""
        return (*self.shape, self.n)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The numpy type of digits: int8."""
        return np.dtype(np.int8)

    def to_bits(self, values: Array) -> Bits:
        self.validate(values, "values")
        return np.stack([values > 0, values < 0], axis=-1).astype(np.uint8).reshape(len(values), self.width)

    def from_bits(self, bits: Bits) -> Array:
        """Decode bits (rows, width) to digits (rows, *shape, n), (1,1) as 2; FormatError on a wrong shape or dtype."""
        rails = self._checked(bits).reshape(len(bits), *self.array_shape, 2).astype(np.int8)
        p, n = rails[..., 0], rails[..., 1]
        return p - n + ILLEGAL_DIGIT * (p & n)

    def illegal(self, bits: Bits) -> Flags:
        """Flag the rows (rows,) of a bit matrix that hold the digit code (1,1)."""
        pairs = self._checked(bits)
        return np.asarray((pairs[:, 0::2] & pairs[:, 1::2]).any(axis=1), dtype=np.bool_)

    def _element_corners(self) -> Array:
        one_hot = np.eye(self.n, dtype=np.int8)
        signs = np.where(np.arange(self.n) % 2, -1, 1).astype(np.int8)
        rows = np.stack([0 * signs, abs(signs), -abs(signs), signs, -signs, *one_hot, *-one_hot])
        return rows[np.sort(np.unique(rows, axis=0, return_index=True)[1])]

    def _show_element(self, value: Any) -> str:  # noqa: ANN401 (as its base)
        return self._digits(value, np.zeros(self.n, np.bool_))

    def _mark(self, expected: Any, actual: Any) -> tuple[str, str]:  # noqa: ANN401 (as its base)
        """Put the digits that differ into brackets."""
        differ = np.asarray(expected) != np.asarray(actual)
        return self._digits(expected, differ), self._digits(actual, differ)

    def _digits(self, value: Any, marked: Flags) -> str:  # noqa: ANN401 (an array of the format, as for show)
        digits = [int(digit) for digit in value]
        p = sum((digit in {1, ILLEGAL_DIGIT}) << i for i, digit in enumerate(reversed(digits)))
        n = sum((digit in {-1, ILLEGAL_DIGIT}) << i for i, digit in enumerate(reversed(digits)))
        texts = ["!" if digit == ILLEGAL_DIGIT else str(digit) for digit in digits]
        text = " ".join(f"[{digit}]" if mark else digit for digit, mark in zip(texts, marked, strict=True))
        fraction = "! is the illegal code (1,1)" if ILLEGAL_DIGIT in digits else f"{p - n}/{1 << (self.n - self.whole)}"
        return f"{text} = 0x{p:x}/0x{n:x} ({fraction})"
