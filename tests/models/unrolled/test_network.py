# SPDX-License-Identifier: Apache-2.0
"""The trained network on all images: its integers, its accuracy, its zeros, and what its file may hold."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from models.unrolled import trained
from models.unrolled.layers import full_matrix
from models.unrolled.network import Layer, forward, sparsity

PATH = Path(__file__).parents[2] / "data" / "kratos_digits.json"
IMAGES = 1797


@pytest.fixture(scope="module")
def network():
    return trained.load(PATH)


@pytest.fixture(scope="module")
def activations(network):
    return forward(network, trained.images()[0])


def test_images_are_classified(activations):
    labels, logits = trained.images()[1], activations[-1].y
    held_out = slice(trained.TRAINING, None)
    print(f"accuracy: {trained.accuracy(logits, labels):.2%}")
    assert len(labels) == IMAGES
    assert round(trained.accuracy(logits, labels) * IMAGES) == 1775  # 98.78 %
    assert round(trained.accuracy(logits[held_out], labels[held_out]) * 500) == 482  # 96.40 %


def test_zeros(network):
    counted = {layer.name: sparsity(layer) for layer in network}
    assert {name: (part.words, part.zero_words, part.bits, part.zero_bits) for name, part in counted.items()} == {
        "conv1": (72, 36, 432, 330),
        "conv2": (1728, 1453, 6912, 6338),
        "dense": (960, 806, 3840, 3479),
    }
    total = sum(list(counted.values())[1:], counted["conv1"])
    assert total.words == sum(layer.weights.size for layer in network)
    assert total.zero_words == sum(int((layer.weights == 0).sum()) for layer in network)
    assert total.zero_words / total.words > 0.75
    text = "".join(
        format(value & ((1 << layer.bits) - 1), f"0{layer.bits}b") for layer in network for value in layer.weights.flat
    )
    assert (total.bits, total.zero_bits) == (len(text), text.count("0"))


def test_every_activation_fits_and_is_used(network, activations):
    assert activations[0].x.max() < 1 << trained.PIXEL_BITS
    for layer, kept, following in zip(network, activations, activations[1:], strict=False):
        assert (kept.y.min(), kept.y.max()) == (0, (1 << layer.form.bits) - 1)
        assert following.x is kept.y
        assert (kept.y.reshape(-1, kept.y.shape[-1]).max(axis=0) > 0).all()  # no channel is dead


def test_by_hand(network, activations):
    """Twenty images in plain Python, loop by loop."""
    pixels = trained.images()[0]
    for row in range(0, IMAGES, 90):
        x = pixels[row].tolist()
        for layer in network[:2]:
            x = by_hand(x, layer)
        flat = [value for line in x for pixel in line for value in pixel]
        logits = [
            bias + sum(value * weight for value, weight in zip(flat, column, strict=True))
            for bias, column in zip(network[2].bias.tolist(), network[2].weights.T.tolist(), strict=True)
        ]
        assert activations[2].y[row, 0, 0].tolist() == logits


def by_hand(x: list, layer: Layer) -> list:
    """A convolution, its shift and its saturation."""
    height, width = len(x), len(x[0])
    result = [[[0] * len(layer.bias) for _ in range(width // 2)] for _ in range(height // 2)]
    for oh, ow, oc in np.ndindex(height // 2, width // 2, len(layer.bias)):
        total = int(layer.bias[oc])
        for fh, fw, ic in np.ndindex(layer.weights.shape[:3]):
            ih, iw = 2 * oh + fh - 1, 2 * ow + fw - 1
            if 0 <= ih < height and 0 <= iw < width:
                total += x[ih][iw][ic] * int(layer.weights[fh, fw, ic, oc])
        shift = int(layer.shift[oc])
        result[oh][ow][oc] = min(max((2 * total + (1 << shift)) // (2 << shift), 0), 15)
    return result


def test_unrolled_matrices_make_the_same_sums(network, activations):
    shape = trained.IMAGE
    for layer, kept in zip(network, activations, strict=True):
        matrix = layer.matrix(shape)
        sums = kept.x.reshape(IMAGES, -1) @ matrix
        assert np.array_equal(sums, kept.sums.reshape(IMAGES, -1))
        shape = layer.shape(shape)
        assert kept.y.shape[1:] == shape
    first = network[0]
    assert np.array_equal(first.matrix(trained.IMAGE), full_matrix(first.weights, (8, 8), 2, 1))
    assert shape == (1, 1, trained.CLASSES)


def test_accuracy_takes_the_first_of_equal_logits():
    logits = np.zeros((4, 1, 1, 10), int)
    logits[2:, 0, 0, 7] = 1
    assert trained.accuracy(logits, np.array([0, 1, 7, 7])) == 0.75


def change(path, value):
    """Returns a change of the file's content at a path of keys; a value of None deletes the key."""

    def apply(content):
        target = content
        for key in path[:-1]:
            target = target[key]
        if value is None:
            del target[path[-1]]
        else:
            target[path[-1]] = value

    return apply


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (["layers"], None, r"no network in it \(KeyError: 'layers'\)"),
        (["layers"], [], "there must be a layer"),
        (["layers", 0, "stride"], None, r"no network in it \(KeyError: 'stride'\)"),
        (["layers", 0, "stride"], 0, "conv1: stride must be an integer of at least 1, not 0"),
        (["layers", 0, "padding"], 0.5, "conv1: padding must be an integer of at least 0, not 0.5"),
        (["layers", 0, "shape"], [3, 3, 8], r"conv1: shape must be \[Fh, Fw, Ic, Oc\] or \[n, k\], not \[3, 3, 8\]"),
        (["layers", 0, "weight_bits"], 17, "conv1: weight_bits must lie between 1 and 16, not 17"),
        (["layers", 0, "weights", 0, 0], 32, r"conv1: weights must lie between -32 and 31, not -?\d+\.\.32"),
        (["layers", 0, "weights", 0, 0], 0.5, "conv1: weights must be integers of 64 bits"),
        (["layers", 0, "weights", 0], [1], r"conv1: weights must have shape \(9, 8\), and rows of one length"),
        (["layers", 1, "bias"], [1], r"conv2: bias must have shape \(\d+,\), not \(1,\)"),
        (["layers", 0, "shift", 1], 63, r"conv1: shift must lie between 0 and 62, not \d+\.\.63"),
        (["layers", 0, "result_bits"], 0, "bits must lie between 1 and 32, not 0"),
        (["layers", 1, "result_bits"], None, "conv2: result_bits must be given, since another layer follows"),
        (["layers", 1], None, r"dense takes \d+ inputs, not \d+"),
        (["layers", 2], None, r"the last layer must make 10 logits, not \(2, 2, \d+\)"),
        (["layers", 0], None, "conv2 takes 8 channels, not 1"),
    ],
)
def test_one_line_says_what_is_wrong(tmp_path, path, value, message):
    content = json.loads(PATH.read_text())
    change(path, value)(content)
    (tmp_path / "changed.json").write_text(json.dumps(content))
    with pytest.raises(ValueError, match=f"^changed.json: {message}$"):
        trained.load(tmp_path / "changed.json")


def test_a_file_without_json(tmp_path):
    (tmp_path / "changed.json").write_text("layers")
    with pytest.raises(ValueError, match=r"^changed.json: Expecting value: line 1 column 1 \(char 0\)$"):
        trained.load(tmp_path / "changed.json")
