"""Sign-magnitude quantisation, parts of float32, and the stand-in for activations."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.bitlet.quantise import float_parts, largest, magnitudes, synthetic
from models.bitlet.words import float_words, split

CALM = settings(deadline=None, derandomize=True, max_examples=60)


@given(seed=st.integers(0, 2**32 - 1), bits=st.integers(1, 24), dtype=st.sampled_from(["f2", "f4", "f8", ">f4"]))
@CALM
def test_nearest_of_the_scale(seed, bits, dtype):
    values = np.random.default_rng(seed).standard_normal(50).astype(dtype)
    found = magnitudes(values, bits, largest(values))
    top = (1 << bits) - 1
    assert found.dtype == np.uint32
    assert found.max() == top
    scaled = np.abs(values.astype(np.float64)) * top / largest(values)
    assert np.abs(found - scaled).max() <= 0.5 + 1e-6


@pytest.mark.parametrize("scale", [5e-324, 1e-310, 1e300, 1.7e308])
def test_scales_at_the_edge_of_float64(scale):
    values = np.array([scale, -scale, 0.0])
    assert magnitudes(values, 24, largest(values)).tolist() == [0xFF_FFFF, 0xFF_FFFF, 0]


def test_zeros_stay_zeros():
    assert magnitudes(np.zeros(3, np.float32), 8, 0.0).tolist() == [0, 0, 0]


@pytest.mark.parametrize("dtype", ["i1", "u1", "i2", "u8", ">i4"])
def test_integers_are_taken_as_they_are(dtype):
    values = np.array([0, 1, 100, 127], dtype)
    assert magnitudes(values, 7, 1.0).tolist() == [0, 1, 100, 127]


def test_the_least_integers():
    assert magnitudes(np.array([-128], np.int8), 8, 1.0).tolist() == [128]
    assert largest(np.array([-(2**63)])) == 2**63


def test_refusals():
    with pytest.raises(ValueError, match=r"^256 does not fit 8 bits$"):
        magnitudes(np.array([256]), 8, 1.0)
    with pytest.raises(ValueError, match=r"^18446744073709551615 does not fit 24 bits$"):
        magnitudes(np.array([2**64 - 1], np.uint64), 24, 1.0)
    for bits in (0, 25):
        with pytest.raises(ValueError, match=rf"^a magnitude has 1 to 24 bits, not {bits}$"):
            magnitudes(np.array([0.5]), bits, 1.0)


def test_parts_are_those_of_the_core():
    codes = np.random.default_rng(2).integers(0, 2**32, 10_000).astype(np.uint32)
    codes[:4] = [0, 0x8000_0000, 1, 0x007F_FFFF]
    values = codes[(codes >> 23) & 255 != 255].view(np.float32)
    mine, core = float_parts(values), split(float_words(values), np.array(0))
    assert (mine.significand == core.magnitude).all()
    assert (mine.exponent == core.exponent).all()


@pytest.mark.parametrize("bits", [1, 8, 24, None])
def test_stand_in(bits):
    found = synthetic(64, 256, 1256, bits)
    assert found.shape == (64, 1000)
    assert (found == synthetic(64, 256, 1256, bits)).all()
    if bits != 1:  # of one bit, whatever is below half of full scale is zero
        assert np.mean(found == 0) == pytest.approx(0.5, abs=0.02)
    assert found.max() <= (1 << bits) - 1 if bits else 4 < found.max() < 7
    assert (synthetic(2, 0, 9, bits, seed=2) != synthetic(2, 0, 9, bits, seed=1)).any() or bits == 1
