"""Alignment: the paper's worked example, exact fractions, the error it makes, lanes, infinities and NaN."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from models.bitlet.align import align, lanes
from models.bitlet.parts import significances
from models.bitlet.pe import BIAS, cycles, group_sum, ones
from models.bitlet.words import fixed_words, float_words

EXAMPLE = [12.625, 5.15625, 9.75, 1.625, 0.25, 76.25]


def _float_group(weights, activations, keep=0):
    w, a = (float_words(np.asarray(numbers, np.float32)) for numbers in (weights, activations))
    return align(w, a, np.zeros(w.shape[:-1], int), np.full(w.shape[:-1], keep))


def _wide(rng, shape, spread):
    """Finite floats of very different sizes, some of them zero or subnormal."""
    exponent = np.clip(rng.integers(127 - spread, 128 + spread, shape), 0, 254)
    exponent[rng.random(shape) < 0.1] = 0
    code = rng.integers(0, 2, shape) << 31 | exponent << 23 | rng.integers(0, 1 << 23, shape)
    return code.astype(np.uint32).view(np.float32)


def _value(group, row):
    """The value of an aligned group as a fraction."""
    return Fraction(int(group_sum(group)[row])) * Fraction(2) ** (int(group.exponent[row]) - BIAS)


def _exact(weights, activations):
    return sum(Fraction(float(w)) * Fraction(float(a)) for w, a in zip(weights, activations, strict=True))


def test_worked_example_of_the_paper():
    group = _float_group(EXAMPLE, np.ones(6))
    assert group.exponent - 254 == 6
    significands = [
        Fraction(value) / Fraction(2) ** (6 - shift) for value, shift in zip(EXAMPLE, [3, 4, 3, 6, 8, 0], strict=True)
    ]
    assert all(1 <= significand < 2 for significand in significands)  # these are the shifts
    assert [Fraction(int(m), 2**17) for m in group.weight] == EXAMPLE  # nothing was lost
    found = {int(b) - 17: int(count) for b, count in enumerate(ones(group)) if count}
    assert found == {6: 1, 3: 3, 2: 3, 0: 3, -1: 3, -2: 3, -3: 3, -5: 1}
    assert cycles(group) == 3  # six weights distil to three
    assert Fraction(int(group_sum(group))) * Fraction(2) ** (int(group.exponent) - BIAS) == sum(map(Fraction, EXAMPLE))


@pytest.mark.parametrize("n", [1, 2, 13, 64])
@pytest.mark.parametrize("spread", [0, 3, 15, 40, 126])
def test_error_of_alignment_is_bounded(n, spread):
    # M_i = (M_i >> s_i) 2^s_i + r_i with r_i < 2^s_i, s_i = Emax - E_i; a product is M_i MA_i 2^(E_i - 300): it loses
    # r_i MA_i 2^(E_i - 300) < 2^24 2^(Emax - 300). One pair at least has s_i = 0 and loses nothing.
    rng = np.random.default_rng([n, spread])
    w, a = _wide(rng, (60, n), spread), _wide(rng, (60, n), spread)
    group = _float_group(w, a)
    for row in range(len(w)):
        error = abs(_value(group, row) - _exact(w[row], a[row]))
        assert error <= (n - 1) * Fraction(2) ** (int(group.exponent[row]) - BIAS + 24)
        distance = group.exponent[row] - _exponents(w[row], a[row])
        assert distance.min() == 0
        if distance.max() == 0:
            assert error == 0


def _exponents(w, a):
    fields = [float_words(numbers) >> 23 & 255 for numbers in (w, a)]
    return sum(np.maximum(field, 1) for field in fields)


@pytest.mark.parametrize("keep", [1, 2, 8, 23])
def test_error_of_pruning_is_bounded(keep):
    # what is below the lanes kept: less than 2^(24 - keep) of a weight
    rng = np.random.default_rng(keep)
    w, a = _wide(rng, (60, 8), 4), _wide(rng, (60, 8), 4)
    whole, kept = _float_group(w, a), _float_group(w, a, keep)
    assert np.array_equal(kept.weight, whole.weight >> (24 - keep) << (24 - keep))
    for row in range(len(w)):
        unit = Fraction(2) ** (int(whole.exponent[row]) - BIAS)
        assert abs(_value(kept, row) - _value(whole, row)) < 8 * 2 ** (48 - keep) * unit


def test_alignment_is_truncation_of_each_weight():
    rng = np.random.default_rng(7)
    w, a = _wide(rng, (50, 5), 30), _wide(rng, (50, 5), 30)
    group = _float_group(w, a)
    for row, i in product(range(50), range(5)):
        # weight 2^(E_i - Emax), in units of the greatest pair's last bit
        size = int(float_words(w)[row, i]) & 0x7F_FFFF | (0x80_0000 if float_words(w)[row, i] >> 23 & 255 else 0)
        shift = int(group.exponent[row] - _exponents(w[row], a[row])[i])
        assert group.weight[row, i] == size // 2**shift


@pytest.mark.parametrize("width", range(1, 25))
def test_fixed_point_is_exact(width):
    rng = np.random.default_rng(width)
    w = rng.integers(1 - (1 << width), 1 << width, (40, 9))
    a = rng.integers(1 - (1 << 24), 1 << 24, (40, 9))
    above = rng.integers(0, 1 << 24, w.shape) >> width << width  # bits of a weight that do not count
    group = align(fixed_words(w) | above, fixed_words(a), np.full(40, width), np.zeros(40, int))
    assert [int(s) for s in group_sum(group)] == [
        sum(int(x) * int(y) for x, y in zip(*rows, strict=True)) for rows in zip(w, a, strict=True)
    ]
    assert (group.exponent == 2).all()
    assert (group.flags == 8).all()
    assert (ones(group)[:, width:] == 0).all()


def test_every_choice_of_lanes():
    for width, keep in product(range(25), range(32)):
        top = width or 24
        low = top - keep if 0 < keep <= top else 0
        assert int(lanes(np.array(width), np.array(keep))) == sum(1 << b for b in range(low, top))


def test_significances_are_a_transposition():
    rng = np.random.default_rng(3)
    group = _float_group(_wide(rng, (4, 6), 5), _wide(rng, (4, 6), 5))
    bits = significances(group)
    for row, b, i in product(range(4), range(24), range(6)):
        assert bits[row, b, i] == int(group.weight[row, i]) >> b & 1
    assert np.array_equal(bits.sum(axis=2), ones(group))


def test_infinities_and_nan_of_the_sum_are_those_of_ieee():
    numbers = np.array([0.0, -0.0, 1.0, -2.0, 1e-45, np.inf, -np.inf, np.nan], np.float32)
    pairs = list(product(numbers, repeat=4))
    w, a = np.array(pairs, np.float32)[:, :2], np.array(pairs, np.float32)[:, 2:]
    group = _float_group(w, a)
    with np.errstate(invalid="ignore"):
        total = (w.astype(np.float64) * a.astype(np.float64)).sum(axis=1)
    assert np.array_equal(group.nan, np.isnan(total))
    assert np.array_equal(group.plus_infinite & ~group.nan, total == np.inf)
    assert np.array_equal(group.minus_infinite & ~group.nan, total == -np.inf)
    assert np.array_equal(group.flags == 0, np.isfinite(total))
