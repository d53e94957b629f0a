"""Cycle models of Bitlet and of the accelerators that it is compared with, vectorised.

The definitions follow the comparison of Lu et al., MICRO 2021. A step of the baselines is 16 lanes x 16 windows x 16
filters = 4,096 MACs on 4,096 units of one lane each; a step takes as long as its slowest unit:

    bit-parallel  1 cycle
    Stripes       the precision of the activations, at most the width
    Pragmatic     the slowest of 16 columns (one window, 16 lanes) clears the ones of its activations
    Laconic       the greatest popcount(a) popcount(w) among the pairs that meet, 1 at least
    Bitlet        no steps: a PE takes the ones of the fullest significance of N pairs, 1 at least

Unit: cycles per 64 MACs, each with the one-bit multipliers (AND gates) of one p x p multiplier, p the bits of a
magnitude. A unit of bit-parallel has p**2 of them, of Stripes and Pragmatic p (a p-bit number by one bit), of Laconic
1; a Bitlet PE has p lanes of p. So 64 MACs take 64 c, 64 c / p, 64 c / p**2 and, with groups of N, 64 c / N cycles, c
being those of a step or a group (`UNITS`). What else the units need (shifters, multiplexers, trees, buffers) is not
counted; bit-parallel needs least of it, and a Bitlet PE took 3.13 times the area of a Stripes PE (BBS, MICRO 2024).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.bitlet.quantise import FloatParts, Magnitudes
from models.bitlet.words import BITS, Ints

Counts: TypeAlias = NDArray[np.uint8]
SIDE = 16  # lanes, windows and filters of a step
MOST = 255  # pairs a group, so that a byte counts a lane's ones
PES = 32  # of the Bitlet accelerator
SHIFT = 2  # bits of Pragmatic's first shifter, as its authors chose

# how many units of an accelerator have the one-bit multipliers of one p x p multiplier
UNITS: dict[str, Callable[[int], int]] = {
    "bit-parallel": lambda _: 1,
    "Stripes": lambda p: p,
    "Pragmatic": lambda p: p,
    "Laconic": lambda p: p * p,
}

_LITTLE = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1, bitorder="little")
_SPREAD: NDArray[np.uint64] = _LITTLE.view(np.uint64)[:, 0].copy()  # each bit of a byte in a byte of its own


def blocks(length: int, size: int) -> Ints:
    """Return the sizes of the blocks into which a length is cut: all `size`, but for a smaller last one."""
    cut = np.full(-(-length // size), size, np.int64)
    cut[-1] -= cut.sum() - length
    return cut


def lane_ones(magnitudes: Magnitudes, n: int, lanes: int) -> Counts:
    """Count the ones of each significance of each group.

    Args:
        magnitudes: Below 2**lanes, (rows, pairs); groups are cut from a row, the last may be smaller.
        n: Pairs a group, 1 to 255.
        lanes: 1 to 24.

    Returns:
        (rows, groups, lanes), lane 0 first.

    Raises:
        ValueError: `n` is out of range.
    """
    if not 1 <= n <= MOST:
        raise ValueError(f"a group has 1 to {MOST} pairs, not {n}")
    grouped = _grouped(magnitudes, n)
    bytes_ = [_SPREAD[(grouped >> shift) & 255].sum(axis=-1) for shift in range(0, lanes, 8)]
    counts: Counts = np.stack(bytes_, axis=-1).view(np.uint8)[..., :lanes]  # bytes never carry: n < 256
    return counts


def bitlet(magnitudes: Magnitudes, n: int, lanes: int) -> Counts:
    """Return the cycles of each group in a PE: the ones of its fullest significance, 1 at least.

    Equal to `pe.cycles`. With n = 1 every group takes 1 cycle, which is one MAC a cycle.

    Args:
        magnitudes: As `lane_ones` takes them; float32 needs them aligned.
        n: Pairs a group.
        lanes: 1 to 24; 24 for float32.

    Returns:
        (rows, groups).
    """
    fullest: Counts = lane_ones(magnitudes, n, lanes).max(axis=-1)
    return np.maximum(fullest, np.uint8(1))


def aligned(weights: FloatParts, activations: FloatParts, n: int) -> Magnitudes:
    """Match the exponents of float32 pairs group by group: `align.align` without what cycles do not need.

    Args:
        weights: (rows, pairs).
        activations: Shapes that broadcast to it.
        n: Pairs a group; groups are cut from a row, as in `lane_ones`.

    Returns:
        Significands of the weights, shifted right by max E - E_i, bits past the 24th dropped; (rows, pairs).
    """
    exponent = weights.exponent + activations.exponent
    most = _grouped(exponent, n).max(axis=-1)
    behind = np.repeat(most, n, axis=-1)[..., : exponent.shape[-1]] - exponent
    shifted: Magnitudes = weights.significand >> np.minimum(behind, BITS).astype(np.uint32)
    return shifted


def in_step(cycles: NDArray[Any], pes: int = PES) -> Ints:
    """Let PEs that share the broadcast activations wait for the slowest one.

    Args:
        cycles: (filters, ...), one filter a PE.
        pes: PEs that wait for each other.

    Returns:
        (ceil(filters / pes), ...), cycles of each round.
    """
    return np.maximum.reduceat(cycles, np.arange(0, len(cycles), pes), axis=0).astype(np.int64)


def stripes(most: int, width: int) -> int:
    """Return the cycles of a step of Stripes: the bits of the layer's greatest activation, at most the width."""
    return min(max(most.bit_length(), 1), width)


