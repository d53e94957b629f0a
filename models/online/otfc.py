"""Golden model of rtl/online/online_otfc.v."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.online.digits import Digits, Integers, check_digits, integer_type


def otfc(x: Digits, digits: npt.NDArray[np.int64]) -> Integers:
    """Turn the first digits of frames into two's complement words, as on-the-fly conversion does.

    Q and QM = Q - 1 hold the digits so far; each digit is appended to one of them, without a carry:
        1: Q = 2Q + 1, QM = 2Q;   0: Q = 2Q, QM = 2QM + 1;   -1: Q = 2QM + 1, QM = 2QM
    Ercegovac and Lang, Digital Arithmetic, 2004, ch. 9.

    Args:
        x: int8 (rows, n), most significant digit first.
        digits: int64 (rows,), 1..n: how many digits of each frame count.

    Returns:
        Integers (rows,), the last digit that counts of weight 1; int64 up to 61 digits, Python integers beyond.

    Raises:
        ValueError: a wrong shape, a digit other than -1, 0, 1, or a count out of range.
    """
    check_digits(x, "x", 2)
    rows, n = x.shape
    if not isinstance(digits, np.ndarray) or digits.shape != (rows,):
        raise ValueError(f"digits must be an array of shape ({rows},), not {getattr(digits, 'shape', digits)}")
    if rows and (digits.min() < 1 or digits.max() > n):
        raise ValueError(f"digits must be 1 to {n}, not {digits.min()}..{digits.max()}")
    dtype = integer_type(n + 1)
    q, qm = np.zeros(rows, dtype=dtype), np.full(rows, -1, dtype=dtype)
    for k in range(n):
        digit, live = x[:, k], k < digits
        q, qm = (
            np.where(live, np.where(digit < 0, 2 * qm + 1, 2 * q + (digit > 0)), q),
            np.where(live, np.where(digit > 0, 2 * q, 2 * qm + (digit == 0)), qm),
        )
    return q
