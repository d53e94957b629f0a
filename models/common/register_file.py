"""Golden model of rtl/common/register_file.v."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
SLVERR = 2


def run(registers: int, reset: int, en: Array, we: Array, addr: Array, data: Array, strb: Array) -> tuple[Array, Array]:
    """Run programs of reads and writes, each from a reset on.

    Args:
        registers: How many there are.
        reset: What all of them hold behind a reset.
        en: Whether a command is one, (rows, length).
        we: Whether it is a write, (rows, length).
        addr: Address of a byte, (rows, length).
        data: What it writes, (rows, length).
        strb: Bytes that it writes, lowest first, (rows, length, bytes).

    Returns:
        What each read gives and each response, (rows, length): zeros where there is none.
    """
    rows, size = np.arange(len(en)), strb.shape[2]
    held = np.full((len(en), registers), reset, data.dtype)
    ones = np.array([255 << 8 * byte for byte in range(size)], np.uint64)
    keep = ~(strb.astype(np.uint64) * ones).sum(axis=2, dtype=np.uint64)
    index = addr // size
    there = (index < registers) & (en != 0)
    resp = np.where((en != 0) & ~there, SLVERR, 0)
    found = np.zeros_like(data)
    for at in range(en.shape[1]):
        place = np.where(there[:, at], index[:, at], 0).astype(np.intp)
        old = held[rows, place]
        found[:, at] = np.where(there[:, at] & (we[:, at] == 0), old, 0)
        new = (old.astype(np.uint64) & keep[:, at] | data[:, at].astype(np.uint64) & ~keep[:, at]).astype(data.dtype)
        held[rows, place] = np.where(there[:, at] & (we[:, at] != 0), new, old)
    return found, resp
