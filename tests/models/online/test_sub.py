"""Golden model of the online subtractor against exact integers."""

from __future__ import annotations

import numpy as np
import pytest

from models.online.digits import every, to_integers
from models.online.sub import sub


def _random(rows, n, seed):
    return np.random.default_rng(seed).integers(-1, 2, (2, rows, n), dtype=np.int8)


def test_worked_example():
    z = sub(np.array([[1, -1, 1, 0]], np.int8), np.array([[-1, -1, 0, 1]], np.int8))
    assert z.tolist() == [[1, 0, 0, 0, 1]]
    assert to_integers(z).tolist() == [6 + 11]


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_every_pair_is_exact(n):
    rows = every(n)
    x, y = np.repeat(rows, len(rows), axis=0), np.tile(rows, (len(rows), 1))
    z = sub(x, y)
    assert z.shape == (9**n, n + 1)
    assert z.dtype == np.int8
    assert set(np.unique(z)) == {-1, 0, 1}
    assert np.array_equal(to_integers(z), to_integers(x) - to_integers(y))


@pytest.mark.parametrize("n", [8, 16, 32, 64])
def test_random_pairs_are_exact(n):
    x, y = _random(2000, n, n)
    z = sub(x, y)
    assert abs(z).max() == 1
    assert np.array_equal(to_integers(z), to_integers(x) - to_integers(y))


def test_a_number_less_another_form_of_itself_is_zero():
    x = np.array([[1, -1, 0, 1], [0, 1, 1, 0], [-1, 1, 1, 1]], np.int8)
    y = np.array([[0, 1, 1, -1], [1, 0, -1, 0], [0, 0, 0, -1]], np.int8)
    assert to_integers(sub(x, y)).tolist() == [0, 0, 0]


def test_wrong_operands():
    x = np.zeros((2, 4), np.int8)
    with pytest.raises(ValueError, match=r"^x and y must have one shape, not \(2, 4\) and \(2, 3\)$"):
        sub(x, x[:, :3])
    with pytest.raises(ValueError, match=r"^x must hold digits"):
        sub(x + np.int8(2), x)
    with pytest.raises(ValueError, match=r"^y must hold digits"):
        sub(x, x - np.int8(2))
