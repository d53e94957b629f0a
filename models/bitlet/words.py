"""Words of 32 bits on the ports of the Bitlet cores: float32, or fixed point as {sign, 7 zeros, magnitude}."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[np.int64]
Flags: TypeAlias = NDArray[np.bool_]
BITS = 24  # of a significand, and most of a fixed-point magnitude


@dataclass(frozen=True)
class Parts:
    """Words taken apart; all arrays have the shape of the words.

    Attributes:
        minus: The sign.
        exponent: Biased by 127, 1 for subnormal numbers and zero; 1 for fixed point.
        magnitude: Significand of 24 bits with its hidden one, or magnitude of a fixed-point word.
        infinite: Float32 infinity.
        nan: Float32 NaN.
    """

    minus: Flags
    exponent: Ints
    magnitude: Ints
    infinite: Flags
    nan: Flags


def split(words: NDArray[Any], width: NDArray[Any]) -> Parts:
    """Take words apart.

    Args:
        words: Unsigned integers below 2**32, any shape.
        width: 0 for float32, 1 to 24 for fixed point; must broadcast to that shape.
    """
    code = np.asarray(words, np.int64)
    fixed = np.broadcast_to(np.asarray(width) != 0, code.shape)
    field, fraction = (code >> 23) & 255, code & 0x7F_FFFF
    hidden = np.where(field != 0, 1 << 23, 0)
    special = ~fixed & (field == 255)
    return Parts(
        minus=(code >> 31) != 0,
        exponent=np.where(fixed, 1, np.maximum(field, 1)),
        magnitude=np.where(fixed, code & 0xFF_FFFF, fraction | hidden),
        infinite=special & (fraction == 0),
        nan=special & (fraction != 0),
    )


def fixed_words(values: NDArray[Any]) -> Ints:
    """Write integers between -(2**24 - 1) and 2**24 - 1 as fixed-point words.

    Raises:
        ValueError: A value does not fit.
    """
    numbers = np.asarray(values, np.int64)
    if (np.abs(numbers) >> BITS).any():
        raise ValueError(f"a fixed-point magnitude has {BITS} bits; {np.abs(numbers).max()} does not fit")
    return np.asarray(np.abs(numbers) + np.where(numbers < 0, 1 << 31, 0), np.int64)


def float_words(values: NDArray[np.float32]) -> Ints:
    """Read float32 numbers as words."""
    return np.ascontiguousarray(values, np.float32).view(np.uint32).astype(np.int64)
