"""Words taken apart, against numpy's own floats and plain integers."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from models.bitlet.words import fixed_words, float_words, split

FLOATS = np.array(
    [0.0, -0.0, 1.0, -1.5, 2.0**-126, -(2.0**-127), 2.0**-149, 3.4028234663852886e38, np.pi, -1e-40], np.float32
)


def test_float_words_keep_their_value():
    rng = np.random.default_rng(1)
    codes = rng.integers(0, 1 << 32, 2000, dtype=np.uint32)
    numbers = np.concatenate([FLOATS, codes.view(np.float32)])
    numbers = numbers[np.isfinite(numbers)]
    parts = split(float_words(numbers), np.zeros(len(numbers)))
    assert not (parts.infinite | parts.nan).any()
    assert np.array_equal(parts.minus, np.signbit(numbers))
    for number, size, exponent in zip(numbers, parts.magnitude, parts.exponent, strict=True):
        assert Fraction(int(size)) * Fraction(2) ** (int(exponent) - 150) == abs(Fraction(float(number)))
        assert 1 <= exponent <= 254


def test_specials():
    codes = np.array([0x7F80_0000, 0xFF80_0000, 0x7FC0_0000, 0xFF80_0001, 0x7F7F_FFFF])
    real = split(codes, np.zeros(5))
    assert real.infinite.tolist() == [True, True, False, False, False]
    assert real.nan.tolist() == [False, False, True, True, False]
    assert real.minus.tolist() == [False, True, False, True, False]
    fixed = split(codes, np.full(5, 24))
    assert not (fixed.infinite | fixed.nan).any()
    assert fixed.exponent.tolist() == [1] * 5
    assert fixed.magnitude.tolist() == [0x80_0000, 0x80_0000, 0xC0_0000, 0x80_0001, 0x7F_FFFF]


def test_fixed_words_keep_their_value():
    numbers = np.array([0, 1, -1, (1 << 24) - 1, 1 - (1 << 24), 12345, -54321])
    words = fixed_words(numbers)
    parts = split(words, np.full(len(words), 24))
    assert np.array_equal(np.where(parts.minus, -parts.magnitude, parts.magnitude), numbers)
    assert (words >> 24 & 0x7F == 0).all()


@pytest.mark.parametrize("number", [1 << 24, -(1 << 24), 1 << 40])
def test_fixed_words_refuse_what_does_not_fit(number):
    with pytest.raises(ValueError, match=rf"^a fixed-point magnitude has 24 bits; {abs(number)} does not fit$"):
        fixed_words(np.array([3, number]))
