"""Golden model of rtl/online/online_relu.v."""

from __future__ import annotations

import numpy as np

from models.online.digits import Digits, check_digits


def relu(x: Digits) -> tuple[Digits, Digits]:
    """Replace negative frames by zeros: those whose first digit other than zero is -1.

    Abdelhadi and Shannon, ICFPT 2019.

    Args:
        x: int8 (rows, n), most significant digit first.

    Returns:
        Two int8 (rows, n): Z = max(X, 0) in the digits of x, and the sign of x as far as each digit; where that is
        -1, the frame is stopped.

    Raises:
        ValueError: the shape is not (rows, n), or a digit is not -1, 0 or 1.
    """
    check_digits(x, "x", 2)
    rows = np.arange(len(x))
    lead = (x != 0).argmax(axis=1)
    sign = np.where(np.arange(x.shape[1]) >= lead[:, None], x[rows, lead][:, None], 0).astype(np.int8)
    return np.where(sign < 0, 0, x).astype(np.int8), sign
