# SPDX-License-Identifier: Apache-2.0
"""Golden models of the layers of rtl/unrolled, in full precision, and the constant matrices that the cores multiply by.

Convolutions are cross-correlations, as in neural-network frameworks: the filter is not flipped,

    y[oh, ow, oc] = sum over fh, fw, ic of w[fh, fw, ic, oc] x[oh stride + fh - padding, ow stride + fw - padding, ic]

with x = 0 outside the image, and O = (I + 2 padding - F) // stride + 1 positions along each axis. Whatever the
unrolling, a core multiplies a vector by a constant matrix, rows = inputs, columns = outputs; the vector is flattened
row first, then column, channel last (C order):

    kernel                    a vector                        of `vectors`     matrix           results
    gemm, any                 a row of X: n                                    W                k
    conv1d pixelwise          a window: Fw, Ic                `windows`        `window_matrix`  Oc
    conv1d fully unrolled     the signal: Iw, Ic              reshape          `full_matrix`    Ow, Oc
    conv2d pixelwise          a window: Fh, Fw, Ic            `windows`        `window_matrix`  Oc
    conv2d row-parallel       Fh rows of the image: Iw, Ic    `bands`          `row_matrix`     Ow, Oc
    conv2d fully unrolled     the image: Ih, Iw, Ic           reshape          `full_matrix`    Oh, Ow, Oc

Source: "Kratos: An FPGA Benchmark for Unrolled DNNs with Fine-Grained Sparsity and Mixed Precision", FPL 2024.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]
Pair = int | tuple[int, int]
"""A stride or a padding: one number for both axes, or (vertical, horizontal)."""


def gemm(x: npt.ArrayLike, w: npt.ArrayLike) -> Integers:
    """Computes Y = X W.

    Args:
        x: integers (rows, m, n).
        w: integers (n, k).

    Returns:
        int64 (rows, m, k), exact.

    Raises:
        ValueError: the shapes do not fit, or a sum might not fit 64 bits.
    """
    data, weights = _integers("x", x, 3), _integers("w", w, 2)
    if data.shape[2] != len(weights):
        raise ValueError(f"x {data.shape} and w {weights.shape} must agree in n")
    return _product(data, weights)


def conv1d(x: npt.ArrayLike, w: npt.ArrayLike, stride: int = 1, padding: int = 0) -> Integers:
    """Convolves signals.

    Args:
        x: integers (rows, Iw, Ic).
        w: integers (Fw, Ic, Oc).
        stride: from window to window, at least 1.
        padding: zeros on each side.

    Returns:
        int64 (rows, Ow, Oc), exact.

    Raises:
        ValueError: the shapes do not fit, the filter is wider than the padded signal, or a sum might not fit 64 bits.
    """
    data, weights = _integers("x", x, 3), _integers("w", w, 3)
    return conv2d(data[:, None], weights[None], (1, stride), (0, padding))[:, 0]


def conv2d(x: npt.ArrayLike, w: npt.ArrayLike, stride: Pair = 1, padding: Pair = 0) -> Integers:
    """Convolves images.

    Args:
        x: integers (rows, Ih, Iw, Ic).
        w: integers (Fh, Fw, Ic, Oc).
        stride: from window to window, at least 1.
        padding: zeros on each side.

    Returns:
        int64 (rows, Oh, Ow, Oc), exact.

    Raises:
        ValueError: the shapes do not fit, the filter is larger than the padded image, or a sum might not fit 64 bits.
    """
    data, weights = _integers("x", x, 4), _integers("w", w, 4)
    if data.shape[3] != weights.shape[2]:
        raise ValueError(f"x {data.shape} and w {weights.shape} must agree in channels")
    return _product(windows(data, weights.shape[:2], stride, padding), window_matrix(weights))


def windows(x: npt.ArrayLike, size: tuple[int, int], stride: Pair = 1, padding: Pair = 0) -> Integers:
    """Cuts out what a pixelwise core sees, position by position.

    Args:
        x: integers (rows, Ih, Iw, Ic); a signal is an image of one row.
        size: Fh, Fw of the filter.
        stride: from window to window, at least 1.
        padding: zeros on each side.

    Returns:
        int64 (rows, Oh, Ow, Fh * Fw * Ic).

    Raises:
        ValueError: the filter is larger than the padded image, or another argument is out of range.
    """
    data = _integers("x", x, 4)
    (down, right), (top, left) = _pair("stride", stride, 1), _pair("padding", padding, 0)
    positions(data.shape[1], size[0], down, top)
    positions(data.shape[2], size[1], right, left)
    padded = np.pad(data, ((0, 0), (top, top), (left, left), (0, 0)))
    views = np.lib.stride_tricks.sliding_window_view(padded, size, axis=(1, 2))[:, ::down, ::right]
    cut = np.moveaxis(views, 3, 5)  # rows, oh, ow, fh, fw, ic
    return cut.reshape(*cut.shape[:3], math.prod(cut.shape[3:]))


def bands(x: npt.ArrayLike, height: int, stride: int = 1, padding: int = 0) -> Integers:
    """Cuts out what a row-parallel core sees, one row of results after the other.

    Args:
        x: integers (rows, Ih, Iw, Ic).
        height: Fh of the filter.
        stride: vertical.
        padding: rows of zeros above and below; the columns of zeros on the sides are left to `row_matrix`.

    Returns:
        int64 (rows, Oh, Fh * Iw * Ic).

    Raises:
        ValueError: the filter is higher than the padded image, or another argument is out of range.
    """
    data = _integers("x", x, 4)
    return windows(data, (height, data.shape[2]), (stride, 1), (padding, 0))[:, :, 0]


def window_matrix(w: npt.ArrayLike) -> Integers:
    """Flattens weights so that one window's results are `windows` @ matrix.

    Args:
        w: integers (Fw, Ic, Oc) or (Fh, Fw, Ic, Oc).

    Returns:
        int64 (Fh * Fw * Ic, Oc).

    Raises:
        ValueError: w has another number of axes, is empty or holds no integers.
    """
    weights = _filter(w)
    return weights.reshape(-1, weights.shape[3])


def row_matrix(w: npt.ArrayLike, width: int, stride: int = 1, padding: int = 0) -> Integers:
    """Unrolls a convolution along a row of results, which are `bands` @ matrix.

    Args:
        w: integers (Fw, Ic, Oc) or (Fh, Fw, Ic, Oc).
        width: Iw of the image.
        stride: horizontal, at least 1.
        padding: columns of zeros on each side, which cost no rows of the matrix.

    Returns:
        int64 (Fh * Iw * Ic, Ow * Oc).

    Raises:
        ValueError: the filter is wider than the padded image, or another argument is out of range.
    """
    weights = _filter(w)
    return full_matrix(weights, (len(weights), width), (1, stride), (0, padding))


def full_matrix(w: npt.ArrayLike, size: int | tuple[int, int], stride: Pair = 1, padding: Pair = 0) -> Integers:
    """Unrolls a convolution fully: all results are x.reshape(rows, -1) @ matrix.

    Args:
        w: integers (Fw, Ic, Oc) or (Fh, Fw, Ic, Oc).
        size: Iw of a signal, for a w of three axes; Ih, Iw of an image, for a w of four.
        stride: from window to window, at least 1; a signal's are horizontal.
        padding: zeros on each side, which cost no rows of the matrix.

    Returns:
        int64 (Ih * Iw * Ic, Oh * Ow * Oc).

    Raises:
        ValueError: the filter is larger than the padded image, or another argument is out of range.
    """
    weights, shape = _filter(w), (1, size) if isinstance(size, int) else size
    strides, pads = _pair("stride", stride, 1), _pair("padding", padding, 0)
    if isinstance(size, int):
        strides, pads = (1, strides[1]), (0, pads[1])
    filter_h, filter_w, channels = weights.shape[:3]
    down, across = (
        _places(extent, length, step, pad)
        for extent, length, step, pad in zip(shape, (filter_h, filter_w), strides, pads, strict=True)
    )
    matrix = np.einsum("iof,jpg,fgcd->ijcopd", down, across, weights)
    return np.asarray(matrix.reshape(math.prod(shape) * channels, -1))


def positions(extent: int, length: int, stride: int = 1, padding: int = 0) -> int:
    """Counts the windows along one axis, (extent + 2 * padding - length) // stride + 1.

    Args:
        extent: of the image, at least 1.
        length: of the filter, at least 1.
        stride: from window to window, at least 1.
        padding: zeros on each side, at least 0.

    Raises:
        ValueError: an argument is out of range, or the filter is longer than the padded image.
    """
    if extent < 1 or stride < 1 or padding < 0:
        raise ValueError(f"size {extent} and stride {stride} must be at least 1, padding {padding} at least 0")
    if not 1 <= length <= extent + 2 * padding:
        raise ValueError(f"a filter of {length} must fit {extent} inputs and a padding of {padding} on each side")
    return (extent + 2 * padding - length) // stride + 1


def bounds(matrix: npt.ArrayLike, low: npt.ArrayLike, high: npt.ArrayLike) -> tuple[Integers, Integers]:
    """Finds the least and the greatest result of each column: both are reached, so this is the growth of the sums.

    Args:
        matrix: integers (inputs, outputs).
        low: least value of the inputs, one for all or (inputs,).
        high: greatest value of the inputs, likewise.

    Returns:
        Two int64 (outputs,).

    Raises:
        ValueError: matrix has another number of axes, is empty or holds no integers.
    """
    weights = _integers("matrix", matrix, 2)
    least, most = (np.broadcast_to(np.asarray(end, np.int64), len(weights)) for end in (low, high))
    positive, negative = np.maximum(weights, 0), np.minimum(weights, 0)
    return least @ positive + most @ negative, most @ positive + least @ negative


def _places(extent: int, length: int, stride: int, padding: int) -> Integers:
    """Says by ones (input, position, tap) which tap of the filter lies on which input, along one axis."""
    count = positions(extent, length, stride, padding)
    taps = np.arange(count)[:, None] * stride + np.arange(length) - padding
    return np.asarray(np.arange(extent)[:, None, None] == taps, np.int64)


def _product(x: Integers, matrix: Integers) -> Integers:
    """Multiplies, after a look at whether 64 bits suffice."""
    if x.size:
        most = max(-int(x.min()), int(x.max()))
        if most * abs(matrix.astype(object)).sum(axis=0).max() >= 1 << 63:
            raise ValueError("a sum might not fit 64 bits")
    return np.asarray(x @ matrix)


def _filter(w: npt.ArrayLike) -> Integers:
    """Checks weights of a convolution, and gives those of conv1d a height of one row."""
    weights = np.asarray(w)
    return _integers("w", weights[None] if weights.ndim == 3 else weights, 4)


def _integers(name: str, values: npt.ArrayLike, axes: int) -> Integers:
    """Checks the type and the number of axes."""
    array = np.asarray(values)
    if array.ndim != axes or 0 in array.shape[1:] or (name != "x" and not array.size):
        raise ValueError(f"{name} must have {axes} axes, none of them empty, not {array.shape}")
    if array.dtype.kind not in "iub":
        raise ValueError(f"{name} must hold integers, not {array.dtype}")
    return array.astype(np.int64)


def _pair(name: str, value: Pair, least: int) -> tuple[int, int]:
    """Spreads one number over both axes."""
    pair = (value, value) if isinstance(value, int) else value
    if min(pair) < least:
        raise ValueError(f"{name} must be at least {least}, not {value}")
    return pair
