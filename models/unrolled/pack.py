# SPDX-License-Identifier: Apache-2.0
"""Weights as parameters of the cores of rtl/unrolled: packed into one integer and back, and random ones for tests."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]


def pack_weights(weights: npt.ArrayLike, bits: int) -> int:
    """Packs integers into one, in C order, the first one lowest.

    Args:
        weights: integers of any shape.
        bits: of each in two's complement, 1 to 62.

    Raises:
        ValueError: one does not fit.
    """
    values = np.asarray(weights, np.int64).ravel()
    low, high = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
    if values.size and not (low <= values.min() and values.max() <= high):
        raise ValueError(f"weights {values.min()}..{values.max()} do not fit {bits} bits")
    code = (values[:, None] >> np.arange(bits)) & 1
    return int.from_bytes(np.packbits(code.astype(np.uint8), axis=None, bitorder="little").tobytes(), "little")


def unpack_weights(packed: int, shape: tuple[int, ...], bits: int) -> Integers:
    """Unpacks integers: the inverse of `pack_weights`.

    Args:
        packed: the parameter.
        shape: of the weights.
        bits: of each in two's complement, 1 to 62.

    Returns:
        int64, of that shape.
    """
    total = bits * math.prod(shape)
    code = np.frombuffer(packed.to_bytes(-(-total // 8), "little"), np.uint8)
    digits = np.unpackbits(code, count=total, bitorder="little").reshape(-1, bits).astype(np.int64)
    places = np.int64(1) << np.arange(bits)
    places[-1] *= -1
    return np.asarray(digits @ places).reshape(shape)


def random_weights(rng: np.random.Generator, shape: tuple[int, ...], bits: int, sparsity: float = 0.0) -> Integers:
    """Draws weights.

    Args:
        rng: source of random numbers.
        shape: of the weights.
        bits: of each in two's complement; 1 bit is 0 or -1.
        sparsity: share of zeros, 0 to 1, to the nearest weight: exact, not expected.

    Returns:
        int64, of that shape; the others are uniform over what is not zero.
    """
    size = math.prod(shape)
    low, high = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
    values = rng.integers(low, high, size)
    values += values >= 0  # zero is left out
    values[rng.permutation(size)[: round(sparsity * size)]] = 0
    return values.reshape(shape)
