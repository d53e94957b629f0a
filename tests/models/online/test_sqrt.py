"""Golden model of the online square root against exact squares."""

from __future__ import annotations

import numpy as np
import pytest

from models.online.digits import every, to_integers
from models.online.recode import redundant
from models.online.sqrt import sqrt


def _python(digits):
    return to_integers(digits).astype(object)


def _check(x):
    """Check every prefix of the root, and long roots: |sqrt(X) - S| < bound ulp when X is between the squares."""
    n = x.shape[1]
    s = sqrt(x, 2 * n)
    assert s.shape == (len(x), 2 * n)
    assert s.dtype == np.int8
    assert abs(s).max() <= 1
    for k in range(1, 2 * n + 1):
        bound = 7 if k >= n else 8  # in eighths of ulp = 2**-k
        root, square = 8 * _python(s[:, :k]), 64 * (_python(x) << 2 * k)
        assert (np.maximum(root - bound, 0) ** 2 << n <= square).all()
        assert ((root + bound) ** 2 << n > square).all()


def _legal(x):
    return x[4 * to_integers(x) >= 1 << x.shape[1]]


def test_worked_example():
    s = sqrt(np.array([[1, 0, -1, 1]], np.int8), 8)
    assert s.tolist() == [[1, 1, -1, 1, -1, 1, -1, -1]]  # 169/256, where the root of 7/16 is 169.3/256


@pytest.mark.parametrize("n", [2, 3, 4, 6, 8, 10])
def test_every_row(n):
    _check(_legal(every(n)))


@pytest.mark.parametrize(("n", "rows"), [(8, 2000), (16, 1000), (32, 400), (60, 50), (61, 50), (64, 50)])
def test_random_rows(n, rows):
    rng = np.random.default_rng(n)
    quarter = 1 << (n - 2)
    x = [quarter + int(part * 3 * quarter) for part in rng.random(rows)]
    x[:7] = quarter, quarter + 1, quarter + 2, 4 * quarter - 1, 4 * quarter - 2, 4 * quarter - 3, 2 * quarter
    _check(redundant(np.array(x, object), n, rng))


@pytest.mark.parametrize("n", [8, 16, 32, 64])
def test_extreme_digits(n):
    """Digits ahead of the number, and behind it, for as long as can be."""
    k = np.arange(1, n - 1)[:, None]
    at = np.arange(1, n + 1)
    ahead = np.where(at <= k, 1, -1)
    behind = np.where(at < k, 1, at != k)
    _check(_legal(np.vstack([ahead, behind]).astype(np.int8)))


def test_zero_digits_behind_change_nothing():
    x = _legal(every(5))
    assert np.array_equal(sqrt(np.pad(x, ((0, 0), (0, 60))), 16), sqrt(x, 16))


def test_wrong_operands():
    x = np.zeros((2, 4), np.int8)
    with pytest.raises(ValueError, match=r"^digits must be at least 1, not 0$"):
        sqrt(x, 0)
    with pytest.raises(ValueError, match=r"^x must hold digits"):
        sqrt(x + np.int8(2), 4)