def pragmatic_columns(activations: Magnitudes, shift: int = SHIFT) -> Counts:
    """Return the cycles in which columns clear all ones of their activations.

    In each cycle a lane clears its lowest one if that lies less than 2**shift above the lowest one of the column.
    Albericio et al., Bit-Pragmatic, MICRO 2017, section 5: two-stage shifting.

    Args:
        activations: (..., lanes).
        shift: Bits of the first shifter.

    Returns:
        (...), 1 at least.
    """
    left = activations.astype(np.uint64)
    cycles = np.zeros(left.shape[:-1], np.uint8)
    while left.any():
        low = left & (~left + 1)
        least = np.where(low == 0, np.uint64(1 << 63), low).min(axis=-1, keepdims=True)
        near = low < (least << (1 << shift))
        cycles += left.any(axis=-1)
        left = np.where(near, left & ~low, left)
    return np.maximum(cycles, 1)


def pragmatic(activations: Magnitudes, shift: int = SHIFT) -> Counts:
    """Return the cycles of the steps of Pragmatic: of the slowest of 16 windows; weights do not matter.

    Args:
        activations: (windows, pairs).
        shift: Bits of the first shifter.

    Returns:
        (ceil(windows / 16), ceil(pairs / 16)).
    """
    columns = pragmatic_columns(_grouped(activations, SIDE), shift)
    return np.maximum.reduceat(columns, np.arange(0, len(columns), SIDE), axis=0)


def laconic(activations: Magnitudes, weights: Magnitudes) -> NDArray[np.uint16]:
    """Return the cycles of the steps of Laconic: the most of popcount(a) popcount(w), 1 at least.

    In a lane each of 16 activations meets each of 16 weights, so that the most is a product of two maxima.

    Args:
        activations: (windows, pairs).
        weights: (filters, pairs).

    Returns:
        (ceil(windows / 16), ceil(filters / 16), ceil(pairs / 16)).
    """
    a, w = _busiest(activations), _busiest(weights)
    found = [(block * w).max(axis=-1) for block in a]
    steps: NDArray[np.uint16] = np.maximum(np.stack(found), 1)
    return steps


def _busiest(magnitudes: Magnitudes) -> NDArray[np.uint16]:
    """Return the most ones of 16 rows in each lane: (blocks of rows, groups, 16)."""
    ones = np.bitwise_count(magnitudes).astype(np.uint16)
    most = np.maximum.reduceat(ones, np.arange(0, len(ones), SIDE), axis=0)
    return _grouped(most, SIDE)


def _grouped(rows: NDArray[Any], n: int) -> NDArray[Any]:
    """Cut rows (..., pairs) into groups (..., groups, n), with zeros behind a smaller last one."""
    short = -rows.shape[-1] % n
    padded = np.pad(rows, [(0, 0)] * (rows.ndim - 1) + [(0, short)]) if short else rows
    return padded.reshape(*rows.shape[:-1], -1, n)
