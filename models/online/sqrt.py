"""Golden model of rtl/online/online_sqrt.v."""

from __future__ import annotations

import numpy as np

from models.online.digits import Digits, check_digits, integer_type
from models.online.div import DELTA, select


def sqrt(x: Digits, digits: int) -> Digits:
    """Take the square root of frames digit by digit, as the radix-2 online algorithm of delay 4 does.

        v[j] = 2 w[j] + x_{j+5} 2^-4,   S[j] = s_1 2^-1 + ... + s_j 2^-j
        w[j+1] = v[j] - s_{j+1} (2 S[j] + s_{j+1} 2^-(j+1))
        j = -4, -3, ...;   s_{j+1} = 0 for j < 0, select(v[j]) from j = 0 on
    on exact integers, so that X = S^2 + w 2^-j for the digits that have come in. Ercegovac and Lang, Digital
    Arithmetic, 2004, ch. 9.

    Args:
        x: int8 (rows, n), digit i = 1..n of weight 2**-i, 1/4 <= X < 1.
        digits: number of root digits, at least 1.

    Returns:
        int8 (rows, digits): s_1, s_2, ... of weights 2**-1, 2**-2, ...: |sqrt(X) - S| < 7/8 ulp from n digits on,
        < 1 ulp before.

    Raises:
        ValueError: the shape is not (rows, n), a digit is not -1, 0 or 1, or `digits` is not positive.
    """
    check_digits(x, "x", 2)
    if digits < 1:
        raise ValueError(f"digits must be at least 1, not {digits}")
    rows, n = x.shape
    bits = max(DELTA, digits)  # fraction bits of all numbers
    dtype = integer_type(bits + 2)  # |v| < 4
    w, root = np.zeros(rows, dtype=dtype), np.zeros(rows, dtype=dtype)
    s = np.zeros((rows, digits), dtype=np.int8)
    for k in range(1, DELTA + digits + 1):
        v = 2 * w
        if k <= n:
            v = v + x[:, k - 1].astype(dtype) * 2 ** (bits - DELTA)
        w = v
        if k > DELTA:
            j = k - DELTA
            digit = select(v, bits)
            w = v - digit * (2 * root + digit * 2 ** (bits - j))
            root = root + digit * 2 ** (bits - j)
            s[:, j - 1] = digit
    return s
