"""Golden models of rtl/bitlet/bitlet_pe.v, its baselines and its parts behind the alignment."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.bitlet.align import Group, align
from models.bitlet.words import BITS, Ints

Total: TypeAlias = NDArray[np.object_]
BIAS = 300  # of Emax: twice 127 + 23
LEAST = 2  # the least Emax
_INFINITY, _NAN = 0x7F80_0000, 0x7FC0_0000


def ones(group: Group) -> Ints:
    """Count the ones of each significance of groups: (..., 24), lane 0 first."""
    return np.asarray(((group.weight[..., None] >> np.arange(BITS)) & 1).sum(axis=-2))


def cycles(group: Group) -> Ints:
    """Return the cycles that groups take in the lanes: the ones of the fullest significance, 1 at least (...)."""
    return np.asarray(np.maximum(ones(group).max(axis=-1), 1))


def group_sum(group: Group) -> Ints:
    """Add the products of aligned groups: exact, |S| < N 2**48 (...)."""
    products = group.weight * group.activation
    return np.asarray(np.where(group.minus, -products, products).sum(axis=-1))


def total(sums: NDArray[Any], exponents: NDArray[Any]) -> Total:
    """Accumulate group sums exactly, whatever their exponents, in units of 2**(LEAST - BIAS).

    Args:
        sums: (rows, groups).
        exponents: Emax of each group, (rows, groups).

    Returns:
        Python integers, (rows,).
    """
    places = (np.asarray(exponents, np.int64) - LEAST).astype(object)
    added: Total = (np.asarray(sums).astype(object) << places).sum(axis=-1)
    return added


def to_float32(value: int, unit: int) -> int:
    """Write value * 2**unit as a float32 code, rounded toward zero; infinity from 2**128 on.

    IEEE 754-2019, section 4.3.3 (roundTowardZero), but for overflow. A negative number too small to show is -0.
    """
    sign = 1 << 31 if value < 0 else 0
    size = abs(value)
    point = max(size.bit_length() - BITS, -149 - unit)  # bits to drop
    significand = size >> point if point >= 0 else size << -point
    biased = point + unit + 150  # of a significand with its hidden one
    if biased >= 255:
        return sign | _INFINITY
    return sign | ((biased - 1) << 23) + significand  # the hidden one carries into the exponent


def to_fixed(value: int, out: int, *, saturate: bool) -> int:
    """Bring an integer into `out` bits of two's complement: saturated, or wrapped."""
    half = 1 << (out - 1)
    return min(max(value, -half), half - 1) if saturate else (value + half) % (2 * half) - half


def pack(totals: Total, flags: NDArray[Any], out: int, *, saturate: bool) -> NDArray[np.uint64]:
    """Write totals as results of 64 bits.

    Args:
        totals: Integers, in units of 2**(LEAST - BIAS) for float32, (rows,).
        flags: Bits {fixed, NaN, -inf, +inf}, (rows,).
        out: Bits of a fixed-point result.
        saturate: Whether such a result saturates; it wraps otherwise.

    Returns:
        float32 codes, or integers in two's complement of 64 bits, (rows,).
    """

    def one(value: int, flag: int) -> int:
        if flag & 8:
            return to_fixed(value, out, saturate=saturate) % (1 << 64)
        if flag & 4 or flag & 3 == 3:
            return _NAN
        return {0: to_float32(value, LEAST - BIAS), 1: _INFINITY, 2: (1 << 31) | _INFINITY}[flag & 3]

    return np.array([one(int(t), int(f)) for t, f in zip(totals, flags, strict=True)], np.uint64)


def processing_element(
    weights: NDArray[Any],
    activations: NDArray[Any],
    width: NDArray[Any],
    keep: NDArray[Any],
    out: int = 64,
    *,
    saturate: bool = True,
) -> tuple[NDArray[np.uint64], Ints]:
    """Dot products of many groups.

    Args:
        weights: Words of 32 bits, (rows, groups, N).
        activations: Likewise.
        width: 0 for float32, 1 to 24 for fixed point, (rows,).
        keep: Significances that take part, from the top one down; 0 for all, (rows,).
        out: Bits of a fixed-point result.
        saturate: Whether such a result saturates; it wraps otherwise.

    Returns:
        Results of 64 bits as `pack` writes them, (rows,), and the cycles of each group in the lanes, (rows, groups).
    """
    group = align(weights, activations, np.asarray(width)[:, None], np.asarray(keep)[:, None])
    flags = np.bitwise_or.reduce(group.flags, axis=-1)
    totals = total(group_sum(group), group.exponent)
    return pack(totals, flags, out, saturate=saturate), cycles(group)
