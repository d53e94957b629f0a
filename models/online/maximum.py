"""Golden model of rtl/online/online_max.v."""

from __future__ import annotations

import numpy as np

from models.online.digits import Digits, check_digits


def maximum(x: Digits, y: Digits) -> Digits:
    """Choose the greater of two frames digit by digit, with online delay 0.

        z_k = x_k where D > 0, y_k where D < 0, max(x_k, y_k) where D = 0;   then D = 2 D + x_k - y_k
    D = 2**k (X_k - Y_k) passes 0 when its sign changes, and at 0 the prefixes are equal, so that Z_k = max(X_k, Y_k)
    for every k. From |D| = 2 on the sign stays, so D is kept within -2..2.

    Args:
        x: int8 (rows, n), most significant digit first.
        y: int8 (rows, n).

    Returns:
        int8 (rows, n). Exact: Z = max(X, Y).

    Raises:
        ValueError: the shapes differ or are not (rows, n), or a digit is not -1, 0 or 1.
    """
    check_digits(x, "x", 2)
    check_digits(y, "y", 2)
    if x.shape != y.shape:
        raise ValueError(f"x and y must have one shape, not {x.shape} and {y.shape}")
    lead = np.zeros(len(x), np.int8)
    z = np.maximum(x, y)
    for k in range(x.shape[1]):
        x_k, y_k = x[:, k], y[:, k]
        z[:, k] = np.select([lead > 0, lead < 0], [x_k, y_k], z[:, k])
        lead = np.clip(2 * lead + x_k - y_k, -2, 2)
    return z
