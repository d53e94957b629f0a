"""The bit-serial baseline's golden model against exact fractions."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from models.online.serial import serial_dot, serial_layer, to_bits


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
    with pytest.raises(ValueError, match="results of 65 bits do not fit an int64"):
        serial_dot(x, np.zeros((1, 2), np.int64), 8, 56)


def test_layer_and_its_bits():
    rng = np.random.default_rng(3)
    rows, k, units, most, wb, growth = 40, 5, 3, 6, 4, 2
    x = rng.integers(-1, 2, (rows, k, most)).astype(np.int8)
    weights = rng.integers(-8, 8, (rows, units, k + 1))
    digits, wanted = rng.integers(1, most + 1, rows), rng.integers(1, 9, rows)
    sums = serial_layer(x, weights, digits, wb, most)
    bits = to_bits(sums, wanted, wb - 1 + most + growth, 8)
    for r in range(rows):
        n = int(digits[r])
        operands = [sum(Fraction(int(x[r, j, i]), 2 ** (n - i)) for i in range(n)) for j in range(k)]
        for unit in range(units):
            w = [int(weight) for weight in weights[r, unit]]
            exact = sum(a * b for a, b in zip(operands, w, strict=False)) + Fraction(w[-1], 2)
            assert Fraction(int(sums[r, unit]), 2**most) == exact
            value = max(Fraction(0), exact) / 2 ** (wb - 1)  # as a fraction, weights below 1
            d = int(wanted[r])
            kept = int(value * 2 ** (d - growth)) % 2**d
            assert [int(bit) for bit in bits[r, unit]] == [kept >> i & 1 for i in range(d)] + [0] * (8 - d)
