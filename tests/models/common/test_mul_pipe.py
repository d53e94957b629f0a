"""Golden model of the multiplier, against additions and shifts."""

from __future__ import annotations

import numpy as np
import pytest

from models.common.mul_pipe import mul


def by_hand(a, b):
    """Add shifted copies of a."""
    total = sum(a << i for i in range(64) if abs(b) >> i & 1)
    return -total if b < 0 else total


def test_random_words_are_exact():
    rng = np.random.default_rng(1)
    a, b = rng.integers(-(2**31), 2**31, (2, 500))
    assert mul(a, b).tolist() == [by_hand(x, y) for x, y in zip(a.tolist(), b.tolist(), strict=True)]
    assert mul(a, b).dtype == np.int64


def test_products_of_64_bits_without_a_sign():
    top = np.array([2**32 - 1])
    assert mul(top, top).tolist() == [(2**32 - 1) ** 2]
    assert mul(top, top).dtype == np.uint64


def test_what_does_not_fit():
    with pytest.raises(ValueError, match=r"^a and b must have one shape, not \(1,\) and \(2,\)$"):
        mul(np.zeros(1, int), np.zeros(2, int))
    with pytest.raises(ValueError, match="do not fit 64 bits"):
        mul(np.array([2**40]), np.array([2**40]))
    with pytest.raises(ValueError, match="do not fit 64 bits"):
        mul(np.array([-1, 2**32]), np.array([1, 2**31]))
