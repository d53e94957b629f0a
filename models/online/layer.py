"""Golden model of rtl/online/fgie_layer.v."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.online.digits import Digits, check_digits
from models.online.dot import levels
from models.online.maximum import maximum
from models.online.mul_const import check_weights
from models.online.neuron import DELTA, Ints, Shape, merged_digits, rectify, total

BLOCK = 1 << 22  # digits that are summed up at once


@dataclass(frozen=True)
class Results:
    """What a layer makes of a batch of frames."""

    z: Digits
    """int8 (rows, M / pool, length), zeros behind the last digit of a frame."""
    saved: Ints
    """int64 (rows,): digit cycles that the neurons saved by stopping."""
    total: Ints
    """int64 (rows,): digit cycles of all neurons, those included."""


def layer(
    x: Digits,
    y: Ints,
    bias: Ints,
    operands: Ints,
    digits: Ints,
    length: int,
    shape: Shape,
    *,
    pool: int = 1,
    terminate: bool = True,
) -> Results:
    """Compute a layer: Z_m = max(0, sum_k X_k Y_mk + B_m / 2), and the greatest of each `pool` neighbours.

    Args:
        x: int8 (rows, K, n), digit i = 1..n of weight 2**-i.
        y: int64 (M, K), weights.
        bias: int64 (M,).
        operands: int64 (rows,): how many digits of x count.
        digits: int64 (rows,), 1..length: result digits.
        length: digits of the longest result.
        shape: of the neurons.
        pool: neighbours that are pooled; divides M.
        terminate: whether a neuron stops at the digit that makes it negative: the results are the same.

    Returns:
        Results, digits and counts.

    Raises:
        ValueError: a wrong shape, a digit other than -1, 0, 1, a weight or a number out of range.
    """
    check_digits(x, "x", 3)
    rows, k, n = x.shape
    neurons = len(y)
    check_weights(y, shape.wb, (neurons, k))
    check_weights(bias, shape.wb, (neurons,))
    if pool < 1 or neurons % pool:
        raise ValueError(f"pool must divide {neurons}, not be {pool}")
    if digits.shape != (rows,) or (rows and not 1 <= digits.min() <= digits.max() <= length):
        raise ValueError(f"digits must be one a row, 1 to {length}")
    x = np.where(np.arange(n) < operands[:, None, None], x, 0).astype(np.int8)
    raw = _merged(x, y, bias, length, shape) if shape.merged else _tree(x, y, bias, length, shape)
    z, saved = rectify(raw, digits[:, None], shape, terminate=terminate)
    return Results(_pool(z, pool), saved.sum(axis=1), digits * neurons)


def period(k: int, digits: int, *, merged: bool) -> int:
    """Return the least number of cycles from a frame of `digits` result digits to the next one."""
    return digits + (DELTA if merged else levels(k + 1) + 2)


def _merged(x: Digits, y: Ints, bias: Ints, length: int, shape: Shape) -> Digits:
    """Sum the digits of equal significance of all neurons by one product of matrices each."""
    sums = np.stack([plane.astype(np.float64) @ y.T for plane in np.moveaxis(x, 2, 0)], axis=-1).astype(np.int64)
    sums[..., 0] += bias
    return merged_digits(sums, shape.wb - 1 + shape.growth + DELTA, length)


def _tree(x: Digits, y: Ints, bias: Ints, length: int, shape: Shape) -> Digits:
    """Sum every neuron of some frames at a time."""
    rows, k, n = x.shape
    neurons = len(y)
    step = max(1, BLOCK // (neurons * k * (n + shape.wb)))
    parts = [np.zeros((0, neurons, length), np.int8)]
    for low in range(0, rows, step):
        part = np.repeat(x[low : low + step], neurons, axis=0)
        count = len(part) // neurons
        sums = total(part, np.tile(y, (count, 1)), np.tile(bias, count), length, shape)
        parts.append(sums.reshape(count, neurons, length))
    return np.concatenate(parts)


def _pool(z: Digits, pool: int) -> Digits:
    """Choose the greatest of `pool` neighbours, in pairs, an odd one out with itself, as the core does."""
    rows, neurons, length = z.shape
    z = z.reshape(rows * neurons // pool, pool, length)
    while z.shape[1] > 1:
        if z.shape[1] % 2:
            z = np.concatenate([z, z[:, -1:]], axis=1)
        left, right = (np.ascontiguousarray(z[:, side::2]).reshape(-1, length) for side in (0, 1))
        z = maximum(left, right).reshape(len(z), -1, length)
    return z.reshape(rows, neurons // pool, length)
