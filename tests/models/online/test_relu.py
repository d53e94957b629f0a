"""Golden model of the online ReLU against exact integers."""

from __future__ import annotations

import numpy as np
import pytest

from models.online.digits import every, to_integers
from models.online.relu import relu


def _check(x):
    """Check the value, and the sign of every prefix."""
    z, sign = relu(x)
    assert z.shape == sign.shape == x.shape
    assert z.dtype == sign.dtype == np.int8
    assert to_integers(z).tolist() == [max(0, value) for value in to_integers(x).tolist()]
    for k in range(1, x.shape[1] + 1):
        assert sign[:, k - 1].tolist() == [(value > 0) - (value < 0) for value in to_integers(x[:, :k]).tolist()]


def test_worked_example():
    z, sign = relu(np.array([[0, -1, 1, 1], [0, 1, -1, 0], [0, 0, 0, 0]], np.int8))
    assert z.tolist() == [[0, 0, 0, 0], [0, 1, -1, 0], [0, 0, 0, 0]]
    assert sign.tolist() == [[0, -1, -1, -1], [0, 1, 1, 1], [0, 0, 0, 0]]


@pytest.mark.parametrize("n", [1, 2, 3, 4, 6, 8])
def test_every_row(n):
    _check(every(n))


@pytest.mark.parametrize("n", [16, 32, 64])
def test_random_rows(n):
    rng = np.random.default_rng(n)
    _check(rng.integers(-1, 2, (500, n), dtype=np.int8) * (np.arange(n) >= rng.integers(0, n + 1, (500, 1))))


def test_digits_do_not_depend_on_those_behind():
    x = np.random.default_rng(1).integers(-1, 2, (200, 12), dtype=np.int8)
    for k in range(1, 12):
        for whole, part in zip(relu(x), relu(x[:, :k]), strict=True):
            assert np.array_equal(whole[:, :k], part)


def test_wrong_operands():
    with pytest.raises(ValueError, match=r"^x must hold digits"):
        relu(np.full((2, 4), 2, np.int8))
    with pytest.raises(ValueError, match=r"^x must have 2 axes"):
        relu(np.zeros(4, np.int8))
