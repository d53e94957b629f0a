"""Golden model of rtl/online/fgie_neuron.v."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.online.digits import Digits, check_digits, to_integers
from models.online.dot import dot, levels
from models.online.mul import select
from models.online.mul_const import check_weights

DELTA = 1  # digits that come in before the merged sum gives its first one

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Shape:
    """What the neurons of a layer have in common."""

    wb: int
    """Bits of a weight, 2..32."""
    growth: int
    """Result digits in front of the point; of the tree, levels(K + 1)."""
    merged: bool = True
    """One residual for all synapses, or a tree of adders."""
    relu: bool = True
    """ReLU and early termination, or neither."""


def merged_digits(sums: Ints, fraction_bits: int, length: int) -> Digits:
    """Turn the sums of the digits of equal significance into the digits of the whole sum, by one residual.

        v[j] = 2 w[j] + a_{j+2},   w[j+1] = v[j] - p_{j+1},   j = -1, 0, ...;   p_0 = 0, p_{j+1} = select(v[j])
    With |a_k| <= A for k > 1 and |a_1| <= A + B: when A + B / 2 <= 1/2, |w| <= 1 - A, so that |v| < 2 and all is exact
    in the end. For |v| <= 2 (1 - A) + A, and a digit leaves |w| <= max(1/2, |v| - 1) <= 1 - A; and |v[0]| <=
    2 (A + B) + A <= 2 - A.

    Args:
        sums: int64 (..., n), a_1, a_2, ... times 2**fraction_bits.
        fraction_bits: at least 2.
        length: number of result digits, at least 1.

    Returns:
        int8 (..., length).
    """
    w = np.zeros(sums.shape[:-1], np.int64)
    z = np.zeros((*w.shape, length), np.int8)
    for k in range(DELTA + length):
        w = 2 * w + (sums[..., k] if k < sums.shape[-1] else 0)
        if k >= DELTA:
            z[..., k - DELTA] = digit = select(w, fraction_bits)
            w = w - (digit << fraction_bits)
    return z


def total(x: Digits, y: Ints, bias: Ints, length: int, shape: Shape) -> Digits:
    """Sum up synapses and bias: the first `length` digits, the first one of weight 2**(growth - 1).

    Args:
        x: int8 (rows, K, n), digit i = 1..n of weight 2**-i.
        y: int64 (rows, K), weight Y = y / 2**(wb-1).
        bias: int64 (rows,), B = bias / 2**(wb-1); the sum has B / 2.
        length: number of result digits, at least 1.
        shape: of the neuron.

    Returns:
        int8 (rows, length).
    """
    check_digits(x, "x", 3)
    rows, k, n = x.shape
    check_weights(y, shape.wb, (rows, k))
    check_weights(bias, shape.wb, (rows,))
    half = np.zeros((rows, 1, n), np.int8)
    half[..., 0] = 1
    x, y = np.concatenate([x, half], axis=1), np.concatenate([y, bias[:, None]], axis=1)
    if not shape.merged:
        depth = levels(k + 1)
        return np.ascontiguousarray(dot(x, y, shape.wb, max(1, length - depth))[:, :length])
    sums = np.einsum("rkn,rk->rn", x, y, dtype=np.int64)
    return merged_digits(sums, shape.wb - 1 + shape.growth + DELTA, length)


def rectify(z: Digits, digits: Ints, shape: Shape, *, terminate: bool = True) -> tuple[Digits, Ints]:
    """Keep the first digits of a sum and apply the ReLU, if there is one.

    Args:
        z: int8 (..., length), the sum.
        digits: int64, one for each sum or broadcast to them: how many digits count.
        shape: of the neuron.
        terminate: stop at the first digit that is -1 with none but zeros before it; else look at the whole value.

    Returns:
        int8 (..., length), zeros behind the last digit, and int64 (...): the result digits that were never computed.
    """
    z = np.where(np.arange(z.shape[-1]) < digits[..., None], z, 0).astype(np.int8)
    saved = np.zeros(z.shape[:-1], np.int64)
    if not shape.relu:
        return z, saved
    if not terminate:
        return np.where((to_integers(z) < 0)[..., None], 0, z).astype(np.int8), saved
    lead = (z != 0).argmax(axis=-1)
    stopped = np.take_along_axis(z, lead[..., None], axis=-1)[..., 0] < 0
    return np.where(stopped[..., None], 0, z).astype(np.int8), np.where(stopped, digits - 1 - lead, saved)


def neuron(
    x: Digits, y: Ints, bias: Ints, digits: Ints, length: int, shape: Shape, *, terminate: bool = True
) -> tuple[Digits, Ints]:
    """Compute neurons, one a row: Z = max(0, sum_k X_k Y_k + B / 2), cut to `digits` digits.

    Args:
        x: int8 (rows, K, n).
        y: int64 (rows, K).
        bias: int64 (rows,).
        digits: int64 (rows,), 1..length: result digits of each row.
        length: digits of the longest result.
        shape: of the neuron.
        terminate: whether a neuron stops at the digit that makes it negative: the result is the same.

    Returns:
        int8 (rows, length), zeros behind the last digit, and int64 (rows,): the result digits that were never computed.

    Raises:
        ValueError: a wrong shape, a digit other than -1, 0, 1, a weight or a number out of range.
    """
    if digits.shape != (len(x),) or (digits.size and not 1 <= digits.min() <= digits.max() <= length):
        raise ValueError(f"digits must be one a row, 1 to {length}")
    return rectify(total(x, y, bias, length, shape), digits, shape, terminate=terminate)
