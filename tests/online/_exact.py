"""Numbers of any size in the cover points of long operands, for which 64 bits do not do."""

from __future__ import annotations

import numpy as np

from ulpwise import Array


def read(digits: Array, bits: int) -> Array:
    """Read digits as integers, the last one of weight 1; a digit that does not exist makes a wrong number.

    Args:
        digits: int8 (..., n).
        bits: What is done with the numbers takes so many bits, without the sign.

    Returns:
        int64 (...,), or Python integers where that is not enough.
    """
    kind = np.dtype(np.int64 if bits < 63 else object)
    weights = np.array([1 << i for i in reversed(range(digits.shape[-1]))], kind)
    return digits.astype(kind) @ weights


def small(numbers: Array) -> Array:
    """Return numbers, or truth values, that are known to fit as int64."""
    return numbers.astype(np.int64)


def sign(numbers: Array) -> Array:
    """Return the signs of numbers of any size, int64."""
    return small(numbers > 0) - small(numbers < 0)
