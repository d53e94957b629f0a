"""Golden model of rtl/online/online_add.v."""

from __future__ import annotations

import numpy as np

from models.online.digits import Digits, check_digits


def add(x: Digits, y: Digits) -> Digits:
    """Add two frames digit by digit, as the radix-2 online adder does.

    With a zero digit before the first (i = 0) and after the last (i = n + 1), for every i
        x_i + [y_i = 1] + 1            = 2 h_{i-1} + t_i
        t_i - [y_i = -1] + 1 + h_i     = 2 u_{i-1} + s_i
        z_i                            = s_i - 1 + u_i
    Ercegovac and Lang, Digital Arithmetic, 2004, ch. 9.

    Args:
        x: int8 (rows, n), digit i = 1..n of weight 2**-i.
        y: int8 (rows, n).

    Returns:
        int8 (rows, n + 1): z_0..z_n, digit i of weight 2**-i. Exact: Z = X + Y.

    Raises:
        ValueError: the shapes differ or are not (rows, n), or a digit is not -1, 0 or 1.
    """
    check_digits(x, "x", 2)
    check_digits(y, "y", 2)
    if x.shape != y.shape:
        raise ValueError(f"x and y must have one shape, not {x.shape} and {y.shape}")
    x, y = (np.pad(operand, ((0, 0), (1, 1))) for operand in (x, y))
    first = x + (y == 1) + 1
    h = np.pad(first // 2, ((0, 0), (0, 1)))[:, 1:]
    second = first % 2 - (y == -1) + 1 + h
    u = second[:, 1:] // 2
    z: Digits = (second[:, :-1] % 2 - 1 + u).astype(np.int8)
    return z
