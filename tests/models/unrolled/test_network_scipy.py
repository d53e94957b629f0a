# SPDX-License-Identifier: Apache-2.0
"""Whole networks a second way: by scipy's correlations and exact fractions; and the dense network of the digits."""

from __future__ import annotations

from fractions import Fraction
from math import floor
from pathlib import Path

import numpy as np
import pytest
from scipy import signal

from models.unrolled import trained
from models.unrolled.network import forward, random_network, sparsity

TESTS = Path(__file__).parents[2]
PRUNED, DENSE = TESTS / "data" / "kratos_digits.json", TESTS / "data" / "kratos_digits_dense.json"


def convolved(image, layer):
    """One image (height, width, channels), channel by channel."""
    window = layer.filter(image.shape)
    weights = layer.weights.reshape(window)
    padded = np.pad(image, ((layer.padding, layer.padding),) * 2 + ((0, 0),))
    sums = [
        sum(signal.correlate2d(padded[..., i], weights[..., i, o], mode="valid") for i in range(window[2]))
        for o in range(window[3])
    ]
    return np.stack(sums, axis=-1)[:: layer.stride, :: layer.stride]


def rounded(sums, layer):
    """A position's channels: the nearest integers, halves up, within the form."""
    exact = [Fraction(int(value), 1 << int(shift)) for value, shift in zip(sums, layer.shift, strict=True)]
    return [min(max(floor(value + Fraction(1, 2)), 0), layer.form.high) for value in exact]


def by_scipy(network, image):
    """A network's results."""
    for layer in network:
        image = convolved(image, layer) + layer.bias
        if layer.form is not None:
            image = np.array([rounded(value, layer) for value in image.reshape(-1, len(layer.bias))]).reshape(
                image.shape
            )
    return image


@pytest.mark.parametrize("path", [PRUNED, DENSE])
def test_digits(path):
    network = trained.load(path)
    pixels, _ = trained.choose(20)
    logits = forward(network, pixels)[-1].y
    for image, expected in zip(pixels, logits, strict=True):
        assert np.array_equal(by_scipy(network, image), expected)


@pytest.mark.parametrize("seed", range(12))
def test_random_networks(seed):
    rng = np.random.default_rng(seed)
    shape = (30, *(int(rng.integers(low, 7)) for low in (2, 2, 1)))
    images = rng.integers(-8, 8, shape)
    network = random_network(rng, 1 + seed % 4, images, zeros=0.3, dense=seed % 2 == 0)
    assert len(network) == 1 + seed % 4
    y = forward(network, images)[-1].y
    for image, expected in zip(images[:5], y, strict=False):
        assert np.array_equal(by_scipy(network, image), expected)


def test_the_dense_network_has_the_same_shapes_and_is_dense():
    pruned, dense = trained.load(PRUNED), trained.load(DENSE)
    for one, other in zip(pruned, dense, strict=True):
        assert one.weights.shape == other.weights.shape
        assert (one.bits, one.form, one.stride, one.padding) == (other.bits, other.form, other.stride, other.padding)
    zeros = [sum(sparsity(layer).zero_words for layer in network) for network in (pruned, dense)]
    assert zeros == [36 + 1453 + 806, 1 + 262 + 160]
    pixels, labels = trained.images()
    held_out = slice(trained.TRAINING, None)
    logits = forward(dense, pixels)[-1].y
    assert round(trained.accuracy(logits, labels) * len(labels)) == 1789  # 99.55 %
    assert round(trained.accuracy(logits[held_out], labels[held_out]) * 500) == 492  # 98.40 %


def test_choose_takes_evenly_spread_images():
    pixels, labels = trained.images()
    some, their = trained.choose(3)
    assert np.array_equal(some, pixels[[0, 898, 1796]])
    assert np.array_equal(their, labels[[0, 898, 1796]])
    assert len(trained.choose(5000)[0]) == len(pixels)
