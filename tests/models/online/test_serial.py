"""The bit-serial baseline's golden model against exact fractions."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from models.online.serial import serial_dot


@pytest.mark.parametrize(("k", "n", "wb", "most"), [(1, 1, 2, 1), (3, 4, 8, 8), (16, 8, 8, 16), (64, 12, 8, 12)])
def test_exact(k, n, wb, most):
    rng = np.random.default_rng(k)
    x = rng.integers(-1, 2, (50, k, n)).astype(np.int8)
    y = rng.integers(-(1 << (wb - 1)), 1 << (wb - 1), (50, k))
    for frame, weights, z in zip(x, y, serial_dot(x, y, wb, most), strict=True):
        exact = sum(
            Fraction(int(digit) * int(weight), 2 ** (n - i))
            for digits, weight in zip(frame, weights, strict=True)
            for i, digit in enumerate(digits)
        )
        assert Fraction(int(z), 2**most) == exact


def test_least_significant_digit_comes_first():
    x = np.array([[[1, 0, -1]]], np.int8)  # 1/8 - 1/2
    assert serial_dot(x, np.array([[5]]), 4, 3).tolist() == [-15]


def test_refusals():
    x = np.zeros((1, 2, 4), np.int8)
    with pytest.raises(ValueError, match="4 digits do not fit 3 fractional bits"):
        serial_dot(x, np.zeros((1, 2), np.int64), 8, 3)
    with pytest.raises(ValueError, match="results of 64 bits do not fit an int64"):
        serial_dot(x, np.zeros((1, 2), np.int64), 8, 55)
