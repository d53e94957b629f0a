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
            may not fit 64 bits.
    """
    check_digits(x, "x", 3)
    rows, k, n = x.shape
    check_weights(y, wb, (rows, k))
    if not n <= most:
        raise ValueError(f"{n} digits do not fit {most} fractional bits")
    if wb + levels(k) + most > 64:
        raise ValueError(f"results of {wb + levels(k) + most} bits do not fit an int64")
    values = x.astype(np.int64) @ (np.int64(1) << np.arange(most - n, most, dtype=np.int64))
    return np.asarray((values * y).sum(axis=1), dtype=np.int64)


def serial_layer(
    x: Digits, weights: npt.NDArray[np.int64], digits: npt.NDArray[np.int64], wb: int, most: int
) -> npt.NDArray[np.int64]:
    """Compute the sums of a layer's neurons.

    Args:
        x: int8 (rows, K, most), least significant digit first; of row r the first digits[r] count.
        weights: int64 (rows, M, K + 1), the bias last.
        digits: int64 (rows,), 1..most.
        wb: bits of a weight.
        most: digits of a frame.

    Returns:
        int64 (rows, M): sum_k X_k W_k + B / 2, times 2**most, X_k a fraction, W_k and B integers.

    Raises:
        ValueError: as for `serial_dot`.
    """
    rows, units, _ = weights.shape
    sums = np.zeros((rows, units), np.int64)
    for n in np.unique(digits):
        chosen = np.flatnonzero(digits == n)
        half = np.zeros((len(chosen), 1, n), np.int8)
        half[..., -1] = 1  # the bias is one more operand, 1/2
        frames = np.concatenate([x[chosen][:, :, :n], half], axis=1)
        for unit in range(units):
            sums[chosen, unit] = serial_dot(frames, weights[chosen, unit], wb, most)
    return sums


def to_bits(sums: npt.NDArray[np.int64], digits: npt.NDArray[np.int64], top: int, length: int) -> npt.NDArray[np.int8]:
    """Apply ReLU and cut sums to their leading bits, least significant first.

    Args:
        sums: int64 (rows, M).
        digits: int64 (rows,): bits that are kept, 1..top.
        top: the bit above the highest one kept.
        length: bits of the result array.

    Returns:
        int8 (rows, M, length) of 0 and 1; behind the bits that are kept, zeros.
    """
    place = np.arange(length)
    index = (top - digits)[:, None, None] + place
    bits = (np.maximum(sums, 0)[..., None] >> np.minimum(index, 62)) & 1
    return np.asarray(np.where(place < digits[:, None, None], bits, 0), dtype=np.int8)
