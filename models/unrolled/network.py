# SPDX-License-Identifier: Apache-2.0
"""Golden model of a whole network of unrolled layers: integers all the way, every intermediate value kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from models.unrolled.layers import conv2d, full_matrix, gemm, positions
from models.unrolled.pack import random_weights
from models.unrolled.requantise import Format, requantise

Integers = npt.NDArray[np.int64]
Shape: TypeAlias = tuple[int, int, int]
"""Height, width, channels."""


@dataclass(frozen=True)
class Layer:
    """A convolution or a dense layer, and what is done to its sums."""

    name: str
    weights: Integers
    """int64 (Fh, Fw, Ic, Oc) of a conv2d, or (n, k) of a gemm that takes all inputs, flattened row, column, channel."""
    bits: int
    """Width of a weight, in two's complement."""
    bias: Integers
    """int64 (Oc,), in units of the sums."""
    shift: Integers
    """int64 (Oc,): places by which a channel's sums are shifted right; without a form, unused."""
    form: Format | None = None
    """Of the results; None leaves sum + bias in full precision."""
    stride: int = 1
    """Of a conv2d, both ways."""
    padding: int = 0
    """Zeros on each side of a conv2d's image."""

    def shape(self, inputs: Shape) -> Shape:
        """Follows a shape (height, width, channels) through the layer; a gemm's results are (1, 1, k).

        Raises:
            ValueError: the layer does not take such inputs.
        """
        height, width, channels = inputs
        if self.weights.ndim == 2:
            if height * width * channels != len(self.weights):
                raise ValueError(f"{self.name} takes {len(self.weights)} inputs, not {height * width * channels}")
            return 1, 1, self.weights.shape[1]
        down, across, depth, results = self.weights.shape
        if depth != channels:
            raise ValueError(f"{self.name} takes {depth} channels, not {channels}")
        size = [
            positions(extent, length, self.stride, self.padding) for extent, length in ((height, down), (width, across))
        ]
        return size[0], size[1], results

    def filter(self, inputs: Shape) -> tuple[int, int, int, int]:
        """Returns Fh, Fw, Ic, Oc of a conv2d that does the same to such inputs; a gemm's is as large as they are.

        Raises:
            ValueError: the layer does not take such inputs.
        """
        self.shape(inputs)
        height, width, depth = inputs if self.weights.ndim == 2 else self.weights.shape[:3]
        return height, width, depth, self.weights.shape[-1]

    def matrix(self, inputs: Shape) -> Integers:
        """Unrolls the layer fully, for inputs of (height, width, channels).

        Returns:
            int64 (all inputs, all results), both flattened row, column, channel.

        Raises:
            ValueError: the layer does not take such inputs.
        """
        self.shape(inputs)
        if self.weights.ndim == 2:
            return self.weights
        return full_matrix(self.weights, inputs[:2], self.stride, self.padding)


@dataclass(frozen=True)
class Activations:
    """What goes into a layer and what comes out, for a batch of images."""

    x: Integers
    """int64 (rows, Ih, Iw, Ic)."""
    sums: Integers
    """int64 (rows, Oh, Ow, Oc): full precision, before the bias."""
    y: Integers
    """int64 (rows, Oh, Ow, Oc): the next layer's x, or sums + bias."""


@dataclass(frozen=True)
class Sparsity:
    """How many of some weights are zero, as words and bit by bit."""

    words: int
    zero_words: int
    bits: int
    """Of all words together, in two's complement of the layer's width."""
    zero_bits: int

    def __add__(self, other: Sparsity) -> Sparsity:
        """Counts two sets of weights together."""
        return Sparsity(
            self.words + other.words,
            self.zero_words + other.zero_words,
            self.bits + other.bits,
            self.zero_bits + other.zero_bits,
        )


def forward(network: Sequence[Layer], images: npt.ArrayLike) -> tuple[Activations, ...]:
    """Computes a network on a batch of images.

    Args:
        network: its layers, first layer first.
        images: integers (rows, height, width, channels).

    Returns:
        What goes into each layer and what comes out; the last y holds the logits.

    Raises:
        ValueError: the shapes do not fit, or a sum might not fit 64 bits.
    """
    x, kept = np.asarray(images), []
    for layer in network:
        if layer.weights.ndim == 2:
            sums = gemm(x.reshape(len(x), 1, -1), layer.weights)[:, None]
        else:
            sums = conv2d(x, layer.weights, layer.stride, layer.padding)
        if layer.form is None:
            y = sums + layer.bias
        else:
            y = requantise(sums, layer.form, bias=layer.bias, shift=layer.shift)
        kept.append(Activations(x, sums, y))
        x = y
    return tuple(kept)


def random_network(
    rng: np.random.Generator, layers: int, images: npt.ArrayLike, *, zeros: float = 0.0, dense: bool = True
) -> tuple[Layer, ...]:
    """Draws a network for tests: convolutions of all kinds, and shifts that let every part of the results be seen.

    Args:
        rng: source of random numbers.
        layers: how many.
        images: integers (rows, height, width, channels), for which the shifts are chosen.
        zeros: share of the weights that are zero.
        dense: whether the last layer is dense.
    """
    x, found = np.asarray(images), []
    for i in range(layers):
        last = i == layers - 1
        layer = _random_layer(rng, f"layer{i + 1}", x.shape[1:], zeros, dense=dense and last)
        if not last:
            form = Format(int(rng.integers(1, 6)))
            reach = abs(forward([layer], x)[0].y).reshape(-1, len(layer.bias)).max(axis=0)
            places = np.array([int(value).bit_length() for value in reach]) - form.bits - rng.integers(0, 3, len(reach))
            layer = replace(layer, form=form, shift=np.maximum(places, 0))
        found.append(layer)
        x = forward([layer], x)[0].y
    return tuple(found)


def _random_layer(rng: np.random.Generator, name: str, inputs: Shape, zeros: float, *, dense: bool) -> Layer:
    """Draws a layer that takes such inputs, its results in full precision."""
    outputs, bits, padding = (int(rng.integers(low, high)) for low, high in ((2, 5), (2, 7), (0, 2)))
    height, width = (int(rng.integers(1, min(3, size + 2 * padding) + 1)) for size in inputs[:2])
    shape = (int(np.prod(inputs)), outputs) if dense else (height, width, inputs[2], outputs)
    weights = random_weights(rng, shape, bits, zeros)
    bias = rng.integers(-(1 << bits), 1 << bits, outputs)
    stride = 1 if dense else int(rng.integers(1, 3))
    return Layer(name, weights, bits, bias, 0 * bias, None, stride, 0 if dense else padding)


def sparsity(layer: Layer) -> Sparsity:
    """Counts the zeros among a layer's weights, the bias left out."""
    words = layer.weights.ravel()
    ones = int(((words[:, None] >> np.arange(layer.bits)) & 1).sum())
    bits = words.size * layer.bits
    return Sparsity(words.size, int((words == 0).sum()), bits, bits - ones)
