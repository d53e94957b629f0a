"""Golden model of the FGIE network against integers, and on all the handwritten digits with termination on and off."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from models.online import classifier
from models.online.digits import from_sign_magnitude, to_integers
from models.online.dot import levels
from models.online.layer import layer
from models.online.network import Weights, network
from models.online.neuron import Shape

DATA = Path(__file__).parents[2] / "data"


def _random(sizes, wb, seed):
    rng = np.random.default_rng(seed)
    half = 1 << (wb - 1)
    return [
        Weights(rng.integers(-half, half, (m, k)), rng.integers(-half, half, m), levels(k + 1))
        for k, m in pairwise(sizes)
    ]


@pytest.mark.parametrize("merged", [False, True])
@pytest.mark.parametrize("sizes", [(4, 3), (4, 3, 2), (3, 4, 4, 2)])
def test_exact_when_no_digit_is_cut(sizes, merged):
    """With all digits, the network is integer arithmetic."""
    wb, n, rows = 4, 3, 100
    layers = _random(sizes, wb, len(sizes))
    x = np.random.default_rng(1).integers(-1, 2, (rows, sizes[0], n), dtype=np.int8)
    precision, values = [n], to_integers(x)
    for i, weights in enumerate(layers):
        # the bias has the weight 1/2, which is 2**(digits - 1) last digits of the operands
        values = values @ weights.y.T + (weights.bias << (precision[-1] - 1))
        precision.append(precision[-1] + wb - 1 + weights.growth)
        if i < len(layers) - 1:
            values = np.maximum(values, 0)
    found = network(x, layers, np.tile(precision, (rows, 1)), wb=wb, merged=merged)
    assert np.array_equal(found.y, values)


@pytest.mark.parametrize("merged", [False, True])
def test_pooling_takes_the_greatest(merged):
    wb, n, rows = 4, 3, 100
    first, second = _random((3, 4), wb, 1)[0], _random((2, 2), wb, 2)[0]
    x = np.random.default_rng(2).integers(-1, 2, (rows, 3, n), dtype=np.int8)
    hidden = np.maximum(to_integers(x) @ first.y.T + (first.bias << (n - 1)), 0).reshape(rows, 2, 2).max(axis=2)
    digits = n + wb - 1 + first.growth
    exact = hidden @ second.y.T + (second.bias << (digits - 1))
    precision = np.tile([n, digits, digits + wb - 1 + second.growth], (rows, 1))
    assert np.array_equal(network(x, [first, second], precision, wb=wb, merged=merged, pool=2).y, exact)


@pytest.mark.parametrize("digits", [4, 6, 8, 12])
def test_termination_never_changes_a_logit_of_an_image(digits):
    """Every image, and every neuron."""
    layers = []
    for number in (1, 2):
        table = np.loadtxt(DATA / f"digits_network_{number}.csv", delimiter=",", skiprows=1, dtype=np.int64)
        bound = abs(table[:, :-1]).sum(axis=1) + abs(table[:, -1]) / 2
        growth = int(np.ceil(np.log2(bound.max() / 128)))
        layers.append(Weights(table[:, :-1].copy(), table[:, -1].copy(), growth))
    pixels, labels = classifier.load_images()
    x = from_sign_magnitude(pixels, 5)
    precision = np.tile([5, digits, digits], (len(x), 1))
    on = network(x, layers, precision, wb=8)
    off = network(x, layers, precision, wb=8, terminate=False)
    assert np.array_equal(on.y, off.y)
    assert not off.saved.any()
    parts = x, layers[0].y, layers[0].bias, precision[:, 0], precision[:, 1], digits, Shape(8, layers[0].growth)
    assert np.array_equal(layer(*parts).z, layer(*parts, terminate=False).z)
    if digits >= 8:
        assert on.saved[:, 0].sum() > 0.05 * on.total[:, 0].sum()
        assert (on.y.argmax(axis=1) == labels).mean() > 0.965


def test_wrong_precision():
    with pytest.raises(ValueError, match=r"^precision must have shape \(2, 2\), not \(2, 3\)$"):
        network(np.zeros((2, 4, 3), np.int8), _random((4, 3), 4, 1), np.ones((2, 3), np.int64), wb=4)
