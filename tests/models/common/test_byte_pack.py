# SPDX-License-Identifier: Apache-2.0
"""The golden model of byte_pack against lists."""

from __future__ import annotations

import numpy as np
import pytest

from models.common.byte_pack import pack


@pytest.mark.parametrize("size", [1, 2, 7, 32])
def test_against_lists(size):
    rng = np.random.default_rng(size)
    data, mask = rng.integers(0, 256, (200, size)), rng.integers(0, 2, (200, size))
    packed, count = pack(data, mask)
    for row in range(200):
        left = [byte for byte, kept in zip(data[row].tolist(), mask[row].tolist(), strict=True) if kept]
        assert count[row] == len(left)
        assert packed[row].tolist() == left + [0] * (size - len(left))
