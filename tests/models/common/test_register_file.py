# SPDX-License-Identifier: Apache-2.0
"""The golden model of register_file against a dict of bytes."""

from __future__ import annotations

import numpy as np
import pytest

from models.common.register_file import SLVERR, run


@pytest.mark.parametrize(("size", "kind"), [(4, np.int64), (8, np.uint64)])
def test_against_a_dict(size, kind):
    rng = np.random.default_rng(1)
    rows, length, registers, reset = 50, 30, 3, 0x01020304
    en, we = rng.integers(0, 4, (rows, length)) > 0, rng.integers(0, 2, (rows, length))
    addr = rng.integers(0, size * (registers + 1), (rows, length))
    data = rng.integers(0, (1 << 8 * size) - 1, addr.shape, np.uint64, endpoint=True)
    strb = rng.integers(0, 2, (rows, length, size))
    found, resp = run(registers, reset, en.astype(int), we, addr, data.astype(kind), strb)
    for row in range(rows):
        held = dict(enumerate(reset.to_bytes(size, "little") * registers))
        for at in range(length):
            base = addr[row, at] // size * size
            there = en[row, at] and base in held
            value = b"".join(held[base + byte].to_bytes(1) for byte in range(size)) if there else b""
            if there and we[row, at]:
                new = int(data[row, at]).to_bytes(size, "little")
                held |= {base + byte: new[byte] for byte in range(size) if strb[row, at, byte]}
            assert int(found[row, at]) == (int.from_bytes(value, "little") if there and not we[row, at] else 0)
            assert resp[row, at] == (SLVERR if en[row, at] and not there else 0)
