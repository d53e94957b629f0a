"""Golden model of rtl/online/online_dot.v."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.online.add import add
from models.online.digits import Digits, check_digits
from models.online.mul_const import check_weights, mul_const


def levels(k: int) -> int:
    """Return the number of adder levels that k products need: ceil(log2 k); ValueError when k is not positive."""
    if k < 1:
        raise ValueError(f"k must be at least 1, not {k}")
    return (k - 1).bit_length()


def dot(x: Digits, y: npt.NDArray[np.int64], wb: int, digits: int, *, carry_save: bool = False) -> Digits:
    """Form inner products of frames and weights in place: serial x parallel multipliers and a tree of online adders.

    Each level adds neighbours; an odd one out is added to zero. Abdelhadi and Shannon, ICFPT 2019.

    Args:
        x: int8 (rows, K, n), digit i = 1..n of weight 2**-i.
        y: int64 (rows, K), weight Y = y / 2**(wb-1).
        wb: bits of the weights, 2..32.
        digits: number of product digits, at least 1.
        carry_save: whether the multipliers have their residuals in carry-save.

    Returns:
        int8 (rows, digits + levels(K)): the first digits of the sum, the first one of weight 2**(levels(K) - 1), the
        last of 2**-digits: |Z - sum| <= 2**-digits, and equal from `digits` = n + wb - 1 on.

    Raises:
        ValueError: a wrong shape, a digit other than -1, 0, 1, a weight or `wb` out of range, or `digits` not positive.
    """
    check_digits(x, "x", 3)
    rows, k, n = x.shape
    depth = levels(k)
    check_weights(y, wb, (rows, k))
    if digits < 1:
        raise ValueError(f"digits must be at least 1, not {digits}")
    length = max(digits, n + wb - 1)  # an adder looks two digits ahead: let the products run to their end
    terms = mul_const(x.reshape(rows * k, n), y.reshape(rows * k), wb, length, carry_save=carry_save)
    terms = terms.reshape(rows, k, length)
    for _ in range(depth):
        terms = np.pad(terms, ((0, 0), (0, terms.shape[1] % 2), (0, 0)))
        pairs, length = terms.shape[1] // 2, terms.shape[2]
        left, right = (terms[:, side::2].reshape(rows * pairs, length) for side in (0, 1))
        terms = add(left, right).reshape(rows, pairs, length + 1)
    return np.ascontiguousarray(terms[:, 0, : digits + depth])
