"""Golden model of rtl/online/online_div.v, and the digit selection that division and square root share."""

from __future__ import annotations

import numpy as np

from models.online.digits import Digits, Integers, check_digits, integer_type

DELTA = 4  # digits that come in before the first one goes out


def select(v: Integers, fraction_bits: int) -> Integers:
    """Choose a result digit from v, rounded down to eighths: 1 from 1/4 up, -1 from -3/8 down, else 0.

    Args:
        v: integers (rows,), v times 2**fraction_bits.
        fraction_bits: at least 3.

    Returns:
        Integers (rows,) of v's type: -1, 0 or 1.
    """
    eighths = v >> (fraction_bits - 3)
    digit: Integers = (eighths >= 2).astype(v.dtype) - (eighths <= -3).astype(v.dtype)
    return digit


def div(x: Digits, d: Digits, digits: int) -> Digits:
    """Divide two frames digit by digit, as the radix-2 online divider of delay 4 does.

        v[j] = 2 w[j] + (x_{j+5} - Q[j] d_{j+5}) 2^-4,   Q[j] = q_1 2^-1 + ... + q_j 2^-j
        w[j+1] = v[j] - q_{j+1} D[j+1],   D[j] = d_1 2^-1 + ... + d_{j+4} 2^-(j+4)
        j = -4, -3, ...;   q_{j+1} = 0 for j < 0, select(v[j]) from j = 0 on
    on exact integers, so that X = Q D + w 2^-j for the digits that have come in. Ercegovac and Lang, Digital
    Arithmetic, 2004, ch. 9.

    Args:
        x: int8 (rows, n), digit i = 1..n of weight 2**-i, |X| < D.
        d: int8 (rows, n), 1/2 <= D < 1.
        digits: number of quotient digits, at least 1.

    Returns:
        int8 (rows, digits): q_1, q_2, ... of weights 2**-1, 2**-2, ...: |X / D - Q| < 3/4 ulp from n digits on,
        < 1 ulp before.

    Raises:
        ValueError: the shapes differ or are not (rows, n), a digit is not -1, 0 or 1, or `digits` is not positive.
    """
    check_digits(x, "x", 2)
    check_digits(d, "d", 2)
    if x.shape != d.shape:
        raise ValueError(f"x and d must have one shape, not {x.shape} and {d.shape}")
    if digits < 1:
        raise ValueError(f"digits must be at least 1, not {digits}")
    rows, n = x.shape
    bits = max(n, DELTA)  # fraction bits of all numbers
    dtype = integer_type(bits + 2)  # |v| < 2 + 1/16
    w, d_value, q_value = (np.zeros(rows, dtype=dtype) for _ in range(3))
    q = np.zeros((rows, digits), dtype=np.int8)
    for k in range(1, DELTA + digits + 1):
        v = 2 * w
        if k <= n:
            x_k, d_k = x[:, k - 1].astype(dtype), d[:, k - 1].astype(dtype)
            d_value = d_value + d_k * 2 ** (bits - k)
            v = v + (x_k * 2**bits - q_value * d_k) // 2**DELTA  # no remainder: Q has k - 5 digits
        w = v
        if k > DELTA:
            digit = select(v, bits)
            w = v - digit * d_value
            q[:, k - DELTA - 1] = digit
            if k - DELTA <= bits:  # later digits are not fed back
                q_value = q_value + digit * 2 ** (bits - k + DELTA)
    return q
