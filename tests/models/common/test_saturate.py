"""Golden model of the clip, against comparisons one by one."""

from __future__ import annotations

import numpy as np
import pytest

from models.common.saturate import ends, saturate


def one(x, low, high):
    return sorted([low, x, high])[1]


@pytest.mark.parametrize("positive", [False, True])
@pytest.mark.parametrize("bits", [1, 2, 3, 7, 8])
def test_every_word_of_nine_bits(bits, positive):
    x = np.arange(-256, 256)
    y, clipped = saturate(x, bits, positive=positive)
    codes = range(1 << bits)
    numbers = list(codes) if positive else [code - (code >> bits - 1 << bits) for code in codes]
    assert y.tolist() == [one(each, min(numbers), max(numbers)) for each in x.tolist()]
    assert clipped.tolist() == [each not in numbers for each in x.tolist()]


def test_the_ends_of_long_words():
    assert ends(63) == (-(2**62), 2**62 - 1)
    assert ends(63, positive=True) == (0, 2**63 - 1)
    y, clipped = saturate(np.array([-(2**63), 2**63 - 1]), 63)
    assert (y.tolist(), clipped.tolist()) == ([-(2**62), 2**62 - 1], [True, True])


@pytest.mark.parametrize("bits", [0, 64, -1])
def test_bits_that_there_are_not(bits):
    with pytest.raises(ValueError, match=f"^bits must be 1 to 63, not {bits}$"):
        saturate(np.array([0]), bits)
