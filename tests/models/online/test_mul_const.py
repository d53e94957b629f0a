"""Golden model of the serial x parallel online multiplier against exact products."""

from __future__ import annotations

import numpy as np
import pytest

from models.online.digits import every, to_integers
from models.online.mul_const import mul_const

RESIDUALS = [(2, False), (1, False), (2, True)]  # delta, carry_save


def _check(x, y, wb, delta=2, carry_save=False):
    """Check every prefix of the product against the digits that have come in, and the exact full length."""
    n, bits = x.shape[1], wb - 1
    p = mul_const(x, y, wb, n + bits, delta=delta, carry_save=carry_save)
    assert p.shape == (len(x), n + bits)
    assert p.dtype == np.int8
    assert abs(p).max() <= 1
    for k in range(1, n + bits + 1):
        seen = min(k + delta, n)  # P = X Y - w 2**-k on the digits seen: w in units of 2**-(seen + bits)
        w = (to_integers(x[:, :seen]) * y << k) - (to_integers(p[:, :k]) << (seen + bits))
        if carry_save or (delta == 2 and k < n - 1):
            assert (4 * abs(w) <= 3 << (seen + bits)).all()
        else:  # the last digit came in one step ago or more
            assert (2 * abs(w) <= 1 << (seen + bits)).all()
    assert np.array_equal(to_integers(p), to_integers(x) * y)


@pytest.mark.parametrize(("delta", "carry_save"), RESIDUALS)
@pytest.mark.parametrize("wb", [2, 3, 4, 5])
@pytest.mark.parametrize("n", [1, 2, 4])
def test_every_pair(n, wb, delta, carry_save):
    weights = np.arange(-(1 << (wb - 1)), 1 << (wb - 1))
    rows = every(n)
    _check(np.repeat(rows, len(weights), axis=0), np.tile(weights, len(rows)), wb, delta, carry_save)


@pytest.mark.parametrize(("delta", "carry_save"), RESIDUALS)
@pytest.mark.parametrize(("n", "wb"), [(8, 8), (16, 8), (16, 16), (5, 13), (8, 32)])
def test_random_pairs(n, wb, delta, carry_save):
    rng = np.random.default_rng(n + wb)
    y = rng.integers(-(1 << (wb - 1)), 1 << (wb - 1), 500)
    y[:2] = -(1 << (wb - 1)), (1 << (wb - 1)) - 1
    x = rng.integers(-1, 2, (500, n), dtype=np.int8)
    x[:2] = 1
    _check(x, y, wb, delta, carry_save)


@pytest.mark.parametrize(("delta", "carry_save"), RESIDUALS)
def test_least_weight_against_all_ones(delta, carry_save):
    _check(np.array([[1] * 20, [-1] * 20], np.int8), np.array([-128, -128]), 8, delta, carry_save)


def test_wrong_delta():
    with pytest.raises(ValueError, match=r"^delta must be 2, or without carry-save 1, not 1$"):
        mul_const(np.zeros((1, 4), np.int8), np.zeros(1, np.int64), 4, 4, delta=1, carry_save=True)


def test_worked_example():
    p = mul_const(np.array([[1, -1, 1, 1]], np.int8), np.array([-3]), 4, 7)
    assert p.tolist() == [[0, -1, 1, -1, 1, 0, -1]]
    assert to_integers(p).tolist() == [7 * -3]


def test_digits_beyond_the_exact_product_are_zero():
    x = np.random.default_rng(1).integers(-1, 2, (200, 8), dtype=np.int8)
    y = np.random.default_rng(2).integers(-128, 128, 200)
    long = mul_const(x, y, 8, 40)
    assert np.array_equal(long[:, :15], mul_const(x, y, 8, 15))
    assert not long[:, 15:].any()


@pytest.mark.parametrize(
    ("y", "wb", "digits", "message"),
    [
        (np.array([0, 0]), 1, 4, "^wb must be 2 to 32, not 1$"),
        (np.array([0, 0]), 33, 4, "^wb must be 2 to 32, not 33$"),
        (np.array([0]), 4, 4, r"^y must be an int64 array of shape \(2,\), not \(1,\)$"),
        (np.array([0, 8]), 4, 4, r"^y must fit in 4 bits, not 0\.\.8$"),
        (np.array([-9, 0]), 4, 4, r"^y must fit in 4 bits, not -9\.\.0$"),
        (np.array([0, 0]), 4, 0, "^digits must be at least 1, not 0$"),
    ],
)
def test_wrong_operands(y, wb, digits, message):
    with pytest.raises(ValueError, match=message):
        mul_const(np.zeros((2, 4), np.int8), y, wb, digits)
