"""Golden model of the serial x serial online multiplier against exact products."""

from __future__ import annotations

import numpy as np
import pytest

from models.online.digits import every, to_integers
from models.online.mul import mul, select


def _pairs(n):
    rows = every(n)
    return np.repeat(rows, len(rows), axis=0), np.tile(rows, (len(rows), 1))


def _random(rows, n, seed):
    return np.random.default_rng(seed).integers(-1, 2, (2, rows, n), dtype=np.int8)


def _python(digits):
    return to_integers(digits).astype(object)


def _check(x, y):
    """Check every prefix of the product against the digits that have come in, and the exact double length."""
    n = x.shape[1]
    p = mul(x, y, 2 * n)
    assert p.shape == (len(x), 2 * n)
    assert p.dtype == np.int8
    assert abs(p).max() <= 1
    for k in range(1, 2 * n + 1):
        seen = min(k + 3, n)  # P = X Y - w 2**-k on the digits seen: w in units of 2**-(2 * seen)
        w = (_python(x[:, :seen]) * _python(y[:, :seen]) << k) - (_python(p[:, :k]) << 2 * seen)
        if k < n - 1:
            assert (64 * abs(w) <= 49 << 2 * seen).all()
        else:  # the last digits came in two steps ago or more
            assert (2 * abs(w) <= 1 << 2 * seen).all()
    assert np.array_equal(_python(p), _python(x) * _python(y))


def test_worked_example():
    p = mul(np.array([[1, 0, -1, 1]], np.int8), np.array([[1, 1, 0, -1]], np.int8), 8)
    assert p.tolist() == [[1, -1, 0, 1, 0, -1, 1, -1]]
    assert to_integers(p).tolist() == [77]


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_every_pair(n):
    _check(*_pairs(n))


@pytest.mark.parametrize(("n", "rows"), [(8, 1000), (16, 500), (32, 200), (58, 50), (59, 50), (64, 50)])
def test_random_pairs(n, rows):
    _check(*_random(rows, n, n))


@pytest.mark.parametrize("n", [8, 16, 32, 64])
def test_extreme_pairs(n):
    ends = np.array([[1] * n, [-1] * n, [1, -1] * (n // 2), [-1, 1] * (n // 2), [1] + [-1] * (n - 1), [0] * n], np.int8)
    _check(np.repeat(ends, 6, axis=0), np.tile(ends, (6, 1)))


def test_digits_beyond_the_exact_product_are_zero():
    x, y = _random(200, 8, 1)
    long = mul(x, y, 24)
    assert np.array_equal(long[:, :16], mul(x, y, 16))
    assert not long[:, 16:].any()


def test_zero_digits_behind_change_nothing():
    x, y = _random(200, 8, 2)
    pad = ((0, 0), (0, 60 - 8))
    assert np.array_equal(mul(np.pad(x, pad), np.pad(y, pad), 16), mul(x, y, 16))


@pytest.mark.parametrize("dtype", [np.int64, object])
def test_selection_thresholds(dtype):
    eighths = np.arange(-16, 16).astype(dtype)
    expected = [1 if v >= 4 else -1 if v < -4 else 0 for v in range(-16, 16)]
    assert select(eighths, 3).tolist() == expected


def test_wrong_operands():
    x = np.zeros((2, 4), np.int8)
    with pytest.raises(ValueError, match=r"^x and y must have one shape, not \(2, 4\) and \(1, 4\)$"):
        mul(x, x[:1], 4)
    with pytest.raises(ValueError, match=r"^digits must be at least 1, not 0$"):
        mul(x, x, 0)
    with pytest.raises(ValueError, match=r"^x must hold digits"):
        mul(x - np.int8(3), x, 4)
