"""Golden model of the online maximum against exact integers."""

from __future__ import annotations

import numpy as np
import pytest

from models.online.digits import every, to_integers
from models.online.maximum import maximum
from models.online.recode import redundant


def _check(x, y):
    """Check every prefix."""
    z = maximum(x, y)
    assert z.shape == x.shape
    assert z.dtype == np.int8
    assert abs(z).max() <= 1
    for k in range(1, x.shape[1] + 1):
        assert np.array_equal(to_integers(z[:, :k]), np.maximum(to_integers(x[:, :k]), to_integers(y[:, :k])))


def test_worked_example():
    x = np.array([[1, -1, -1, 0]], np.int8)  # leads at its first digit, but is the smaller one
    y = np.array([[0, 1, 1, -1]], np.int8)
    assert maximum(x, y).tolist() == [[1, -1, 1, -1]]
    assert maximum(y, x).tolist() == [[1, -1, 1, -1]]


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5])
def test_every_pair(n):
    rows = every(n)
    _check(np.repeat(rows, len(rows), axis=0), np.tile(rows, (len(rows), 1)))


@pytest.mark.parametrize("n", [8, 16, 32, 64])
def test_random_pairs(n):
    _check(*np.random.default_rng(n).integers(-1, 2, (2, 1000, n), dtype=np.int8))


@pytest.mark.parametrize("n", [8, 16, 32, 60])
def test_close_pairs_in_different_digits(n):
    rng = np.random.default_rng(n)
    x = rng.integers(-1, 2, (2000, n), dtype=np.int8)
    near = to_integers(x) + rng.integers(-2, 3, 2000)
    _check(x, redundant(np.clip(near, 1 - (1 << n), (1 << n) - 1), n, rng))


def test_wrong_operands():
    x = np.zeros((2, 4), np.int8)
    with pytest.raises(ValueError, match=r"^x and y must have one shape, not \(2, 4\) and \(2, 3\)$"):
        maximum(x, x[:, :3])
    with pytest.raises(ValueError, match=r"^y must hold digits"):
        maximum(x, x + np.int8(2))
