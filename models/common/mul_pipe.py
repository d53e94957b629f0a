"""Golden model of rtl/common/mul_pipe.v."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[Any]


def mul(a: Integers, b: Integers) -> Integers:
    """Multiply integers whose products have up to 64 bits.

    Args:
        a: Integers.
        b: Integers of the same shape.

    Returns:
        The products: int64 where one is negative or all fit, else uint64.

    Raises:
        ValueError: The shapes differ, or a product is beyond both types.
    """
    if a.shape != b.shape:
        raise ValueError(f"a and b must have one shape, not {a.shape} and {b.shape}")
    exact = a.astype(object) * b.astype(object)
    least, most = min(exact.flat, default=0), max(exact.flat, default=0)
    if least < -(1 << 63) or most >= 1 << (63 if least < 0 else 64):
        raise ValueError(f"products from {least} to {most} do not fit 64 bits")
    products: Integers = exact.astype(np.int64 if most < 1 << 63 else np.uint64)
    return products
