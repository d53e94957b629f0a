"""Bit matrices to and from the byte layouts of the simulator's files and the integers of its handles.

A *bit matrix* is a uint8 array of shape (rows, width) that holds 0 and 1, least significant bit first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

Bits: TypeAlias = NDArray[np.uint8]
Buffer: TypeAlias = bytes | bytearray | memoryview | NDArray[np.uint8]


class PackError(ValueError):
    """A buffer, bit matrix or integer that does not fit the width of its word."""


def to_fread(bits: Bits) -> Bits:
    """Lay words out as `$fread` reads them: most significant byte first, unused top bits zero.

    Args:
        bits: Bit matrix (rows, width).

    Returns:
        uint8 array (rows, ceil(width / 8)); its `tobytes()` is the stimulus file.

    Raises:
        PackError: `bits` is not a bit matrix.
    """
    return np.ascontiguousarray(_to_bytes(bits)[:, ::-1])


def from_fread(buffer: Buffer, width: int) -> Bits:
    """Read words of `width` bits laid out by `to_fread`.

    Args:
        buffer: Whole words of ceil(width / 8) bytes each.
        width: Bits in a word.

    Returns:
        Bit matrix (rows, width).

    Raises:
        PackError: The buffer is truncated, or a bit above `width` is set.
    """
    packed = _words(buffer, _ceil(width, 8))[:, ::-1]
    over = _over(packed, width)
    if over.any():
        raise PackError(f"row {int(over.argmax())}: a bit above the {width} bits of the word is set")
    return np.unpackbits(packed, axis=1, count=width, bitorder="little")


def to_fwrite(bits: Bits) -> Bits:
    """Lay words out as `$fwrite("%u")` writes them: 32-bit words, least significant first, little endian.

    Args:
        bits: Bit matrix (rows, width).

    Returns:
        uint8 array (rows, 4 * ceil(width / 32)).

    Raises:
        PackError: `bits` is not a bit matrix.
    """
    packed = _to_bytes(bits)
    out = np.zeros((len(packed), 4 * _ceil(bits.shape[1], 32)), dtype=np.uint8)
    out[:, : packed.shape[1]] = packed
    return out


def from_fwrite(buffer: Buffer, width: int) -> Bits:
    """Read words of `width` bits written by `$fwrite("%u")`.

    Bits above `width` are left out: Icarus 11 fills them with rubbish. X and Z arrive as 0: `%u` has no code for them.

    Args:
        buffer: Whole words of 4 * ceil(width / 32) bytes each.
        width: Bits in a word.

    Returns:
        Bit matrix (rows, width).

    Raises:
        PackError: The buffer is truncated.
    """
    words = _words(buffer, 4 * _ceil(width, 32))
    return np.unpackbits(words, axis=1, count=width, bitorder="little")


def to_ints(bits: Bits) -> list[int]:
    """Turn each row into one unsigned Python integer, as a simulator handle takes it.

    Args:
        bits: Bit matrix (rows, width), any width.

    Returns:
        One integer a row.

    Raises:
        PackError: `bits` is not a bit matrix.
    """
    packed = _to_bytes(bits)
    size = packed.shape[1]
    if size <= 8:
        wide = np.zeros((len(packed), 8), dtype=np.uint8)
        wide[:, :size] = packed
        return [int(word) for word in wide.view("<u8")[:, 0].tolist()]
    flat = packed.tobytes()
    return [int.from_bytes(flat[at : at + size], "little") for at in range(0, len(flat), size)]


def from_ints(ints: Sequence[int], width: int) -> Bits:
    """Turn unsigned integers into a bit matrix.

    Args:
        ints: Values 0 .. 2**width - 1.
        width: Bits in a word, any number from 1.

    Returns:
        Bit matrix (len(ints), width).

    Raises:
        PackError: A value is negative or needs more than `width` bits.
    """
    size = _ceil(width, 8)
    try:
        flat = b"".join([value.to_bytes(size, "little") for value in ints])
    except OverflowError:
        row = next(row for row, value in enumerate(ints) if value < 0 or value >> 8 * size)
        raise PackError(f"row {row}: {ints[row]} does not fit an unsigned word of {width} bits") from None
    packed = _words(flat, size)
    over = _over(packed, width)
    if over.any():
        row = int(over.argmax())
        raise PackError(f"row {row}: {ints[row]} does not fit an unsigned word of {width} bits")
    return np.unpackbits(packed, axis=1, count=width, bitorder="little")


def _ceil(width: int, unit: int) -> int:
    """Return how many units hold `width` bits."""
    if width < 1:
        raise PackError(f"a word has at least 1 bit, not {width}")
    return -(-width // unit)


def _to_bytes(bits: Bits) -> Bits:
    """Pack a bit matrix into (rows, ceil(width / 8)) bytes, least significant byte first."""
    if bits.ndim != 2 or bits.dtype != np.uint8 or bits.shape[1] < 1:
        raise PackError(f"expected a uint8 bit matrix (rows, width), got {bits.dtype} {bits.shape}")
    if bits.size and bits.max() > 1:
        raise PackError(f"expected bits 0 and 1, got {bits.max()}")
    return np.packbits(bits, axis=1, bitorder="little")


def _words(buffer: Buffer, size: int) -> Bits:
    """View a buffer as whole words of `size` bytes."""
    flat = buffer.reshape(-1) if isinstance(buffer, np.ndarray) else np.frombuffer(buffer, dtype=np.uint8)
    if len(flat) % size:
        raise PackError(f"truncated: {len(flat)} bytes are not a whole number of {size}-byte words")
    return flat.reshape(len(flat) // size, size)


def _over(packed: Bits, width: int) -> NDArray[np.bool_]:
    """Flag the words, least significant byte first, that have a bit above `width`."""
    return np.asarray(packed[:, -1] >> (width - 1) % 8 > 1, dtype=np.bool_)
