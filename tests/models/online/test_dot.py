"""Golden model of the online inner product against exact integer inner products."""

from __future__ import annotations

import numpy as np
import pytest

from models.online.digits import to_integers
from models.online.dot import dot, levels


def _stimulus(rows, k, n, wb, seed):
    rng = np.random.default_rng(seed)
    x = rng.integers(-1, 2, (rows, k, n), dtype=np.int8)
    y = rng.integers(-(1 << (wb - 1)), 1 << (wb - 1), (rows, k))
    x[0], y[0] = 1, -(1 << (wb - 1))
    x[1], y[1] = -1, -(1 << (wb - 1))
    return x, y


def test_levels():
    assert [levels(k) for k in (1, 2, 3, 4, 5, 8, 9, 16, 33, 1024)] == [0, 1, 2, 2, 3, 3, 4, 4, 6, 10]
    with pytest.raises(ValueError, match=r"^k must be at least 1, not 0$"):
        levels(0)


@pytest.mark.parametrize("k", [1, 2, 3, 5, 7, 9, 16, 33])
@pytest.mark.parametrize(("n", "wb"), [(8, 8), (1, 2), (5, 11)])
def test_exact(k, n, wb):
    x, y = _stimulus(100, k, n, wb, k)
    z = dot(x, y, wb, n + wb - 1)
    assert z.shape == (100, n + wb - 1 + levels(k))
    assert z.dtype == np.int8
    assert abs(z).max() == 1
    assert np.array_equal(to_integers(z), (to_integers(x) * y).sum(axis=1))


@pytest.mark.parametrize("k", [1, 3, 9, 16, 33])
def test_every_prefix_is_within_one_ulp(k):
    n, wb = 6, 6
    x, y = _stimulus(200, k, n, wb, k)
    exact = (to_integers(x) * y).sum(axis=1)  # in units of 2**-(n + wb - 1)
    whole = dot(x, y, wb, n + wb - 1)
    for m in range(1, n + wb - 1):
        z = dot(x, y, wb, m)
        assert np.array_equal(z, whole[:, : m + levels(k)])
        assert (abs((to_integers(z) << (n + wb - 1 - m)) - exact) <= 1 << (n + wb - 1 - m)).all()


def test_carry_save_has_the_same_value():
    x, y = _stimulus(300, 9, 16, 8, 2)
    z = dot(x, y, 8, 23, carry_save=True)
    assert np.array_equal(to_integers(z), (to_integers(x) * y).sum(axis=1))
    assert (z != dot(x, y, 8, 23)).any()  # rarely: adders hide most of the difference


def test_digits_beyond_the_exact_sum_are_zero():
    x, y = _stimulus(50, 5, 6, 6, 1)
    assert np.array_equal(dot(x, y, 6, 20), np.pad(dot(x, y, 6, 11), ((0, 0), (0, 9))))


def test_wrong_operands():
    x, y = _stimulus(4, 3, 4, 4, 1)
    with pytest.raises(ValueError, match=r"^y must be an int64 array of shape \(4, 3\), not \(4, 2\)$"):
        dot(x, y[:, :2], 4, 4)
    with pytest.raises(ValueError, match=r"^x must have 3 axes"):
        dot(x[0], y, 4, 4)
    with pytest.raises(ValueError, match=r"^digits must be at least 1, not 0$"):
        dot(x, y, 4, 0)
