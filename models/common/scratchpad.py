"""Golden model of rtl/common/scratchpad.v."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def run(words: int, en: Array, we: Array, mask: Array, addr: Array, din: Array) -> Array:
    """Run programs of reads and writes, each on a memory of its own that is all zeros at first.

    Args:
        words: How many the memory has.
        en: Whether a command is one, (rows, length).
        we: Whether it is a write, (rows, length).
        mask: Parts of a word that it writes, (rows, length, parts).
        addr: Word, (rows, length).
        din: What it writes, part by part, (rows, length, parts).

    Returns:
        What each read gives, (rows, length, parts); zeros for all other commands.
    """
    rows = np.arange(len(en))
    memory = np.zeros((len(en), words, din.shape[2]), din.dtype)
    found = np.zeros_like(din)
    for at in range(en.shape[1]):
        read, write = (en[:, at] != 0) & (we[:, at] == 0), (en[:, at] != 0) & (we[:, at] != 0)
        word = memory[rows, np.where(read | write, addr[:, at], 0)]  # what nothing asks for may be beyond the memory
        found[:, at] = np.where(read[:, None], word, 0)
        parts = np.where(mask[:, at] != 0, din[:, at], word)
        memory[rows[write], addr[write, at]] = parts[write]
    return found
