"""Golden model of the online divider against exact fractions."""

from __future__ import annotations

import numpy as np
import pytest

from models.online.digits import every, to_integers
from models.online.div import div, select
from models.online.recode import redundant


def _python(digits):
    return to_integers(digits).astype(object)


def _check(x, d):
    """Check every prefix of the quotient, and long quotients."""
    n = x.shape[1]
    q = div(x, d, 2 * n)
    assert q.shape == (len(x), 2 * n)
    assert q.dtype == np.int8
    assert abs(q).max() <= 1
    for k in range(1, 2 * n + 1):
        error = (_python(x) << k) - _python(q[:, :k]) * _python(d)  # in ulp = 2**-k, times D
        if k < n:
            assert (abs(error) < _python(d)).all()
        else:
            assert (4 * abs(error) < 3 * _python(d)).all()


def _legal(x, d):
    """Return all pairs with 1/2 <= D and |X| < D."""
    d = d[2 * to_integers(d) >= 1 << d.shape[1]]
    x, d = np.repeat(x, len(d), axis=0), np.tile(d, (len(x), 1))
    pick = abs(to_integers(x)) < to_integers(d)
    return x[pick], d[pick]


def test_worked_example():
    q = div(np.array([[0, 1, 0, 1]], np.int8), np.array([[1, 1, -1, 1]], np.int8), 8)
    assert q.tolist() == [[1, 0, 0, -1, 1, -1, 0, 1]]  # 117/256, where 5/11 is 116.4/256


@pytest.mark.parametrize("n", [2, 3, 4, 5, 6])
def test_every_pair(n):
    _check(*_legal(every(n), every(n)))


@pytest.mark.parametrize(("n", "rows"), [(8, 2000), (16, 1000), (32, 400), (60, 50), (61, 50), (64, 50)])
def test_random_pairs(n, rows):
    rng = np.random.default_rng(n)
    half = 1 << (n - 1)
    d = [half + int(part * half) for part in rng.random(rows)]
    d[:6] = half, half + 1, 2 * half - 1, 2 * half - 2, half, 2 * half - 1
    x = [int((2 * part - 1) * value) for part, value in zip(rng.random(rows), d, strict=True)]
    x[:10] = [0, 0, *(1 - value for value in d[2:6]), *(value - 1 for value in d[6:10])]
    _check(redundant(np.array(x, object), n, rng), redundant(np.array(d, object), n, rng))


@pytest.mark.parametrize("n", [8, 16, 32, 64])
def test_dividends_ahead_of_the_divisor(n):
    """X is above D as far as digit k, which makes v greater than 2, and below D in the end."""
    k = np.arange(2, n - 1)[:, None]
    at = np.arange(1, n + 1)
    x = np.where(at <= k, 1, -1).astype(np.int8)
    d = (at != k).astype(np.int8)
    _check(np.vstack([x, -x]), np.vstack([d, d]))


def test_zero_digits_behind_change_nothing():
    x, d = _legal(every(4), every(4))
    pad = ((0, 0), (0, 60))
    assert np.array_equal(div(np.pad(x, pad), np.pad(d, pad), 16), div(x, d, 16))


@pytest.mark.parametrize("dtype", [np.int64, object])
def test_selection_thresholds(dtype):
    sixteenths = np.arange(-32, 32).astype(dtype)
    expected = [1 if v >= 4 else -1 if v < -4 else 0 for v in range(-32, 32)]
    assert select(sixteenths, 4).tolist() == expected


def test_wrong_operands():
    x = np.zeros((2, 4), np.int8)
    with pytest.raises(ValueError, match=r"^x and d must have one shape, not \(2, 4\) and \(1, 4\)$"):
        div(x, x[:1], 4)
    with pytest.raises(ValueError, match=r"^digits must be at least 1, not 0$"):
        div(x, x, 0)
    with pytest.raises(ValueError, match=r"^d must hold digits"):
        div(x, x - np.int8(3), 4)
