# SPDX-License-Identifier: Apache-2.0
"""Layers against scipy's correlation, and every unrolled matrix against its layer."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import correlate

from models.unrolled.layers import (
    bands,
    bounds,
    conv1d,
    conv2d,
    full_matrix,
    gemm,
    positions,
    row_matrix,
    window_matrix,
    windows,
)

SMALL = st.integers(1, 3)


@st.composite
def convolutions(draw):
    """A random image batch, filter, stride and padding, the latter two of each axis, that fit one another."""
    stride, padding = draw(st.tuples(SMALL, SMALL)), draw(st.tuples(st.integers(0, 2), st.integers(0, 2)))
    size = draw(st.tuples(st.integers(1, 7), st.integers(1, 7)))
    lengths = [draw(st.integers(1, min(4, extent + 2 * pad))) for extent, pad in zip(size, padding, strict=True)]
    channels, results, rows = draw(SMALL), draw(SMALL), draw(st.integers(0, 3))
    rng = np.random.default_rng(draw(st.integers(0, 1 << 32)))
    bits = draw(st.sampled_from([1, 2, 8, 12]))
    x = rng.integers(-(1 << bits), 1 << bits, (rows, *size, channels))
    w = rng.integers(-(1 << bits), 1 << bits, (*lengths, channels, results))
    return x, w, stride, padding


def reference(x, w, stride, padding):
    """Each image and filter by scipy, channel by channel, exact in integers; strides taken afterwards."""
    padded = np.pad(x, ((0, 0), (padding[0],) * 2, (padding[1],) * 2, (0, 0)))
    sums = [
        [
            sum(correlate(image[..., c], w[..., c, o], "valid", "direct") for c in range(w.shape[2]))
            for o in range(w.shape[3])
        ]
        for image in padded
    ]
    return np.moveaxis(np.array(sums), 1, 3)[:, :: stride[0], :: stride[1]]


@settings(max_examples=150, deadline=None)
@given(convolutions())
def test_conv2d_is_scipys_and_every_matrix_unrolls_it(case):
    x, w, stride, padding = case
    y = conv2d(x, w, stride, padding)
    assert y.dtype == np.int64
    assert y.shape == (
        len(x),
        *(positions(*axis) for axis in zip(x.shape[1:3], w.shape[:2], stride, padding, strict=True)),
        w.shape[3],
    )
    if len(x):
        assert np.array_equal(y, reference(x, w, stride, padding))
    assert np.array_equal(windows(x, w.shape[:2], stride, padding) @ window_matrix(w), y)
    row = bands(x, len(w), stride[0], padding[0]) @ row_matrix(w, x.shape[2], stride[1], padding[1])
    assert np.array_equal(row.reshape(y.shape), y)
    matrix = full_matrix(w, x.shape[1:3], stride, padding)
    assert matrix.shape == (np.prod(x.shape[1:]), np.prod(y.shape[1:]))
    assert np.array_equal(x.reshape(len(x), len(matrix)) @ matrix, y.reshape(len(x), matrix.shape[1]))


@settings(max_examples=60, deadline=None)
@given(convolutions())
def test_conv1d_is_a_conv2d_of_one_row(case):
    x, w, (_, stride), (_, padding) = case
    x, w = x[:, 0], w[0]
    y = conv1d(x, w, stride, padding)
    if len(x):
        assert np.array_equal(y, reference(x[:, None], w[None], (1, stride), (0, padding))[:, 0])
    matrix = full_matrix(w, x.shape[1], stride, padding)
    assert np.array_equal(row_matrix(w, x.shape[1], stride, padding), matrix)
    assert np.array_equal(x.reshape(len(x), len(matrix)) @ matrix, y.reshape(len(x), matrix.shape[1]))
    assert np.array_equal(
        windows(x[:, None], (1, len(w)), stride=(1, stride), padding=(0, padding))[:, 0] @ window_matrix(w), y
    )


def test_filters_are_not_flipped():
    assert conv1d([[[1], [2], [3]]], [[[10]], [[1]]]).tolist() == [[[12], [23]]]
    assert conv1d([[[1], [2], [3]]], [[[10]], [[1]]], stride=2, padding=1).tolist() == [[[1], [23]]]


def test_vectors_are_flattened_row_column_channel():
    w = np.arange(24).reshape(2, 3, 2, 2)
    assert window_matrix(w)[:, 1].tolist() == [w[i, j, c, 1] for i in range(2) for j in range(3) for c in range(2)]
    image = np.arange(24).reshape(1, 3, 4, 2)
    assert windows(image, (2, 2))[0, 1, 2].tolist() == [12, 13, 14, 15, 20, 21, 22, 23]
    assert bands(image, 2, 1)[0, 1].tolist() == list(range(8, 24))
    # column (ow, oc) of a row's matrix holds the filter of oc, moved ow pixels
    matrix = row_matrix(w, 4).reshape(2, 4, 2, 2, 2)
    assert np.array_equal(matrix[:, 1:, :, 1], w)
    assert not matrix[:, 0, :, 1].any()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 3), SMALL, st.integers(1, 9), st.integers(1, 5), st.integers(1, 30), st.integers(0, 1 << 32))
def test_gemm_is_the_product_of_unbounded_integers(rows, m, n, k, bits, seed):
    rng = np.random.default_rng(seed)
    x, w = rng.integers(-(1 << bits), 1 << bits, (rows, m, n)), rng.integers(-(1 << bits) + 1, 1 << bits, (n, k))
    if n << (2 * bits) < 1 << 63:
        assert gemm(x, w).tolist() == (x.astype(object) @ w.astype(object)).tolist()


@settings(max_examples=60, deadline=None)
@given(convolutions())
def test_bounds_are_reached_and_never_passed(case):
    x, w, _, _ = case
    matrix = window_matrix(w)
    low, high = bounds(matrix, -3, 5)
    assert np.array_equal(low, [sum(min(-3 * v, 5 * v) for v in column) for column in matrix.T.tolist()])
    assert np.array_equal(high, [sum(max(-3 * v, 5 * v) for v in column) for column in matrix.T.tolist()])
    y = windows(np.clip(x, -3, 5), w.shape[:2], 1, 3) @ matrix
    assert not y.size or ((low <= y) & (y <= high)).all()
    per_input = np.arange(len(matrix))
    assert np.array_equal(bounds(matrix, per_input, per_input)[0], per_input @ matrix)


X, W = np.ones((1, 5, 4, 2), np.int64), np.ones((3, 3, 2, 1), np.int64)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: gemm(X[0], W[0, 0, :, 0]), r"w must have 2 axes, none of them empty, not \(2,\)"),
        (lambda: gemm(X[0], W[0, :, 0]), r"x \(5, 4, 2\) and w \(3, 1\) must agree in n"),
        (lambda: gemm(X[0] / 2, W[0, :, 0]), "x must hold integers, not float64"),
        (lambda: gemm(X[0] << 60, W[0, 0] << 10), "a sum might not fit 64 bits"),
        (lambda: gemm(X[0] * np.iinfo(np.int64).min, W[0, 0]), "a sum might not fit 64 bits"),
        (lambda: conv2d(X[..., :1], W), r"x \(1, 5, 4, 1\) and w \(3, 3, 2, 1\) must agree in channels"),
        (lambda: conv2d(X, W, 0), "stride must be at least 1, not 0"),
        (lambda: conv2d(X, W, 1, (0, -1)), r"padding must be at least 0, not \(0, -1\)"),
        (lambda: conv2d(X[:, :2], W), "a filter of 3 must fit 2 inputs and a padding of 0 on each side"),
        (lambda: full_matrix(W, (5, 0)), "size 0 and stride 1 must be at least 1, padding 0 at least 0"),
        (lambda: window_matrix(W[0, 0]), r"w must have 4 axes, none of them empty, not \(2, 1\)"),
    ],
)
def test_one_line_says_what_is_wrong(call, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        call()
