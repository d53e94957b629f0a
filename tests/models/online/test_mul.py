"""Golden model of the serial x serial online multiplier against exact products."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from models.online import mul as model
from models.online.digits import every, to_integers
from models.online.mul import compress, mul, retire, select


def _pairs(n):
    rows = every(n)
    return np.repeat(rows, len(rows), axis=0), np.tile(rows, (len(rows), 1))


def _random(rows, n, seed):
    return np.random.default_rng(seed).integers(-1, 2, (2, rows, n), dtype=np.int8)


def _python(digits):
    return to_integers(digits).astype(object)


RESIDUALS = [(3, False), (2, False), (3, True)]  # delta, carry_save


@pytest.fixture
def estimates(monkeypatch):
    """Collect the ends of the estimate, in quarters; the core has four bits for it, and three to keep."""
    ends = [0, 0]

    def spy(s, c, fraction_bits, live):
        digit, s_next, c_next = retire(s, c, fraction_bits, live)
        estimate = (s >> (fraction_bits - 2)) + (c >> (fraction_bits - 2))
        ends[:] = min(ends[0], estimate.min()), max(ends[1], estimate.max())
        kept = s_next >> (fraction_bits - 2)
        assert kept.min() >= -4
        assert kept.max() <= 3
        return digit, s_next, c_next

    monkeypatch.setattr(model, "retire", spy)
    yield ends
    assert ends[0] >= -8
    assert ends[1] <= 7


def _check(x, y, delta=3, carry_save=False):
    """Check every prefix of the product against the digits that have come in, and the exact double length."""
    n = x.shape[1]
    p = mul(x, y, 2 * n, delta=delta, carry_save=carry_save)
    assert p.shape == (len(x), 2 * n)
    assert p.dtype == np.int8
    assert abs(p).max() <= 1
    for k in range(1, 2 * n + 1):
        seen = min(k + delta, n)  # P = X Y - w 2**-k on the digits seen: w in units of 2**-(2 * seen)
        w = (_python(x[:, :seen]) * _python(y[:, :seen]) << k) - (_python(p[:, :k]) << 2 * seen)
        if carry_save:  # |w| <= 3/4 + 2**-(k + 6)
            assert ((abs(w) << k + 6) <= (48 << k) + 1 << 2 * seen).all()
        elif k <= n - delta:  # the same with delta 3, |w| <= 1/2 + 2**-(k + 4) with delta 2
            assert ((abs(w) << k + 6) <= ((48 << k) + 1 if delta == 3 else (32 << k) + 4) << 2 * seen).all()
        elif k >= n - 1:  # the last digits came in two steps ago or more
            assert (2 * abs(w) <= 1 << 2 * seen).all()
    assert np.array_equal(_python(p), _python(x) * _python(y))


def test_worked_example():
    p = mul(np.array([[1, 0, -1, 1]], np.int8), np.array([[1, 1, 0, -1]], np.int8), 8)
    assert p.tolist() == [[1, -1, 0, 1, 0, -1, 1, -1]]
    assert to_integers(p).tolist() == [77]


@pytest.mark.usefixtures("estimates")
@pytest.mark.parametrize(("delta", "carry_save"), RESIDUALS)
@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_every_pair(n, delta, carry_save):
    _check(*_pairs(n), delta, carry_save)


@pytest.mark.usefixtures("estimates")
@pytest.mark.parametrize(("delta", "carry_save"), RESIDUALS)
@pytest.mark.parametrize(("n", "rows"), [(8, 1000), (16, 500), (32, 200), (57, 50), (59, 50), (64, 50)])
def test_random_pairs(n, rows, delta, carry_save):
    _check(*_random(rows, n, n), delta, carry_save)


@pytest.mark.usefixtures("estimates")
@pytest.mark.parametrize(("delta", "carry_save"), RESIDUALS)
@pytest.mark.parametrize("n", [8, 16, 32, 64])
def test_extreme_pairs(n, delta, carry_save):
    ends = np.array([[1] * n, [-1] * n, [1, -1] * (n // 2), [-1, 1] * (n // 2), [1] + [-1] * (n - 1), [0] * n], np.int8)
    _check(np.repeat(ends, 6, axis=0), np.tile(ends, (6, 1)), delta, carry_save)


def test_worked_example_in_carry_save():
    p = mul(np.array([[1, 0, -1, 1]], np.int8), np.array([[1, 1, 0, -1]], np.int8), 8, carry_save=True)
    assert to_integers(p).tolist() == [77]
    x, y = _random(2000, 12, 3)  # other digits, the same value
    assert (mul(x, y, 24, carry_save=True) != mul(x, y, 24)).any()


def _check_cut(x, y, delta, carry_save, fraction):
    """Check that a cut residual errs no more than the terms lose, all of them to one side."""
    n = x.shape[1]
    p = mul(x, y, n, delta=delta, carry_save=carry_save, fraction=fraction)
    error = _python(x) * _python(y) - (_python(p) << n)  # in units of 2**-2n; an ulp is 2**-n
    fraction_loss = Fraction(2) ** (2 * n - 2 * fraction + 2 * delta)
    reach = Fraction(3 if carry_save else 2, 4) * 2**n
    assert fraction_loss <= Fraction(2**n, 4)
    assert -reach <= min(error)
    assert max(error) <= reach + fraction_loss


@pytest.mark.usefixtures("estimates")
@pytest.mark.parametrize(("delta", "carry_save"), RESIDUALS)
def test_every_pair_of_a_cut_residual(delta, carry_save):
    _check_cut(*_pairs(5), delta, carry_save, fraction=delta + 4)


@pytest.mark.usefixtures("estimates")
@pytest.mark.parametrize(("delta", "carry_save"), RESIDUALS)
@pytest.mark.parametrize("n", [8, 9, 16, 24, 32, 64])
def test_random_pairs_of_a_cut_residual(n, delta, carry_save):
    for fraction in range((n + 1) // 2 + delta + 1, (n + 1) // 2 + delta + 4):
        x, y = _random(1000 if n < 30 else 200, n, n)
        x[::2] = np.where(np.random.default_rng(1).random(x[::2].shape) < 0.9, 1, x[::2])
        y[::4] = np.where(np.random.default_rng(2).random(y[::4].shape) < 0.9, -1, y[::4])
        _check_cut(x, y, delta, carry_save, fraction)


@pytest.mark.parametrize(("delta", "carry_save"), RESIDUALS)
def test_estimate_of_the_only_frames_that_leave_the_bounds(estimates, delta, carry_save):
    # |v| > 7/4 follows only from |v| > 7/4 at every step before: x all 1 and y all 1 or -1, or the other way round
    for n in range(2, 65):
        ones = np.ones((4, n), np.int8)
        signs = np.array([[1], [1], [-1], [-1]], np.int8), np.array([[1], [-1], [1], [-1]], np.int8)
        for fraction in (0, *range((n + 1) // 2 + delta + 1, min(n + delta, (n + 1) // 2 + delta + 5))):
            mul(ones * signs[0], ones * signs[1], n, delta=delta, carry_save=carry_save, fraction=fraction)
    assert estimates[0] < -4


@pytest.mark.parametrize("carry", [False, True])
def test_compressor(carry):
    a, b, c = (np.array(v).ravel() for v in np.meshgrid(*[np.arange(-9, 9)] * 3))
    total, carries = compress(a, b, c, carry)
    assert np.array_equal(total + carries, a + b + c + carry)
    assert (carries % 2 == carry).all()


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
    with pytest.raises(ValueError, match=r"^delta must be 3, or without carry-save 2, not 2$"):
        mul(x, x, 4, delta=2, carry_save=True)
    with pytest.raises(ValueError, match=r"^delta must be 3, or without carry-save 2, not 1$"):
        mul(x, x, 4, delta=1)
    with pytest.raises(ValueError, match=r"^fraction must be 0 or at least n / 2 \+ delta \+ 1, not 5$"):
        mul(x, x, 4, fraction=5)
