"""Golden model of rtl/online/online_mul.v, and the digit selection that the multipliers share."""

from __future__ import annotations

import numpy as np

from models.online.digits import Digits, Integers, check_digits, integer_type

DELTA = 3  # digits that come in before the first one goes out


def select(v: Integers, fraction_bits: int) -> Integers:
    """Choose a product digit from v, rounded down to quarters: 1 from 1/2 up, -1 from -3/4 down, else 0.

    Args:
        v: integers (rows,), v times 2**fraction_bits.
        fraction_bits: at least 2.

    Returns:
        Integers (rows,) of v's type: -1, 0 or 1.
    """
    quarters = v >> (fraction_bits - 2)
    digit: Integers = (quarters >= 2).astype(v.dtype) - (quarters <= -3).astype(v.dtype)
    return digit


def mul(x: Digits, y: Digits, digits: int) -> Digits:
    """Multiply two frames digit by digit, as the radix-2 online multiplier of delay 3 does.

        v[j] = 2 w[j] + (X[j] y_{j+4} + Y[j+1] x_{j+4}) 2^-3,   X[j] = x_1 2^-1 + ... + x_{j+3} 2^-(j+3)
        w[j+1] = v[j] - p_{j+1},   j = -3, -2, ...;   p_{j+1} = 0 for j < 0, select(v[j]) from j = 0 on
    on exact integers. Ercegovac and Lang, Digital Arithmetic, 2004, ch. 9.

    Args:
        x: int8 (rows, n), digit i = 1..n of weight 2**-i.
        y: int8 (rows, n).
        digits: number of product digits, at least 1.

    Returns:
        int8 (rows, digits): p_1, p_2, ... of weights 2**-1, 2**-2, ...: |XY - P| <= 1/2 ulp after n digits, and
        P = XY from 2n digits on.

    Raises:
        ValueError: the shapes differ or are not (rows, n), a digit is not -1, 0 or 1, or `digits` is not positive.
    """
    check_digits(x, "x", 2)
    check_digits(y, "y", 2)
    if x.shape != y.shape:
        raise ValueError(f"x and y must have one shape, not {x.shape} and {y.shape}")
    if digits < 1:
        raise ValueError(f"digits must be at least 1, not {digits}")
    rows, n = x.shape
    fraction_bits = n + DELTA  # of w and v; X and Y have n
    dtype = integer_type(fraction_bits + 1)  # |v| < 2
    x_value, y_value, w = (np.zeros(rows, dtype=dtype) for _ in range(3))
    p = np.zeros((rows, digits), dtype=np.int8)
    for k in range(1, DELTA + digits + 1):
        v = 2 * w
        if k <= n:
            x_k, y_k = x[:, k - 1].astype(dtype), y[:, k - 1].astype(dtype)
            y_value = y_value + y_k * 2 ** (n - k)
            v = v + x_value * y_k + y_value * x_k
            x_value = x_value + x_k * 2 ** (n - k)
        w = v
        if k > DELTA:
            digit = select(v, fraction_bits)
            w = v - digit * 2**fraction_bits
            p[:, k - DELTA - 1] = digit
    return p
