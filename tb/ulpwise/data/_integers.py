"""Unsigned and two's complement integers of 1 to 64 bits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ulpwise.data._format import Array, Bits, FormatError
from ulpwise.data._ranged import Ranged


class Integer(Ranged):
    """An integer of 1 to 64 bits an element."""

    bits: int

    def __post_init__(self) -> None:
        if self.bits not in range(1, 65):
            raise FormatError(f"{type(self).__name__} has 1 to 64 bits, not {self.bits!r}")
        self._check_declared()

    @property
    def signed(self) -> bool:
        """Whether an element is two's complement."""
        return False

    @property
    def low(self) -> int:
        """The least value: 0, or -2**(bits - 1) of a signed one."""
        return -(1 << (self.bits - 1)) if self.signed else 0

    @property
    def high(self) -> int:
        """The greatest value: 2**bits - 1, or 2**(bits - 1) - 1 of a signed one."""
        return self.low + (1 << self.bits) - 1

    @property
    def element_bits(self) -> int:
        return self.bits

    @property
    def dtype(self) -> np.dtype[Any]:
        """int64, so that sums and products in golden models do not wrap; uint64 when int64 cannot hold the range."""
        return np.dtype(np.int64 if self.high < 1 << 63 else np.uint64)

    @property
    def _bytes(self) -> int:
        """Bytes of the smallest machine word that holds an element."""
        return next(size for size in (1, 2, 4, 8) if 8 * size >= self.bits)

    def to_bits(self, values: Array) -> Bits:
        self.validate(values, "values")
        codes = np.ascontiguousarray(values).astype(f"<u{self._bytes}").reshape(len(values) * self.size, 1)
        bits = np.unpackbits(codes.view(np.uint8), axis=1, count=self.bits, bitorder="little")
        return bits.reshape(len(values), self.width)

    def from_bits(self, bits: Bits) -> Array:
        elements = len(self._checked(bits)) * self.size
        packed = np.packbits(bits.reshape(elements, self.bits), axis=1, bitorder="little")
        codes = np.zeros((elements, self._bytes), dtype=np.uint8)
        codes[:, : packed.shape[1]] = packed
        kind = "i" if self.signed else "u"
        unused = 8 * self._bytes - self.bits  # shifted up and down again, which copies the sign bit
        words = (codes.view(f"<u{self._bytes}") << unused).view(f"<{kind}{self._bytes}") >> unused
        return words.astype(self.dtype).reshape(len(bits), *self.shape)

    def _element_corners(self) -> Array:
        mask = (1 << self.bits) - 1
        alternating = (0x5555_5555_5555_5555 & mask, 0xAAAA_AAAA_AAAA_AAAA & mask)
        wrap = (lambda code: code if code <= self.high else code - mask - 1) if self.signed else int
        codes = [wrap(code) for code in (*alternating, mask, *(1 << i for i in range(self.bits)))]
        return np.array(list(dict.fromkeys([0, self.low, self.high, *codes])), dtype=self.dtype)

    def _show_element(self, value: Any) -> str:  # noqa: ANN401 (as its base)
        return f"{self._hex(int(value))} ({int(value)})"

    def _hex(self, value: int) -> str:
        """Print the bits of an element."""
        return f"0x{value & ((1 << self.bits) - 1):0{-(-self.bits // 4)}x}"


@dataclass(frozen=True)
class Unsigned(Integer):
    """Unsigned integers of 1 to 64 bits; values are int64, or uint64 when bits is 64."""

    bits: int
    shape: tuple[int, ...] = ()


@dataclass(frozen=True)
class Signed(Integer):
    """Two's complement integers of 1 to 64 bits; values are int64."""

    bits: int
    shape: tuple[int, ...] = ()

    @property
    def signed(self) -> bool:
        """Whether an element is two's complement: it is."""
        return True
