"""Golden models of the parts of rtl/bitlet/bitlet_pe.v between alignment and packer, and of the beats between them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.bitlet.align import Group
from models.bitlet.pe import Total
from models.bitlet.words import BITS, Ints

Bits01 = NDArray[np.uint8]
WORDS = 9  # of 64 bits, of a total


def to_bits(numbers: NDArray[Any], width: int) -> Bits01:
    """Write integers as `width` bits each, lowest first: (...) gives (..., width)."""
    code = np.asarray(numbers)[..., None]
    return np.asarray((code >> np.arange(width).astype(code.dtype)) & code.dtype.type(1), np.uint8)


def from_bits(bits: NDArray[Any]) -> NDArray[Any]:
    """Read unsigned integers of up to 64 bits, lowest first: (..., width) gives (...); int64, or uint64 for 64 bits."""
    kind = np.uint64 if bits.shape[-1] == 64 else np.int64
    places = np.arange(bits.shape[-1]).astype(kind)
    return np.asarray((bits.astype(kind) << places).sum(axis=-1, dtype=kind))


def side_by_side(*parts: NDArray[Any]) -> Bits01:
    """Lay fields of bits side by side, the first one lowest.

    Args:
        parts: (rows, beats, ...) each, bits of a field lowest first.

    Returns:
        (rows, beats, bits).
    """
    flat = [np.asarray(part).reshape(*part.shape[:2], -1) for part in parts]
    return np.concatenate(flat, axis=2).astype(np.uint8)


def significances(group: Group) -> Bits01:
    """Transpose weights: bit i of row b is bit b of weight i, (..., 24, N)."""
    return np.moveaxis(to_bits(group.weight, BITS), -1, -2)


def values(group: Group) -> Ints:
    """Return what each pair contributes to a lane, {sign, significand of the activation}, 25 bits (..., N)."""
    return group.activation | (group.minus.astype(np.int64) << BITS)


def lane(bits: NDArray[Any], contributions: NDArray[Any]) -> NDArray[Any]:
    """Distil one significance: the values of the pairs whose bit is one, the first pair first, then zeros.

    Lu et al., MICRO 2021, section 4 (bit distilling).

    Args:
        bits: 0 and 1, (rows, N).
        contributions: One a pair, (rows, N).

    Returns:
        (rows, N).
    """
    order = np.argsort(bits == 0, axis=1, kind="stable")
    return np.asarray(np.take_along_axis(np.where(bits != 0, contributions, 0), order, axis=1))


def tree(beats: NDArray[Any]) -> Ints:
    """Add what the lanes deliver, each at its significance: exact.

    Args:
        beats: {sign, magnitude}, 25 bits, of lanes 0 to 23 in each cycle of a group, (rows, cycles, 24).

    Returns:
        Sums of at most 2**7 cycles, (rows,).
    """
    code = np.asarray(beats, np.int64)
    size = (code & ((1 << BITS) - 1)) << np.arange(BITS)
    return np.asarray(np.where(code >> BITS, -size, size).sum(axis=(1, 2)))


def total_words(totals: Total) -> NDArray[np.uint64]:
    """Write totals as 576 bits of two's complement, (rows, 9) words, lowest first."""
    raw = b"".join(int(value).to_bytes(8 * WORDS, "little", signed=True) for value in totals)
    return np.frombuffer(raw, "<u8").astype(np.uint64).reshape(len(totals), WORDS)


def words_total(words: NDArray[np.uint64]) -> Total:
    """Read totals: the inverse of `total_words`."""
    raw = np.ascontiguousarray(words, "<u8")
    found = np.empty(len(raw), object)
    found[:] = [int.from_bytes(row.tobytes(), "little", signed=True) for row in raw]
    return found
