"""Golden model of rtl/online/fgie_conv.v."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.online.digits import Digits, Integers, to_integers
from models.online.layer import Results, layer
from models.online.neuron import Ints, Shape


@dataclass(frozen=True)
class Window:
    """What a filter sees at a position."""

    rows: int
    columns: int
    stride: int = 1
    """Pixels from window to window, both ways."""
    pad: int = 0
    """Zeros on each side of the image."""

    def cut(self, images: Integers) -> Integers:
        """Cut the windows out of images (..., C, H, W), row by row: (..., positions, C * rows * columns)."""
        wide = [(0, 0)] * (images.ndim - 2) + [(self.pad, self.pad)] * 2
        padded = np.pad(images, wide)
        views = np.lib.stride_tricks.sliding_window_view(padded, (self.rows, self.columns), axis=(-2, -1))
        views = np.moveaxis(views[..., :: self.stride, :: self.stride, :, :], -5, -3)
        cut: Integers = views.reshape(*images.shape[:-3], views.shape[-5] * views.shape[-4], -1)
        return cut


def bit_planes(values: Integers, bits: int, *, signed: bool) -> Digits:
    """Write words as digits, one a bit, most significant first; the sign bit of two's complement counts negative.

    Args:
        values: integers (...,) of that many bits.
        bits: of a word.
        signed: whether words are two's complement.

    Returns:
        int8 (..., bits): as frames, the values times 2**-bits.
    """
    planes = np.stack([(values >> i) & 1 for i in reversed(range(bits))], axis=-1).astype(np.int8)
    if signed:
        planes[..., 0] *= -1
    return planes


def conv(
    images: Ints,
    y: Ints,
    bias: Ints,
    precision: Ints,
    window: Window,
    shape: Shape,
    *,
    bits: int,
    signed: bool,
    terminate: bool = True,
) -> tuple[Ints, Ints, Ints]:
    """Convolve images with filters, each position a frame of all filters' neurons.

    Args:
        images: int64 (rows, C, H, W), X = image / 2**bits.
        y: int64 (F, C * R * S), weight (c, r, s) is number (c R + r) S + s.
        bias: int64 (F,).
        precision: int64 (rows, 2): bits of an image that count, and result digits, 1 to 61.
        window: shape of the filters.
        shape: of the neurons.
        bits: of a pixel's channel.
        signed: whether pixels are two's complement.
        terminate: whether neurons stop when their result is negative: the results are the same.

    Returns:
        int64 (rows, positions, F): results, the last digit of weight 1; twice (rows,): digit cycles saved, and all.
    """
    windows = window.cut(images)
    rows, positions, k = windows.shape
    x = bit_planes(windows, bits, signed=signed).reshape(rows * positions, k, bits)
    operands, digits = (np.repeat(column, positions) for column in precision.T)
    length = int(precision[:, 1].max(initial=1))
    done: Results = layer(x, y, bias, operands, digits, length, shape, terminate=terminate)
    words = to_integers(done.z) >> (length - digits)[:, None]
    counts = (count.reshape(rows, positions).sum(axis=1) for count in (done.saved, done.total))
    return (words.reshape(rows, positions, -1), *counts)
