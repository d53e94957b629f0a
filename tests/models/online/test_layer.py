"""Golden model of the FGIE layer against single neurons, exact integers and maxima, and termination against none."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from models.online.digits import to_fraction, to_integers
from models.online.dot import levels
from models.online.layer import layer, period
from models.online.neuron import Shape, neuron

WB, K, M, N = 6, 5, 4, 4


def _stimulus(rows, seed):
    rng = np.random.default_rng(seed)
    x = rng.integers(-1, 2, (rows, K, N), dtype=np.int8)
    y, bias = rng.integers(-32, 32, (M, K)), rng.integers(-32, 32, M)
    return x, y, bias, rng.integers(0, N + 2, rows), rng.integers(1, 13, rows)


@pytest.mark.parametrize("merged", [False, True])
def test_each_neuron_is_a_neuron(merged):
    x, y, bias, operands, digits = _stimulus(60, 1)
    shape = Shape(WB, levels(K + 1), merged)
    found = layer(x, y, bias, operands, digits, 12, shape)
    cut = np.where(np.arange(N) < operands[:, None, None], x, 0).astype(np.int8)
    saved = 0
    for m in range(M):
        z, some = neuron(cut, np.tile(y[m], (60, 1)), np.full(60, bias[m]), digits, 12, shape)
        assert np.array_equal(found.z[:, m], z)
        saved = saved + some
    assert np.array_equal(found.saved, saved)
    assert np.array_equal(found.total, M * digits)


@pytest.mark.parametrize("merged", [False, True])
@pytest.mark.parametrize("pool", [1, 2, 4])
def test_whole_results_are_exact(merged, pool):
    x, y, bias, _, _ = _stimulus(200, 2)
    shape = Shape(WB, levels(K + 1), merged)
    length = shape.growth + N + WB - 1
    found = layer(x, y, bias, np.full(200, N), np.full(200, length), length, shape, pool=pool)
    exact = np.maximum(to_integers(x) @ y.T + (bias << (N - 1)), 0)
    assert np.array_equal(to_integers(found.z), exact.reshape(200, M // pool, pool).max(axis=2))


@pytest.mark.parametrize("merged", [False, True])
def test_error_in_rational_arithmetic_at_any_precision(merged):
    x, y, bias, operands, digits = _stimulus(40, 3)
    shape = Shape(WB, levels(K + 1), merged, relu=False)
    found = layer(x, y, bias, operands, digits, 12, shape)
    for row in range(40):
        for m in range(M):
            terms = [to_fraction(np.append(x[row, k, : operands[row]], np.int8(0))) * int(y[m, k]) for k in range(K)]
            exact = (sum(terms, Fraction(0)) + Fraction(int(bias[m]), 2)) / 32
            z = to_fraction(found.z[row, m], Fraction(2) ** (shape.growth - 1))
            assert abs(z - exact) <= Fraction(2) ** (shape.growth - int(digits[row]))


@pytest.mark.parametrize("pool", [1, 2])
def test_early_termination_never_changes_a_result(pool):
    x, y, bias, operands, digits = _stimulus(2000, 4)
    shape = Shape(WB, levels(K + 1))
    on = layer(x, y, bias, operands, digits, 12, shape, pool=pool)
    off = layer(x, y, bias, operands, digits, 12, shape, pool=pool, terminate=False)
    assert np.array_equal(on.z, off.z)
    assert on.saved.sum() > 0
    assert off.saved.sum() == 0


def test_periods():
    assert period(64, 8, merged=True) == 9
    assert period(64, 8, merged=False) == 17


def test_wrong_operands():
    x, y, bias, operands, digits = _stimulus(4, 5)
    with pytest.raises(ValueError, match=r"^pool must divide 4, not be 3$"):
        layer(x, y, bias, operands, digits, 12, Shape(WB, 3), pool=3)
    with pytest.raises(ValueError, match=r"^digits must be one a row, 1 to 4$"):
        layer(x, y, bias, operands, np.full(4, 5), 4, Shape(WB, 3))
