"""IEEE 754 single precision as bits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ulpwise.data._format import MAX_COUNT, Array, Bits, Flags, Format, FormatError

_FINITE = 0x7F80_0000  # float32 codes of one sign below infinity


@dataclass(frozen=True)
class Float32(Format):
    """IEEE 754 single precision, compared bit by bit: NaN equals the same NaN, and -0.0 differs from 0.0.

    `specials` adds infinities and NaN to `random` and `corners`, which keep to finite values without it.
    """

    shape: tuple[int, ...] = ()
    specials: bool = False

    def __post_init__(self) -> None:
        self._check_declared()

    @property
    def element_bits(self) -> int:
        """Bits of one element: 32."""
        return 32

    @property
    def dtype(self) -> np.dtype[Any]:
        """The numpy type of values: float32."""
        return np.dtype(np.float32)

    @property
    def count(self) -> int | None:
        """None: 2**32 codes are too many to enumerate."""
        return None

    def validate(self, values: Array, name: str) -> None:
        """Raise a one-line FormatError that names field `name` and fault unless all are float32; NaN is a value."""
        self._check_shape(values, name)
        if values.dtype != np.float32:
            raise FormatError(f"{name}: expected float32, got {values.dtype}")

    def to_bits(self, values: Array) -> Bits:
        self.validate(values, "values")
        codes = np.ascontiguousarray(values, dtype="<f4").reshape(len(values), self.size)
        return np.unpackbits(codes.view(np.uint8), axis=1, bitorder="little")

    def from_bits(self, bits: Bits) -> Array:
        packed = np.packbits(self._checked(bits), axis=1, bitorder="little")
        return packed.view("<u4").astype(np.uint32).view(np.float32).reshape(len(bits), *self.shape)

    def random(self, rng: np.random.Generator, rows: int) -> Array:
        """Draw `rows` values, uniform over all finite codes, or over all 2**32 codes with `specials`."""
        shape = (rows, *self.shape)
        if self.specials:
            return rng.integers(0, 1 << 32, size=shape, dtype=np.uint32).view(np.float32)
        codes = rng.integers(0, 2 * _FINITE, size=shape, dtype=np.uint32)
        return np.where(codes < _FINITE, codes, codes - _FINITE + (1 << 31)).astype(np.uint32).view(np.float32)

    def enumerate_all(self) -> Array:
        """Raise FormatError: there are too many values."""
        raise FormatError(f"{self} has more than {MAX_COUNT} values: too many to enumerate")

    def _same(self, a: Array, b: Array) -> Flags:
        words = [np.ascontiguousarray(values, dtype=np.float32).view(np.uint32) for values in (a, b)]
        return np.asarray(words[0] == words[1], dtype=np.bool_)

    def _element_corners(self) -> Array:
        positive = [
            0x0000_0000,
            0x0000_0001,
            0x007F_FFFF,
            0x0080_0000,
            0x3F80_0000,
            0x3F80_0001,
            0x4B80_0000,
            0x7F7F_FFFF,
        ]
        positive += [0x7F80_0000, 0x7FC0_0000] if self.specials else []
        codes = [*positive, *(code + (1 << 31) for code in positive)]
        return np.array(codes, dtype=np.uint32).view(np.float32)

    def _show_element(self, value: Any) -> str:  # noqa: ANN401 (as its base)
        number = np.float32(value)
        return f"{number!s} (0x{int(number.view(np.uint32)):08x})"
