# SPDX-License-Identifier: Apache-2.0
"""Golden model of a whole network of unrolled layers: integers all the way, every intermediate value kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.unrolled.layers import conv2d, full_matrix, gemm, positions
from models.unrolled.requantise import Format, requantise

Integers = npt.NDArray[np.int64]


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

    def shape(self, inputs: tuple[int, int, int]) -> tuple[int, int, int]:
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

    def matrix(self, inputs: tuple[int, int, int]) -> Integers:
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


def sparsity(layer: Layer) -> Sparsity:
    """Counts the zeros among a layer's weights, the bias left out."""
    words = layer.weights.ravel()
    ones = int(((words[:, None] >> np.arange(layer.bits)) & 1).sum())
    bits = words.size * layer.bits
    return Sparsity(words.size, int((words == 0).sum()), bits, bits - ones)
