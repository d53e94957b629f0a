"""Golden models of the bit-serial baseline, rtl/online/serial_*.v: least significant digit first, plain integers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.online.digits import Digits, check_digits
from models.online.dot import levels
from models.online.mul_const import check_weights


def serial_dot(x: Digits, y: npt.NDArray[np.int64], wb: int, most: int) -> npt.NDArray[np.int64]:
    """Form exact inner products of least-significant-first frames and integer weights.

    Args:
        x: int8 (rows, K, n), digit i = 0 first, of weight 2**(i - n).
        y: int64 (rows, K), two's complement integers of `wb` bits.
        wb: bits of the weights, 2..32.
        most: fractional bits of the result, at least n.

    Returns:
        int64 (rows,): sum_k X_k y_k times 2**most.

    Raises:
        ValueError: a wrong shape, a digit other than -1, 0, 1, a weight out of range, n above `most`, or a result that
            may not fit 63 bits.
    """
    check_digits(x, "x", 3)
    rows, k, n = x.shape
    check_weights(y, wb, (rows, k))
    if not n <= most:
        raise ValueError(f"{n} digits do not fit {most} fractional bits")
    if wb + levels(k) + most > 63:
        raise ValueError(f"results of {wb + levels(k) + most} bits do not fit an int64")
    values = x.astype(np.int64) @ (np.int64(1) << np.arange(most - n, most, dtype=np.int64))
    return np.asarray((values * y).sum(axis=1), dtype=np.int64)
