"""Golden model of rtl/common/saturate.v."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def ends(bits: int, *, positive: bool = False) -> tuple[int, int]:
    """Return the least and the greatest number of so many bits.

    Args:
        bits: 1 to 63.
        positive: Unsigned, not two's complement.
    """
    return (0, (1 << bits) - 1) if positive else (-(1 << bits - 1), (1 << bits - 1) - 1)


def saturate(x: NDArray[np.int64], bits: int, *, positive: bool = False) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Clip integers to the range of so many bits.

    Args:
        x: Integers of any shape.
        bits: 1 to 63.
        positive: The range is unsigned, not two's complement.

    Returns:
        The clipped integers, and which of them are not what they were.

    Raises:
        ValueError: There are no such bits.
    """
    if not 1 <= bits <= 63:
        raise ValueError(f"bits must be 1 to 63, not {bits}")
    y = np.clip(x, *ends(bits, positive=positive))
    return y, y != x
