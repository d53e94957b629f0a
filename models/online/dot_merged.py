"""Golden model of rtl/online/online_dot_merged.v."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.online.digits import Digits, Integers, check_digits
from models.online.dot import levels
from models.online.mul import check_delta, compress, retire
from models.online.mul_const import check_weights


def compress_rows(rows: list[Integers], carries: list[npt.NDArray[np.bool_]]) -> tuple[list[Integers], list[Integers]]:
    """Sum numbers down to two by levels of 3:2 compressors.

    A level takes the rows by threes, first rows first; what is left over passes. Each row has a carry of weight 1 that
    waits with it: the first of three enters the compressor, the others wait with its sum and its carries.

    Args:
        rows: integers (...,).
        carries: as many, 0 or 1.

    Returns:
        Two rows and their carries; the total is that of the first ones.
    """
    if len(rows) == 1:
        rows, carries = [rows[0], 0 * rows[0]], [carries[0], carries[0] & False]
    while len(rows) > 2:
        rest = len(rows) % 3
        threes = range(0, len(rows) - rest, 3)
        pairs = [compress(rows[i], rows[i + 1], rows[i + 2], carries[i]) for i in threes]
        rows = [row for pair in pairs for row in pair] + rows[len(rows) - rest :]
        carries = [carry for i in threes for carry in carries[i + 1 : i + 3]] + carries[len(carries) - rest :]
    return rows, carries


def dot_merged(
    x: Digits,
    y: npt.NDArray[np.int64],
    wb: int,
    digits: int,
    *,
    bias: Digits | None = None,
    growth: int | None = None,
    delta: int = 1,
    carry_save: bool = False,
) -> Digits:
    """Form inner products of frames and weights in place, by one residual for all products.

        v[j] = 2 w[j] + 2^-d sum_s x_{s,j+d+1} Y_s 2^-g,   Y = y / 2^(wb-1)
        w[j+1] = v[j] - p_{j+1},   j = -d, -d + 1, ...;   p_{j+1} = 0 for j < 0, select(v[j]) from j = 0 on
    on exact integers; the terms are the K products and the bias, if there is one. The bias is a product too, of its
    negated digits and the weight -1. In carry-save, the terms come down to two words by 3:2 compressors, -Y as ~y and a
    carry, and two more compressors add them to the two words of w.
    |sum| 2^-g <= 1, so that |v| < 2 as in the serial x parallel multiplier. Ercegovac and Lang, Digital Arithmetic,
    2004, ch. 9.

    Args:
        x: int8 (rows, K, n), digit i = 1..n of weight 2**-i.
        y: int64 (rows, K), weight Y = y / 2**(wb-1).
        wb: bits of the weights, 2..32.
        digits: number of product digits, at least 1.
        bias: int8 (rows, n), digits like those of x; None when the sum has no such term.
        growth: g, digits in front of the point, for weights with sum_s |Y_s| <= 2**g, the bias counted as 1; None is
            ceil(log2(terms)), enough for all.
        delta: d, digits that come in before the first one goes out: 2, or without carry-save 1.
        carry_save: whether the digits are those of a residual in carry-save.

    Returns:
        int8 (rows, digits + g): the first digits of Z = sum_s X_s Y_s + B, the first one of weight 2**(g - 1), the last
        of 2**-digits: |Z - sum| <= 2**-digits, and equal from `digits` = n + wb - 1 on.

    Raises:
        ValueError: a wrong shape, a digit other than -1, 0, 1, a weight or a number out of range.
    """
    check_digits(x, "x", 3)
    rows, k, n = x.shape
    check_weights(y, wb, (rows, k))
    if digits < 1:
        raise ValueError(f"digits must be at least 1, not {digits}")
    check_delta(delta, (1, 2), carry_save)
    if bias is not None:
        check_digits(bias, "bias", 2)
        if bias.shape != (rows, n):
            raise ValueError(f"bias must have shape {(rows, n)}, not {bias.shape}")
        x = np.concatenate([x, -bias[:, None]], axis=1)
        y = np.concatenate([y, np.full((rows, 1), -1 << (wb - 1))], axis=1)
    depth = levels(x.shape[1])
    growth = depth if growth is None else growth
    if not 0 <= growth <= depth:
        raise ValueError(f"growth must be 0 to {depth}, not {growth}")
    length, fraction_bits = digits + growth, wb - 1 + growth + delta  # of w and v
    s, c = np.zeros(rows, dtype=np.int64), np.zeros(rows, dtype=np.int64)
    p = np.zeros((rows, length), dtype=np.int8)
    for i in range(1, delta + length + 1):
        s, c = 2 * s, 2 * c
        x_i = x[:, :, i - 1].T if i <= n else np.zeros(x.shape[1::-1], np.int8)
        if carry_save:
            terms = compress_rows(list(np.where(x_i < 0, ~y.T, x_i * y.T)), list(x_i < 0))
            for term, carry in zip(*terms, strict=True):
                s, c = compress(s, c, term, carry)
        else:
            s = s + (x_i * y.T).sum(axis=0)
        digit, s, c = retire(s, c, fraction_bits, live=i > delta)
        if i > delta:
            p[:, i - delta - 1] = digit
    return p
