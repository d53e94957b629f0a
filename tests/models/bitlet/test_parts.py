"""Lanes and tree against plain loops; together they give the sum of a group; bits and words there and back."""

from __future__ import annotations

import numpy as np
import pytest

from models.bitlet.align import align
from models.bitlet.parts import (
    from_bits,
    lane,
    side_by_side,
    significances,
    to_bits,
    total_words,
    tree,
    values,
    words_total,
)
from models.bitlet.pe import cycles, group_sum


@pytest.mark.parametrize("n", [1, 2, 13, 64])
def test_lane_takes_pairs_in_order(n):
    rng = np.random.default_rng(n)
    bits, contributions = rng.integers(0, 2, (50, n)), rng.integers(0, 1 << 25, (50, n))
    for row, found in enumerate(lane(bits, contributions)):
        taken = [int(contributions[row, i]) for i in range(n) if bits[row, i]]
        assert found.tolist() == taken + [0] * (n - len(taken))


@pytest.mark.parametrize("beats", [1, 3, 128])
def test_tree_adds_signs_and_magnitudes(beats):
    rng = np.random.default_rng(beats)
    v = rng.integers(0, 1 << 25, (20, beats, 24))
    v[0], v[1] = (1 << 24) - 1, (1 << 25) - 1
    for row, found in enumerate(tree(v)):
        exact = sum(
            (-1) ** (int(code) >> 24) * (int(code) & 0xFF_FFFF) << b for beat in v[row] for b, code in enumerate(beat)
        )
        assert int(found) == exact


@pytest.mark.parametrize("n", [1, 6, 64])
def test_distilling_keeps_the_sum(n):
    rng = np.random.default_rng(n)
    w, a = rng.integers(0, 1 << 32, (30, n)), rng.integers(0, 1 << 32, (30, n))
    group = align(w, a, rng.integers(0, 25, 30), np.zeros(30, int))
    bits = significances(group)
    delivered = np.stack([lane(bits[:, b], values(group)) for b in range(24)], axis=2)
    assert np.array_equal(tree(delivered), group_sum(group))
    # nothing is left behind the cycles of the group
    assert all(not delivered[row, int(taken) :].any() for row, taken in enumerate(cycles(group)))


@pytest.mark.parametrize("width", [1, 8, 25, 63])
def test_bits_there_and_back(width):
    numbers = np.random.default_rng(width).integers(0, 1 << width, (5, 4))
    bits = to_bits(numbers, width)
    assert bits.shape == (5, 4, width)
    assert all(int(bits[1, 2, k]) == int(numbers[1, 2]) >> k & 1 for k in range(width))
    assert np.array_equal(from_bits(bits), numbers)


def test_bits_of_whole_words_and_of_negative_numbers():
    words = np.array([0, 2**64 - 1, 2**63], np.uint64)
    assert from_bits(to_bits(words, 64)).tolist() == words.tolist()
    assert from_bits(to_bits(np.array([-1, -8]), 4)).tolist() == [15, 8]


def test_fields_lie_side_by_side():
    low, high = np.array([[[1, 0], [0, 0]]]), np.array([[[[1], [1], [0]], [[0], [0], [1]]]])
    assert side_by_side(low, high).tolist() == [[[1, 0, 1, 1, 0], [0, 0, 0, 0, 1]]]


def test_words_of_totals_there_and_back():
    totals = np.array([0, -1, 1 << 574, -(1 << 575), (5 << 64) + 3], object)
    words = total_words(totals)
    assert words.dtype == np.uint64
    assert words[1].tolist() == [2**64 - 1] * 9
    assert words[4].tolist() == [3, 5] + [0] * 7
    assert words_total(words).tolist() == totals.tolist()
