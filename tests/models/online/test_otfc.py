"""Golden model of the on-the-fly converter against exact integers."""

from __future__ import annotations

import numpy as np
import pytest

from models.online.digits import every, to_integers
from models.online.otfc import otfc


def test_worked_example():
    x = np.array([[1, -1, 0, 1], [-1, 0, 0, 0], [0, 0, -1, 1]], np.int8)
    assert otfc(x, np.array([4, 4, 4])).tolist() == [8 - 4 + 1, -8, -1]
    assert otfc(x, np.array([2, 1, 3])).tolist() == [1, -1, -1]


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 6, 8])
def test_every_row_of_every_length(n):
    x = every(n)
    for digits in range(1, n + 1):
        q = otfc(x, np.full(len(x), digits))
        assert q.dtype == np.int64
        assert np.array_equal(q, to_integers(x[:, :digits]))


@pytest.mark.parametrize("n", [16, 32, 61, 62, 64])
def test_random_rows(n):
    rng = np.random.default_rng(n)
    x = rng.integers(-1, 2, (500, n), dtype=np.int8)
    x[:4] = [[1] * n, [-1] * n, [-1] + [1] * (n - 1), [1] + [-1] * (n - 1)]
    digits = rng.integers(1, n + 1, 500)
    digits[:4] = n
    expected = [int(to_integers(row[:count])) for row, count in zip(x, digits, strict=True)]
    assert otfc(x, digits).tolist() == expected


def test_no_rows():
    assert otfc(np.zeros((0, 4), np.int8), np.zeros(0, np.int64)).shape == (0,)


def test_wrong_operands():
    x = np.zeros((2, 4), np.int8)
    with pytest.raises(ValueError, match=r"^digits must be an array of shape \(2,\), not \(1,\)$"):
        otfc(x, np.array([4]))
    with pytest.raises(ValueError, match=r"^digits must be 1 to 4, not 0\.\.4$"):
        otfc(x, np.array([0, 4]))
    with pytest.raises(ValueError, match=r"^digits must be 1 to 4, not 1\.\.5$"):
        otfc(x, np.array([1, 5]))
    with pytest.raises(ValueError, match=r"^x must hold digits"):
        otfc(x + np.int8(2), np.array([4, 4]))
