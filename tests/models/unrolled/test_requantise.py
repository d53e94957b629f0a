# SPDX-License-Identifier: Apache-2.0
"""Requantisation against exact fractions."""

from __future__ import annotations

from fractions import Fraction
from math import floor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.unrolled.requantise import Format, requantise

FORMATS = st.builds(Format, st.integers(1, 12), st.booleans(), st.booleans())


def exact(x, form, bias, multiplier, shift):
    """By fractions: the nearest integer, halves up, then saturation."""
    nearest = floor(Fraction((x + bias) * multiplier, 1 << shift) + Fraction(1, 2))
    least = -(1 << (form.bits - 1)) if form.signed and not form.relu else 0
    return min(max(nearest, least), 2 ** (form.bits - 1 if form.signed else form.bits) - 1)


@settings(max_examples=200, deadline=None)
@given(
    FORMATS,
    st.lists(st.integers(-(1 << 20), 1 << 20), min_size=1, max_size=8),
    st.integers(-(1 << 12), 1 << 12),
    st.integers(1, 1 << 12),
    st.integers(0, 30),
)
def test_equals_exact_fractions(form, x, bias, multiplier, shift):
    y = requantise(x, form, bias=bias, multiplier=multiplier, shift=shift)
    assert y.dtype == np.int64
    assert y.tolist() == [exact(value, form, bias, multiplier, shift) for value in x]


def test_every_small_sum_of_every_small_format():
    x = np.arange(-70, 71)
    for bits in range(1, 5):
        for signed, relu in ((False, False), (True, False), (True, True)):
            for shift in range(5):
                form = Format(bits, signed, relu)
                y = requantise(x, form, shift=shift)
                assert y.tolist() == [exact(value, form, 0, 1, shift) for value in x.tolist()]


def test_halves_are_rounded_up():
    x = [-6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6]
    assert requantise(x, Format(4, signed=True), shift=2).tolist() == [-1, -1, -1, -1, 0, 0, 0, 0, 1, 1, 1, 1, 2]


def test_parameters_may_differ_from_channel_to_channel():
    x = np.random.default_rng(0).integers(-5000, 5000, (50, 3, 4))
    bias, multiplier, shift = [0, 9, -100, 7], [1, 3, 1, 5], [0, 4, 8, 11]
    y = requantise(x, Format(6), bias=bias, multiplier=multiplier, shift=shift)
    for c in range(4):
        one = requantise(x[..., c], Format(6), bias=bias[c], multiplier=multiplier[c], shift=shift[c])
        assert np.array_equal(y[..., c], one)


@pytest.mark.parametrize(
    ("form", "low", "high"),
    [
        (Format(1), 0, 1),
        (Format(4), 0, 15),
        (Format(4, signed=True), -8, 7),
        (Format(4, signed=True, relu=True), 0, 7),
        (Format(1, signed=True), -1, 0),
        (Format(32), 0, 2**32 - 1),
    ],
)
def test_formats_saturate(form, low, high):
    assert (form.low, form.high) == (low, high)
    assert requantise([-(1 << 40), 1 << 40], form).tolist() == [low, high]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Format(0), "bits must lie between 1 and 32, not 0"),
        (lambda: requantise([1.5], Format(4)), "x must hold integers, not float64"),
        (lambda: requantise([1], Format(4), bias=0.5), "bias must hold integers, not float64"),
        (lambda: requantise([1], Format(4), shift=[63]), r"shift must lie between 0 and 62, not 63\.\.63"),
        (lambda: requantise([1], Format(4), multiplier=0), "multiplier must be at least 1, not 0"),
        (lambda: requantise([1 << 60], Format(4), multiplier=8), "a product might not fit 64 bits"),
        (
            lambda: requantise([1], Format(4), bias=[1, 2]),
            r"parameters must be single or one a channel of x \(1,\)",
        ),
    ],
)
def test_one_line_says_what_is_wrong(call, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        call()
