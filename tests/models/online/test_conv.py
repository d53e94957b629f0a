"""Golden model of the FGIE convolution against loops over exact integers, and termination against none."""

from __future__ import annotations

import numpy as np
import pytest

from models.online.conv import Window, bit_planes, conv
from models.online.digits import to_integers
from models.online.dot import levels
from models.online.neuron import Shape

CASES = [
    # channels, height, width, window, signed
    (1, 4, 5, Window(3, 3, 1, 1), False),
    (2, 6, 5, Window(2, 3, 2, 0), True),
    (3, 3, 3, Window(1, 1), True),
    (1, 3, 3, Window(2, 2, 2, 1), False),
    (2, 7, 4, Window(3, 2, 3, 1), True),
]


def _loops(image, y, bias, window, bits):
    """Convolve one image, the plain way; the bias weighs 1/2, a pixel's last bit 2**-bits."""
    channels, height, width = image.shape
    rows = range(-window.pad, height + window.pad - window.rows + 1, window.stride)
    columns = range(-window.pad, width + window.pad - window.columns + 1, window.stride)
    found = []
    for top in rows:
        for left in columns:
            values = [int(b) << (bits - 1) for b in bias]
            for c in range(channels):
                for r in range(window.rows):
                    for s in range(window.columns):
                        i, j = top + r, left + s
                        if 0 <= i < height and 0 <= j < width:
                            k = (c * window.rows + r) * window.columns + s
                            values = [v + int(image[c, i, j]) * int(w) for v, w in zip(values, y[:, k], strict=True)]
            found.append(values)
    return found


def _stimulus(case, rows, bits, wb):
    channels, height, width, window, signed = case
    rng = np.random.default_rng(7)
    low = -(1 << (bits - 1)) if signed else 0
    images = rng.integers(low, low + (1 << bits), (rows, channels, height, width))
    k, half = channels * window.rows * window.columns, 1 << (wb - 1)
    return images, rng.integers(-half, half, (3, k)), rng.integers(-half, half, 3), levels(k + 1)


@pytest.mark.parametrize("merged", [False, True])
@pytest.mark.parametrize("case", CASES)
def test_exact(case, merged):
    bits, wb, rows = 4, 5, 6
    window, signed = case[3:]
    images, y, bias, growth = _stimulus(case, rows, bits, wb)
    digits = growth + bits + wb - 1
    shape = Shape(wb, growth, merged)
    precision = np.tile([bits, digits], (rows, 1))
    z, saved, total = conv(images, y, bias, precision, window, shape, bits=bits, signed=signed)
    exact = np.maximum([_loops(image, y, bias, window, bits) for image in images], 0)
    assert np.array_equal(z, exact)
    assert (total == digits * 3 * exact.shape[1]).all()
    assert (saved <= total).all()


@pytest.mark.parametrize("case", CASES)
def test_termination_never_changes_a_result(case):
    bits, wb, rows = 4, 5, 30
    window, signed = case[3:]
    images, y, bias, growth = _stimulus(case, rows, bits, wb)
    rng = np.random.default_rng(8)
    precision = np.stack([rng.integers(1, bits + 1, rows), rng.integers(1, 13, rows)], axis=1)
    parts = images, y, bias, precision, window, Shape(wb, growth)
    on = conv(*parts, bits=bits, signed=signed)
    off = conv(*parts, bits=bits, signed=signed, terminate=False)
    assert np.array_equal(on[0], off[0])
    assert on[1].sum() > 0


@pytest.mark.parametrize("signed", [False, True])
def test_bit_planes(signed):
    words = np.arange(-8, 8) if signed else np.arange(16)
    assert np.array_equal(to_integers(bit_planes(words, 4, signed=signed)), words)
