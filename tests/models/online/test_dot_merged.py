"""Golden model of the merged inner product against exact integer inner products."""

from __future__ import annotations

import numpy as np
import pytest

from models.online import dot_merged as model
from models.online.digits import to_integers
from models.online.dot import dot, levels
from models.online.dot_merged import compress_rows, dot_merged
from models.online.mul import retire
from models.online.mul_const import mul_const

RESIDUALS = [(1, False), (2, False), (2, True)]  # delta, carry_save


@pytest.fixture
def estimates(monkeypatch):
    """Hold each estimate to the four bits that the core has, the residual to three."""
    ends = [0, 0]

    def spy(s, c, fraction_bits, live):
        estimate = (s >> (fraction_bits - 2)) + (c >> (fraction_bits - 2))
        ends[:] = min(ends[0], estimate.min()), max(ends[1], estimate.max())
        digit, s, c = retire(s, c, fraction_bits, live)
        assert ((s >> (fraction_bits - 2)) >> 2 == (s >> fraction_bits)).all()
        assert abs(2 * (s >> (fraction_bits - 2)) + 1).max() <= 7  # -4..3
        return digit, s, c

    monkeypatch.setattr(model, "retire", spy)
    yield ends
    assert -8 <= ends[0] <= ends[1] <= 7


def _stimulus(rows, k, n, wb, seed):
    """Random operands and extreme ones, every sign at once, and random shares of extreme ones."""
    rng = np.random.default_rng(seed)
    least = -(1 << (wb - 1))
    share, digit = rng.random((rows, 1)), rng.integers(-1, 2, (rows, 1, 1))
    x = rng.integers(-1, 2, (rows, k, n))
    x = np.where(rng.random((rows, k, 1)) < share[:, :, None], digit, x).astype(np.int8)
    y = np.where(rng.random((rows, k)) < share, least, rng.integers(least, -least, (rows, k)))
    b = np.where(rng.random((rows, 1)) < share, -digit[:, 0], rng.integers(-1, 2, (rows, n))).astype(np.int8)
    for row, one in ((0, 1), (1, -1)):
        x[row], y[row], b[row] = one, least, -one
    return x, y, b


@pytest.mark.usefixtures("estimates")
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize(("delta", "carry_save"), RESIDUALS)
@pytest.mark.parametrize(("n", "wb"), [(8, 8), (1, 2), (5, 11), (6, 4)])
@pytest.mark.parametrize("k", [1, 2, 3, 9, 16, 32, 33])
def test_every_prefix_and_the_exact_sum(k, n, wb, delta, carry_save, bias):
    x, y, b = _stimulus(120, k, n, wb, k)
    last, g = n + wb - 1, levels(k + bias)
    z = dot_merged(x, y, wb, last, bias=b if bias else None, delta=delta, carry_save=carry_save)
    assert z.shape == (120, last + g)
    assert z.dtype == np.int8
    assert abs(z).max() == 1
    exact = (to_integers(x) * y).sum(axis=1) + bias * (to_integers(b) << (wb - 1))  # in units of 2**-last
    assert np.array_equal(to_integers(z), exact)
    for m in range(1 - g, last):
        prefix = to_integers(z[:, : m + g]) << (last - m)
        assert (abs(prefix - exact) <= 1 << (last - m)).all()
        seen = m + g + delta
        if seen < n:  # w, of the digits that have come in
            head = (to_integers(x[:, :, :seen]) * y).sum(axis=1) + bias * (to_integers(b[:, :seen]) << (wb - 1))
            head = head << (n - seen)
            reach = 2 if delta == 1 else 3
            assert (4 * abs(head - prefix) <= reach << (last - m)).all()


@pytest.mark.usefixtures("estimates")
@pytest.mark.parametrize(("delta", "carry_save"), RESIDUALS)
@pytest.mark.parametrize(("k", "growth"), [(2, 0), (9, 2), (33, 0), (33, 5)])
def test_less_growth_for_weights_of_less_sum(k, growth, delta, carry_save):
    rng = np.random.default_rng(k)
    x, _, b = _stimulus(200, k, 7, 8, k)
    shares = rng.dirichlet(np.ones(k + 1), 200)[:, :k]
    y = np.where(rng.random((200, k)) < 0.5, -1, 1) * (shares * (1 << growth) * 128).astype(np.int64)
    y[0], y[1] = 0, 0
    y[:2, -1] = -min(128, 128 << growth)
    for row in range(200):
        x[row, : k // 2] = np.where(row % 2, np.sign(y[row, : k // 2]), x[row, : k // 2].T).T
    x[:2, -1] = np.array([[1], [-1]])
    z = dot_merged(x, y.clip(-128, 127), 8, 14, growth=growth, delta=delta, carry_save=carry_save)
    assert z.shape == (200, 14 + growth)
    assert np.array_equal(to_integers(z), (to_integers(x) * y.clip(-128, 127)).sum(axis=1))
    del b


def test_one_product_is_that_of_the_multiplier():
    x, y, _ = _stimulus(200, 1, 8, 8, 1)
    for delta in (1, 2):
        assert np.array_equal(dot_merged(x, y, 8, 15, delta=delta), mul_const(x[:, 0], y[:, 0], 8, 15, delta=delta))


def test_the_tree_has_the_same_value_length_and_weights():
    x, y, b = _stimulus(200, 12, 6, 8, 5)
    merged = dot_merged(x, y, 8, 13, bias=b)
    one = np.concatenate([x, -b[:, None]], axis=1), np.pad(y, ((0, 0), (0, 1)), constant_values=-128)
    tree = dot(*one, 8, 13)
    assert merged.shape == tree.shape
    assert np.array_equal(to_integers(merged), to_integers(tree))


def test_zeros_behind_the_exact_sum():
    x, y, b = _stimulus(50, 5, 6, 6, 1)
    for delta, carry_save in RESIDUALS:
        long = dot_merged(x, y, 6, 20, bias=b, delta=delta, carry_save=carry_save)
        short = dot_merged(x, y, 6, 11, bias=b, delta=delta, carry_save=carry_save)
        assert np.array_equal(long, np.pad(short, ((0, 0), (0, 9))))


@pytest.mark.parametrize("count", [1, 2, 3, 4, 7, 10])
def test_compressed_rows_keep_the_total(count):
    rng = np.random.default_rng(count)
    rows, carries = list(rng.integers(-99, 99, (count, 50))), list(rng.integers(0, 2, (count, 50)) == 1)
    two, waiting = compress_rows(rows, carries)
    assert len(two) == len(waiting) == 2
    assert np.array_equal(sum(two) + sum(waiting, np.zeros(50, int)), sum(rows) + sum(carries, np.zeros(50, int)))


def test_wrong_operands():
    x, y, b = _stimulus(4, 3, 4, 4, 1)
    with pytest.raises(ValueError, match=r"^y must be an int64 array of shape \(4, 3\), not \(4, 2\)$"):
        dot_merged(x, y[:, :2], 4, 4)
    with pytest.raises(ValueError, match=r"^bias must have shape \(4, 4\), not \(4, 3\)$"):
        dot_merged(x, y, 4, 4, bias=b[:, :3])
    with pytest.raises(ValueError, match=r"^digits must be at least 1, not 0$"):
        dot_merged(x, y, 4, 0)
    with pytest.raises(ValueError, match=r"^delta must be 2, or without carry-save 1, not 1$"):
        dot_merged(x, y, 4, 4, delta=1, carry_save=True)
    with pytest.raises(ValueError, match=r"^growth must be 0 to 2, not 3$"):
        dot_merged(x, y, 4, 4, growth=3)
