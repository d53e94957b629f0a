"""Numbers as the accelerators see them: sign-magnitude integers of 1 to 24 bits, or the parts of float32."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.bitlet.words import BITS

Magnitudes: TypeAlias = NDArray[np.uint32]
SIGMAS = 4  # full scale of the synthetic activations


@dataclass(frozen=True)
class FloatParts:
    """float32 numbers taken apart, as `words.split` does; both arrays have the shape of the numbers.

    Attributes:
        significand: 24 bits with the hidden one, 0 for zero.
        exponent: Biased by 127, 1 for subnormal numbers and zero.
    """

    significand: Magnitudes
    exponent: NDArray[np.int32]


def magnitudes(values: NDArray[Any], bits: int, peak: float) -> Magnitudes:
    """Quantise linearly and symmetrically, with one scale for the whole tensor: |q| = round(|v| (2**bits - 1) / peak).

    The sign travels beside the magnitude and costs no cycle in any of the accelerators; it is dropped here. Integers
    are taken as they are. Ties go to the even neighbour.

    Args:
        values: Finite floats, or integers of magnitude below 2**bits; any shape.
        bits: Of a magnitude, 1 to 24; an int8 network has 7 of them, or 8 if it uses -128.
        peak: The greatest |v| of the tensor; ignored for integers.

    Returns:
        uint32, the shape of `values`, 0 to 2**bits - 1.

    Raises:
        ValueError: `bits` is out of range, or an integer does not fit.
    """
    if not 1 <= bits <= BITS:
        raise ValueError(f"a magnitude has 1 to {BITS} bits, not {bits}")
    top = (1 << bits) - 1
    if values.dtype.kind in "iu":
        if largest(values) > top:
            raise ValueError(f"{largest(values)} does not fit {bits} bits")
        return np.abs(values.astype(np.int32)).astype(np.uint32)
    share = np.abs(values.astype(np.float64)) / (peak or 1.0)  # so that no scale overflows
    return np.rint(share * top).astype(np.uint32)


def largest(values: NDArray[Any]) -> float:
    """Return the greatest magnitude as a Python number, an int for integers (exact, also for -2**63)."""
    if values.dtype.kind in "iu":
        return max(abs(int(values.max())), abs(int(values.min())))
    return max(abs(float(values.max())), abs(float(values.min())))


def float_parts(values: NDArray[Any]) -> FloatParts:
    """Take finite numbers apart after rounding them to float32."""
    code = np.ascontiguousarray(values, np.float32).view(np.uint32)
    field = ((code >> 23) & 255).astype(np.int32)
    significand = (code & 0x7F_FFFF) | ((field != 0).astype(np.uint32) << 23)
    return FloatParts(significand, np.maximum(field, 1))


def synthetic(windows: int, start: int, stop: int, bits: int | None, seed: int = 1) -> NDArray[Any]:
    """Draw stand-ins for activations where none are given: a standard normal variable behind a ReLU.

    Half of them are zero, the others half-normal. Fixed point clips them at 4 sigma, which is full scale; so a few in a
    thousand have the topmost bit. The draw depends on the seed and on `start` alone.

    Args:
        windows: Rows.
        start: First column.
        stop: Column behind the last.
        bits: Of a magnitude; None for float32.
        seed: Of the generator.

    Returns:
        uint32 magnitudes or float32 numbers, (windows, stop - start).
    """
    values = np.random.default_rng([seed, start]).standard_normal((windows, stop - start), np.float32)
    np.maximum(values, 0, out=values)
    if bits is None:
        return values
    return magnitudes(np.minimum(values, SIGMAS), bits, SIGMAS)
