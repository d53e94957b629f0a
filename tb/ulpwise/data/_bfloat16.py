"""bfloat16, which numpy knows by the package ml_dtypes only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ulpwise.data._floats import Float
from ulpwise.data._format import Array


@dataclass(frozen=True)
class BFloat16(Float):
    """The upper half of IEEE 754 single precision, compared bit by bit; `specials` as of `Float32`."""

    FRACTION: ClassVar[int] = 7
    EXPONENT: ClassVar[int] = 8
    shape: tuple[int, ...] = ()
    specials: bool = False

    @property
    def dtype(self) -> np.dtype[Any]:
        """The numpy type of values: ml_dtypes.bfloat16."""
        import ml_dtypes  # noqa: PLC0415 (only who has such a field waits for it)

        found: np.dtype[Any] = np.dtype(ml_dtypes.bfloat16)
        return found

    def take(self, given: Array, name: str) -> Array:
        """Take float32 that are bfloat16 as such, and the two bytes a number that numpy makes of them in archives."""
        del name
        if given.dtype == np.dtype("V2"):
            return given.view(self.dtype)
        if given.dtype == np.float32 and given.ndim:
            codes = np.ascontiguousarray(given, np.float32).view(np.uint32)
            if not (codes & 0xFFFF).any():
                return (codes >> 16).astype(np.uint16).view(self.dtype)
        return given

    def cast(self, given: Array) -> Array:
        """Round once: ml_dtypes goes from float64 over float32, and so rounds twice."""
        if given.dtype in {self.dtype, np.dtype(np.float32), np.dtype(np.float16)}:
            return given.astype(self.dtype)
        wide = given.astype(np.float64)
        with np.errstate(over="ignore"):
            near = wide.astype(np.float32)
        even = (near.view(np.uint32) & 1 == 0) & (near.astype(np.float64) != wide) & ~np.isnan(wide)
        beyond = np.nextafter(near, np.where(near < wide, np.inf, -np.inf).astype(np.float32))
        return np.where(even, beyond, near).astype(np.float32).astype(self.dtype)
