"""Dot products: exact totals, truncation to float32 against a search over all codes, fixed point, golden vectors."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from models.bitlet.align import align
from models.bitlet.pe import BIAS, LEAST, cycles, group_sum, pack, processing_element, to_fixed, to_float32, total
from models.bitlet.words import fixed_words, float_words

DATA = Path(__file__).parents[2] / "data"
UNIT = LEAST - BIAS  # exponent of a total's lowest bit
INFINITY, NAN, MINUS = 0x7F80_0000, 0x7FC0_0000, 1 << 31


def _fraction(code):
    return Fraction(float(np.uint32(code).view(np.float32)))


def _truncated(value):
    """The code of the greatest float32 that is not above |value|, by search: codes and values have one order."""
    low, high = 0, INFINITY
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _fraction(middle) <= abs(value) else (low, middle)
    return (MINUS if value < 0 else 0) | (INFINITY if abs(value) >= 2**128 else low)


def _totals():
    rng = np.random.default_rng(5)
    yield from (0, 1, -1, (1 << 575) - 1, -(1 << 575))
    for place in (*range(0, 575, 25), *range(140, 180), *range(415, 435)):
        for _ in range(3):
            size = int.from_bytes(rng.bytes(72), "little") >> 576 - place - 1 | 1 << place
            yield size
            yield -size
        for size in (1 << place, (1 << place) - 1, (1 << place) + 1, ((1 << 24) - 1) << max(0, place - 23)):
            yield size
            yield -size


def test_truncation_to_float32_in_every_class():
    kinds = set()
    for value in _totals():
        code = to_float32(value, UNIT)
        assert code == _truncated(Fraction(value) * Fraction(2) ** UNIT)
        field, fraction = code >> 23 & 255, code & 0x7F_FFFF
        kinds.add((code >> 31, min(field, 1) + (field == 255), fraction != 0))
    # of either sign: zero, subnormal, normal, power of two, infinity; never NaN
    assert kinds == {(sign, *kind) for sign in (0, 1) for kind in ((0, 0), (0, 1), (1, 0), (1, 1), (2, 0))}


def test_small_negative_totals_are_minus_zero():
    assert to_float32(-1, UNIT) == MINUS
    assert to_float32(-(1 << 149) + 1, UNIT) == MINUS
    assert to_float32(-(1 << 149), UNIT) == MINUS | 1
    assert to_float32(0, UNIT) == 0
    assert to_float32((1 << 149) - 1, UNIT) == 0


def test_overflow_is_infinity_from_two_to_the_128_on():
    most = ((1 << 24) - 1) << (426 - 24)  # 2^128 - 2^104
    assert to_float32(most, UNIT) == 0x7F7F_FFFF
    assert to_float32((1 << 426) - 1, UNIT) == 0x7F7F_FFFF
    assert to_float32(1 << 426, UNIT) == INFINITY
    assert to_float32(-(1 << 426), UNIT) == MINUS | INFINITY


def test_truncation_agrees_with_numpy_where_nothing_is_lost():
    codes = np.random.default_rng(2).integers(0, 1 << 32, 1000, dtype=np.uint32)
    for code in codes[np.isfinite(codes.view(np.float32))]:
        value = _fraction(code) / Fraction(2) ** UNIT
        assert value.denominator == 1
        assert to_float32(int(value), UNIT) == code or not value


@pytest.mark.parametrize("out", [8, 32, 63, 64])
def test_fixed_point_results(out):
    half = 1 << (out - 1)
    for value in (0, 1, -1, half - 1, -half, half, -half - 1, 3 * half + 5, -7 * half - 3, 1 << 200, -(1 << 200)):
        assert to_fixed(value, out, saturate=True) == sorted((-half, value, half - 1))[1]
        wrapped = to_fixed(value, out, saturate=False)
        assert -half <= wrapped < half
        assert (wrapped - value) % (2 * half) == 0


def test_flags_come_before_the_total():
    five = np.full(16, 5, object)
    expected = {0: to_float32(5, UNIT), 1: INFINITY, 2: MINUS | INFINITY, 3: NAN}
    expected |= dict.fromkeys(range(4, 8), NAN) | dict.fromkeys(range(8, 16), 5)
    assert pack(five, np.arange(16), 32, saturate=True).tolist() == [expected[flag] for flag in range(16)]
    # 64 bits of two's complement
    assert pack(-five[:1], np.array([8]), 8, saturate=True).tolist() == [2**64 - 5]


def test_totals_are_exact():
    rng = np.random.default_rng(4)
    sums = rng.integers(-(1 << 55), 1 << 55, (200, 7))
    places = rng.integers(2, 509, (200, 7))
    for row, found in enumerate(total(sums, places)):
        exact = sum(Fraction(int(s)) * Fraction(2) ** int(e) for s, e in zip(sums[row], places[row], strict=True))
        assert Fraction(found) * 4 == exact


def test_groups_that_cancel_leave_nothing():
    assert total(np.array([[3, -3], [1 << 54, -(1 << 53)]]), np.array([[508, 508], [2, 3]])).tolist() == [0, 0]


@pytest.mark.parametrize("groups", [1, 3])
def test_float32_of_exact_groups(groups):
    rng = np.random.default_rng(groups)
    shape = (60, groups, 5)
    # one exponent, so alignment loses nothing; many zeros and cancellations
    w = rng.integers(-(1 << 24) + 1, 1 << 24, shape).astype(np.float64)
    w = np.copysign(np.maximum(abs(w), 1 << 23), w).astype(np.float32)
    a = np.exp2(rng.integers(-20, 20, (60, groups, 1))) * np.copysign(1.0, rng.normal(size=shape))
    z, _ = processing_element(float_words(w), float_words(a.astype(np.float32)), np.zeros(60, int), np.zeros(60, int))
    for row in range(60):
        pairs = zip(w[row].ravel(), a[row].ravel(), strict=True)
        assert z[row] == _truncated(sum(Fraction(float(x)) * Fraction(float(y)) for x, y in pairs))


@pytest.mark.parametrize("width", [1, 7, 16, 24])
def test_fixed_point_dot_products(width):
    rng = np.random.default_rng(width)
    w = rng.integers(1 - (1 << width), 1 << width, (50, 2, 6))
    a = rng.integers(1 - (1 << 24), 1 << 24, (50, 2, 6))
    widths, none = np.full(50, width), np.zeros(50, int)
    exact = [
        sum(int(x) * int(y) for x, y in zip(*rows, strict=True))
        for rows in zip(w.reshape(50, -1), a.reshape(50, -1), strict=True)
    ]
    z, _ = processing_element(fixed_words(w), fixed_words(a), widths, none, 64)
    assert z.view(np.int64).tolist() == exact
    z, _ = processing_element(fixed_words(w), fixed_words(a), widths, none, 20, saturate=False)
    assert ((z.view(np.int64) - np.array(exact)) % (1 << 20) == 0).all()


def test_cycles_are_those_of_the_fullest_lane_and_at_least_one():
    w = np.array([[0, 0, 0], [1, 1, 1], [1, 2, 4], [3, 5, 1], [7, 7, 0]])
    group = align(fixed_words(w), fixed_words(w), np.full(5, 3), np.zeros(5, int))
    assert cycles(group).tolist() == [1, 3, 1, 3, 2]


@pytest.mark.parametrize(
    ("name", "result", "lane", "exact", "pruned"),
    [
        ("T01", -3.6667754650115967, 35, -3.666774730903202, -3.7001364231),
        ("T02", 0.3855160176753998, 42, 0.38551600262935126, 0.3847264946),
        ("T03", -1.4899426698684692, 37, -1.4899427833549677, -1.4869604111),
    ],
)
def test_golden_vectors(name, result, lane, exact, pruned):
    pairs = np.loadtxt(DATA / f"bitlet_fp32_{name}.csv", delimiter=",", skiprows=1).astype(np.float32)
    w, a = pairs.T
    assert len(w) == 64
    words = [float_words(numbers)[None, None] for numbers in (w, a)]
    z, taken = processing_element(*words, np.array([0]), np.array([0]))
    assert float(z.astype(np.uint32).view(np.float32)[0]) == result
    assert taken.tolist() == [[lane]]
    dot = sum(Fraction(float(x)) * Fraction(float(y)) for x, y in zip(w, a, strict=True))
    assert float(dot) == pytest.approx(exact, rel=1e-15)
    group = align(*words, np.zeros((1, 1), int), np.zeros((1, 1), int))
    unit = Fraction(2) ** (int(group.exponent[0, 0]) - BIAS)
    assert abs(Fraction(int(group_sum(group)[0, 0])) * unit - dot) < 63 * 2**24 * unit
    top, fewer = processing_element(*words, np.array([0]), np.array([8]))
    assert f"{float(top.astype(np.uint32).view(np.float32)[0]):.10f}" == f"{pruned:.10f}"
    assert fewer[0, 0] <= lane
