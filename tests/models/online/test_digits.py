"""Digit helpers against exact fractions."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from models.online.digits import (
    check_digits,
    every,
    from_sign_magnitude,
    from_twos_complement,
    to_fraction,
    to_integers,
)


def test_every_row_once():
    rows = every(4)
    assert rows.shape == (81, 4)
    assert rows.dtype == np.int8
    assert len(np.unique(rows, axis=0)) == 81
    assert set(np.unique(rows)) == {-1, 0, 1}


def test_to_integers_and_to_fraction_agree():
    rows = every(5)
    assert [Fraction(int(value), 32) for value in to_integers(rows)] == [to_fraction(row) for row in rows]
    assert to_fraction(np.array([1, -1, 1, 0], np.int8), Fraction(1)) == Fraction(3, 4)


@pytest.mark.parametrize("n", [61, 62, 63, 80])
def test_to_integers_is_exact_for_long_rows(n):
    rows = np.stack([np.ones(n, np.int8), -np.ones(n, np.int8)])
    assert to_integers(rows).tolist() == [2**n - 1, 1 - 2**n]


def test_sign_magnitude_digits():
    values = np.arange(-15, 16)
    rows = from_sign_magnitude(values, 4)
    assert to_integers(rows).tolist() == values.tolist()
    assert rows[values == -5].tolist() == [[0, -1, 0, -1]]
    assert rows[values == 6].tolist() == [[0, 1, 1, 0]]


def test_twos_complement_digits():
    values = np.arange(-8, 8)
    rows = from_twos_complement(values, 4)
    assert to_integers(rows).tolist() == values.tolist()
    assert rows[values == -5].tolist() == [[-1, 0, 1, 1]]
    assert rows[values == -8].tolist() == [[-1, 0, 0, 0]]


@pytest.mark.parametrize("write", [from_sign_magnitude, from_twos_complement])
@pytest.mark.parametrize("n", [62, 63, 64, 70])
def test_long_rows_read_back(write, n):
    low = 1 - 2**n if write is from_sign_magnitude else -(2 ** (n - 1))
    values = np.array([low, -1, 0, 1, -low - 1], dtype=object)
    assert to_integers(write(values, n)).tolist() == values.tolist()


@pytest.mark.parametrize(
    ("write", "value"),
    [(from_sign_magnitude, 16), (from_sign_magnitude, -16), (from_twos_complement, 8), (from_twos_complement, -9)],
)
def test_values_that_do_not_fit(write, value):
    with pytest.raises(ValueError, match=r"^values must lie between -2\*\*\d and 2\*\*\d"):
        write(np.array([value]), 4)


@pytest.mark.parametrize("write", [from_sign_magnitude, from_twos_complement])
def test_bad_arguments_of_writers(write):
    with pytest.raises(ValueError, match=r"^n must be at least 1, not 0$"):
        write(np.array([0]), 0)
    with pytest.raises(ValueError, match=r"^values must be integers, not float64$"):
        write(np.array([0.5]), 4)


@pytest.mark.parametrize(
    ("digits", "message"),
    [
        (np.zeros((2, 3)), "^x must be an int8 array, not float64$"),
        ([[0]], "^x must be an int8 array, not list$"),
        (np.zeros(3, np.int8), r"^x must have 2 axes and at least one digit, not shape \(3,\)$"),
        (np.zeros((3, 0), np.int8), r"^x must have 2 axes and at least one digit, not shape \(3, 0\)$"),
        (np.full((1, 3), 2, np.int8), r"^x must hold digits -1, 0 and 1, not 2\.\.2$"),
        (np.array([[0, -2]], np.int8), r"^x must hold digits -1, 0 and 1, not -2\.\.0$"),
    ],
)
def test_check_digits_says_what_is_wrong(digits, message):
    with pytest.raises(ValueError, match=message):
        check_digits(digits, "x", 2)
