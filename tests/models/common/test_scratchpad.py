# SPDX-License-Identifier: Apache-2.0
"""The golden model of scratchpad against a dict of integers."""

from __future__ import annotations

import numpy as np

from models.common.scratchpad import run


def test_against_a_dict():
    rng = np.random.default_rng(1)
    rows, length, words, parts = 50, 30, 5, 3
    en, we = rng.integers(0, 4, (rows, length)) > 0, rng.integers(0, 2, (rows, length))
    mask, addr = rng.integers(0, 2, (rows, length, parts)), rng.integers(0, words, (rows, length))
    din = rng.integers(0, 16, (rows, length, parts))
    found = run(words, en.astype(int), we, mask, np.where(en, addr, 999), din)
    for row in range(rows):
        memory = dict.fromkeys(range(words), 0)
        for at in range(length):
            expected = 0
            if en[row, at] and we[row, at]:
                keep = sum(15 << 4 * part for part in range(parts) if not mask[row, at, part])
                new = sum(int(din[row, at, part]) << 4 * part for part in range(parts))
                memory[addr[row, at]] = memory[addr[row, at]] & keep | new & ~keep
            elif en[row, at]:
                expected = memory[addr[row, at]]
            assert sum(int(value) << 4 * part for part, value in enumerate(found[row, at])) == expected
