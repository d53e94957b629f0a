"""Golden model of the recoder, and redundant forms, against exact integers."""

from __future__ import annotations

import numpy as np
import pytest

from models.online.digits import every, to_integers
from models.online.recode import recode, redundant


def test_worked_examples():
    z = recode(np.array([-8, -5, -1, 0, 5, 7]), 4, 4)
    assert z.dtype == np.int8
    assert z.tolist() == [[-1, 0, 0, 0], [-1, 0, 1, 1], [-1, 1, 1, 1], [0] * 4, [0, 1, 0, 1], [0, 1, 1, 1]]


@pytest.mark.parametrize("wb", [2, 3, 4, 8])
def test_every_word_is_exact_and_cut_short_rounds_down(wb):
    x = np.arange(-(1 << (wb - 1)), 1 << (wb - 1))
    for digits in range(1, wb + 4):
        z = recode(x, wb, digits)
        assert z.shape == (1 << wb, digits)
        assert (z[:, 1:] >= 0).all()
        assert np.array_equal(z[:, 0], np.where(x < 0, -1, 0))
        expected = x >> (wb - digits) if digits <= wb else x << (digits - wb)
        assert np.array_equal(to_integers(z), expected)


@pytest.mark.parametrize("wb", [16, 32, 62, 63, 64])
def test_random_words_are_exact(wb):
    low, high = -(1 << (wb - 1)), (1 << (wb - 1)) - 1
    x = np.random.default_rng(wb).integers(low, high, 500, endpoint=True)
    x[:4] = low, high, -1, 0
    assert to_integers(recode(x, wb, wb)).tolist() == x.tolist()


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_redundant_draws_every_form_of_every_number(n):
    x = to_integers(every(n)).repeat(400)
    rows = redundant(x, n, np.random.default_rng(n))
    assert rows.dtype == np.int8
    assert np.array_equal(to_integers(rows), x)
    assert len(np.unique(rows, axis=0)) == 3**n


@pytest.mark.parametrize("n", [8, 32, 62, 64])
def test_redundant_forms_are_exact(n):
    rng = np.random.default_rng(n)
    x = to_integers(rng.integers(-1, 2, (500, n), dtype=np.int8))
    x[:4] = (1 << n) - 1, 1 - (1 << n), 0, 3 - (1 << n)
    rows = redundant(x, n, rng)
    assert abs(rows).max() == 1
    assert to_integers(rows).tolist() == x.tolist()


def test_wrong_operands():
    rng = np.random.default_rng(1)
    with pytest.raises(ValueError, match=r"^wb must be 2 to 64, not 1$"):
        recode(np.array([0]), 1, 4)
    with pytest.raises(ValueError, match=r"^digits must be at least 1, not 0$"):
        recode(np.array([0]), 4, 0)
    with pytest.raises(ValueError, match=r"^values must lie between -2\*\*3 and 2\*\*3 - 1$"):
        recode(np.array([8]), 4, 4)
    with pytest.raises(ValueError, match=r"^n must be at least 1, not 0$"):
        redundant(np.array([0]), 0, rng)
    with pytest.raises(ValueError, match=r"^values must lie between -2\*\*4 and 2\*\*4, both excluded$"):
        redundant(np.array([-16]), 4, rng)
