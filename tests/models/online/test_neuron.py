"""Golden model of the FGIE neuron against exact rational sums, and early termination against none."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from models.online.digits import every, to_fraction, to_integers
from models.online.dot import levels
from models.online.neuron import Shape, merged_digits, neuron, rectify, total


def _stimulus(rows, k, n, wb, seed):
    rng = np.random.default_rng(seed)
    half = 1 << (wb - 1)
    x = rng.integers(-1, 2, (rows, k, n), dtype=np.int8)
    y, bias = rng.integers(-half, half, (rows, k)), rng.integers(-half, half, rows)
    for row, (side, weight) in enumerate(product((-1, 1), (-half, half - 1))):
        x[row], y[row], bias[row] = side, weight, weight
    return x, y, bias


def _sum(x, y, bias, wb):
    """Exact value of one row."""
    terms = [to_fraction(x[k]) * Fraction(int(y[k]), 1 << (wb - 1)) for k in range(len(x))]
    return sum(terms, Fraction(int(bias), 1 << wb))


@pytest.mark.parametrize("merged", [False, True])
@pytest.mark.parametrize("k", [1, 2, 3, 4, 7, 8, 16])
def test_every_prefix_is_within_an_ulp_and_the_whole_exact(k, merged):
    n, wb, rows = 4, 5, 40
    x, y, bias = _stimulus(rows, k, n, wb, k)
    shape = Shape(wb, levels(k + 1), merged)
    length = shape.growth + n + wb - 1
    z = total(x, y, bias, length, shape)
    first = Fraction(2) ** (shape.growth - 1)
    for row in range(rows):
        exact = _sum(x[row], y[row], bias[row], wb)
        assert to_fraction(z[row], first) == exact
        for d in range(1, length):
            assert abs(to_fraction(z[row, :d], first) - exact) <= Fraction(2) ** (shape.growth - d)


@pytest.mark.parametrize("merged", [False, True])
@pytest.mark.parametrize("k", [1, 3, 9])
def test_early_termination_never_changes_a_result(k, merged):
    n, wb, rows = 5, 6, 3000
    x, y, bias = _stimulus(rows, k, n, wb, k)
    shape = Shape(wb, levels(k + 1), merged)
    digits = np.random.default_rng(k).integers(1, 15, rows)
    on, saved = neuron(x, y, bias, digits, 14, shape)
    off, none = neuron(x, y, bias, digits, 14, shape, terminate=False)
    assert np.array_equal(on, off)
    assert not none.any()
    # a stopped row: its digits up to the deciding one are that one alone, and make it negative
    raw = total(x, y, bias, 14, shape)
    for row in np.flatnonzero(saved):
        computed = raw[row, : digits[row] - saved[row]]
        assert computed[-1] == -1
        assert not computed[:-1].any()
    whole = to_integers(np.where(np.arange(14) < digits[:, None], raw, 0).astype(np.int8))
    assert (saved[whole >= 0] == 0).all()


def test_termination_is_exact_on_every_frame():
    frames = every(7)
    for d in (1, 4, 7):
        digits = np.full(len(frames), d)
        on, saved = rectify(frames, digits, Shape(8, 0))
        off, _ = rectify(frames, digits, Shape(8, 0), terminate=False)
        assert np.array_equal(on, off)
        # of 3**d frames, those that begin with j zeros and -1 save d - 1 - j digits
        expected = sum((d - 1 - j) * 3 ** (7 - 1 - j) for j in range(d))
        assert saved.sum() == expected


@pytest.mark.parametrize(("growth", "share"), [(0, 1), (0, 3), (1, 3), (2, 5), (3, 8)])
def test_a_smaller_growth_is_exact_when_the_weights_fit(growth, share):
    """Sum |Y| + |B| / 2 <= 2**growth is enough: the extreme digits of every sort, in every order, end exact."""
    wb, n = 6, 5
    limit = 1 << (wb - 1 + growth)  # of sum |y| + |bias| / 2
    patterns = every(n)  # the same digit in all operands, aligned with their weights, is the worst case
    for bias in (-32, -31, -1, 0, 7, 31):
        weights = limit - (abs(bias) + 1) // 2
        k = max(share, -(-weights // 31))
        y = np.full(k, weights // k)
        y[: weights - y.sum()] += 1
        assert 2 * abs(y).sum() + abs(bias) <= 2 * limit
        x = np.broadcast_to(patterns[:, None], (len(patterns), k, n))
        rows = np.broadcast_to(y, (len(patterns), k))
        length = growth + n + wb - 1
        z = total(x, rows, np.full(len(patterns), bias), length, Shape(wb, growth))
        assert np.array_equal(to_integers(z), to_integers(patterns) * y.sum() + (bias << (n - 1)))


@pytest.mark.parametrize("bias", range(9))
def test_the_bound_on_growth_is_sharp(bias):
    """Every sequence of digit sums that the bound allows converges; a step beyond it, some does not."""
    bits, n = 4, 4  # 1/2 is 8
    weights = np.array([1 << (n - 1 - i) for i in range(n)])

    def exact(most, side):
        sums = np.array(list(product(range(-most, most + 1), repeat=n)), np.int64)
        sums[:, 0] += side
        return np.array_equal(to_integers(merged_digits(sums, bits, n + bits - 1)), sums @ weights)

    most = 8 - (bias + 1) // 2
    assert exact(most, bias)
    assert exact(most, -bias)
    assert not (exact(most + 1, bias) and exact(most + 1, -bias))


def test_wrong_operands():
    x, y, bias = _stimulus(4, 3, 4, 4, 1)
    with pytest.raises(ValueError, match=r"^digits must be one a row, 1 to 8$"):
        neuron(x, y, bias, np.array([1, 2, 3, 9]), 8, Shape(4, 2))
    with pytest.raises(ValueError, match=r"^y must be an int64 array of shape \(4,\), not \(3,\)$"):
        neuron(x, y, bias[:3], np.full(4, 8), 8, Shape(4, 2))
