"""Golden model of rtl/online/online_sub.v."""

from __future__ import annotations

import numpy as np

from models.online.add import add
from models.online.digits import Digits, check_digits


def sub(x: Digits, y: Digits) -> Digits:
    """Subtract two frames digit by digit: the radix-2 online adder on x and the negated digits of y.

    Args:
        x: int8 (rows, n), digit i = 1..n of weight 2**-i.
        y: int8 (rows, n).

    Returns:
        int8 (rows, n + 1): z_0..z_n, digit i of weight 2**-i. Exact: Z = X - Y.

    Raises:
        ValueError: the shapes differ or are not (rows, n), or a digit is not -1, 0 or 1.
    """
    check_digits(y, "y", 2)
    return add(x, np.negative(y))
