"""Golden model of rtl/online/online_mul_const.v."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.online.digits import Digits, check_digits
from models.online.mul import check_delta, compress, retire

DELTA = 2  # digits that come in before the first one goes out


def check_weights(y: npt.NDArray[np.int64], wb: int, shape: tuple[int, ...]) -> None:
    """Raise ValueError unless `y` is an int64 array of this shape whose values fit in `wb` = 2..32 bits."""
    if not 2 <= wb <= 32:
        raise ValueError(f"wb must be 2 to 32, not {wb}")
    if not isinstance(y, np.ndarray) or y.dtype != np.int64 or y.shape != shape:
        raise ValueError(f"y must be an int64 array of shape {shape}, not {getattr(y, 'shape', type(y).__name__)}")
    half = 1 << (wb - 1)
    if y.size and (y.min() < -half or y.max() >= half):
        raise ValueError(f"y must fit in {wb} bits, not {y.min()}..{y.max()}")


def mul_const(
    x: Digits, y: npt.NDArray[np.int64], wb: int, digits: int, *, delta: int = DELTA, carry_save: bool = False
) -> Digits:
    """Multiply frames by weights in place, as the radix-2 online serial x parallel multiplier does.

        v[j] = 2 w[j] + x_{j+d+1} Y 2^-d,   Y = y / 2^(wb-1)
        w[j+1] = v[j] - p_{j+1},   j = -d, -d + 1, ...;   p_{j+1} = 0 for j < 0, select(v[j]) from j = 0 on
    on exact integers. In carry-save, w is a pair of words, and v comes out of a 3:2 compressor, to which -Y is ~y and a
    carry of one ulp. Ercegovac and Lang, Digital Arithmetic, 2004, ch. 9.

    Args:
        x: int8 (rows, n), digit i = 1..n of weight 2**-i.
        y: int64 (rows,), -2**(wb-1) <= y < 2**(wb-1).
        wb: bits of the weights, 2..32.
        digits: number of product digits, at least 1.
        delta: online delay d: 2, or without carry-save 1.
        carry_save: whether the digits are those of a residual in carry-save.

    Returns:
        int8 (rows, digits): p_1, p_2, ... of weights 2**-1, 2**-2, ...: |XY - P| <= 1/2 ulp after n digits, in
        carry-save 3/4, and P = XY from n + wb - 1 digits on.

    Raises:
        ValueError: a wrong shape, a digit other than -1, 0, 1, a weight or a number out of range.
    """
    check_digits(x, "x", 2)
    rows, n = x.shape
    check_weights(y, wb, (rows,))
    if digits < 1:
        raise ValueError(f"digits must be at least 1, not {digits}")
    check_delta(delta, (1, 2), carry_save)
    fraction_bits = wb - 1 + delta  # of w and v; Y has wb - 1
    s, c = np.zeros(rows, dtype=np.int64), np.zeros(rows, dtype=np.int64)
    p = np.zeros((rows, digits), dtype=np.int8)
    for k in range(1, delta + digits + 1):
        s, c = 2 * s, 2 * c
        x_k = x[:, k - 1] if k <= n else np.zeros(rows, np.int8)
        if carry_save:
            s, c = compress(s, c, np.where(x_k < 0, ~y, x_k * y), x_k < 0)
        else:
            s = s + x_k * y
        digit, s, c = retire(s, c, fraction_bits, live=k > delta)
        if k > delta:
            p[:, k - delta - 1] = digit
    return p
