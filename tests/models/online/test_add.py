"""Golden model of the online adder against exact integers."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from models.online.add import add
from models.online.digits import every, to_fraction, to_integers


def _pairs(n):
    rows = every(n)
    return np.repeat(rows, len(rows), axis=0), np.tile(rows, (len(rows), 1))


def _random(rows, n, seed):
    return np.random.default_rng(seed).integers(-1, 2, (2, rows, n), dtype=np.int8)


def test_worked_example():
    z = add(np.array([[1, -1, 1, 0]], np.int8), np.array([[1, 1, 0, -1]], np.int8))
    assert z.tolist() == [[1, 0, 0, 0, 1]]
    assert to_fraction(z[0], Fraction(1)) == Fraction(17, 16)


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_every_pair_is_exact(n):
    x, y = _pairs(n)
    z = add(x, y)
    assert z.shape == (9**n, n + 1)
    assert z.dtype == np.int8
    assert set(np.unique(z)) == {-1, 0, 1}
    assert np.array_equal(to_integers(z), to_integers(x) + to_integers(y))


@pytest.mark.parametrize("n", [8, 16, 32, 64])
def test_random_pairs_are_exact(n):
    x, y = _random(2000, n, n)
    z = add(x, y)
    assert abs(z).max() == 1
    assert np.array_equal(to_integers(z), to_integers(x) + to_integers(y))


def test_digits_depend_on_two_digits_ahead_only():
    x, y = _random(500, 12, 1)
    whole = add(x, y)
    for k in range(3, 12):
        assert np.array_equal(add(x[:, :k], y[:, :k])[:, : k - 1], whole[:, : k - 1])


def test_zero_digits_carry_no_memory():
    x, y = _random(500, 8, 2)
    apart = np.zeros((500, 1), np.int8)
    both = add(np.hstack([x, apart, y]), np.hstack([y, apart, x]))
    assert np.array_equal(both[:, :9], add(x, y))
    assert np.array_equal(both[:, 9:], add(y, x))


def test_no_rows():
    assert add(np.zeros((0, 4), np.int8), np.zeros((0, 4), np.int8)).shape == (0, 5)


def test_wrong_operands():
    x = np.zeros((2, 4), np.int8)
    with pytest.raises(ValueError, match=r"^x and y must have one shape, not \(2, 4\) and \(2, 3\)$"):
        add(x, x[:, :3])
    with pytest.raises(ValueError, match=r"^y must hold digits"):
        add(x, x + np.int8(2))
