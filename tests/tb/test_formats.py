"""Number formats: round trips, known codes, corners, reports and refusals."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ulpwise.data.formats import Enumerated, Fixed, Float32, Format, FormatError, Signed, SignedDigits, Unsigned

CALM = settings(deadline=None, derandomize=True)
SHAPES = st.sampled_from([(), (1,), (3,), (2, 3)])
WIDTHS = st.integers(1, 64)
FORMATS = st.one_of(
    st.builds(Unsigned, WIDTHS, SHAPES),
    st.builds(Signed, WIDTHS, SHAPES),
    st.builds(SignedDigits, st.integers(1, 40), SHAPES),
    st.builds(Float32, SHAPES, st.booleans()),
    st.builds(Fixed, WIDTHS, st.integers(-70, 70), SHAPES, signed=st.booleans()),
    st.builds(Enumerated, st.just({"C": 5, "B": 1, "A": 0}), st.integers(3, 64), SHAPES, unnamed=st.booleans()),
)
EACH = [Unsigned(8), Unsigned(64), Signed(1), Signed(64), Signed(5, (2, 2)), SignedDigits(3), SignedDigits(2, (3,))]
EACH += [Float32(), Float32((2,), specials=True), Fixed(8, 4, (2,)), Enumerated({"IDLE": 0, "RUN": 1}, shape=(2,))]


def bits_of(fmt: Format, values: list) -> list[int]:
    return fmt.to_bits(np.array([values], dtype=fmt.dtype))[0].tolist()


@given(FORMATS, st.integers(0, 2**32 - 1), st.integers(0, 9))
@CALM
def test_random_values_round_trip(fmt, seed, rows):
    values = fmt.random(np.random.default_rng(seed), rows)
    fmt.validate(values, "x")
    bits = fmt.to_bits(values)
    back = fmt.from_bits(bits)
    assert values.shape == back.shape == (rows, *fmt.array_shape)
    assert values.dtype == back.dtype == fmt.dtype
    assert bits.shape == (rows, fmt.width)
    assert bits.dtype == np.uint8
    assert fmt.equal(values, back).tolist() == [True] * rows
    assert not fmt.illegal(bits).any()


@given(FORMATS)
@settings(CALM, max_examples=30)
def test_corners_are_legal_distinct_and_reach_every_element(fmt):
    corners = fmt.corners()
    fmt.validate(corners, "x")
    bits = fmt.to_bits(corners)
    assert fmt.equal(corners, fmt.from_bits(bits)).all()
    assert not bits[0].any()
    by_element = bits.reshape(len(bits), fmt.size, fmt.element_bits)
    assert by_element.any(axis=2).any(axis=0).all()
    if fmt.size > 1:
        alone = by_element.any(axis=2).sum(axis=1) == 1
        assert by_element[alone].any(axis=2).any(axis=0).all()


def test_corners_of_integers():
    assert Unsigned(4).corners().tolist() == [0, 15, 5, 10, 1, 2, 4, 8]
    assert Signed(4).corners().tolist() == [0, -8, 7, 5, -6, -1, 1, 2, 4]
    assert Unsigned(64).corners().max() == 2**64 - 1
    assert Signed(1).corners().tolist() == [0, -1]


def test_corners_of_digits():
    rows = SignedDigits(2).corners().tolist()
    assert rows == [[0, 0], [1, 1], [-1, -1], [1, -1], [-1, 1], [1, 0], [0, 1], [-1, 0], [0, -1]]


def test_corners_of_floats():
    assert np.isfinite(Float32().corners()).all()
    assert np.isnan(Float32(specials=True).corners()).any()
    assert np.isinf(Float32(specials=True).corners()).any()


def test_vector_corners_fill_all_elements_then_one():
    assert Unsigned(1, (3,)).corners().tolist() == [[0, 0, 0], [1, 1, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1]]


def test_known_codes():
    assert bits_of(Unsigned(4), 0b0011) == [1, 1, 0, 0]
    assert bits_of(Signed(4), -2) == [0, 1, 1, 1]
    assert bits_of(Unsigned(2, (2,)), [1, 2]) == [1, 0, 0, 1]
    assert bits_of(Unsigned(1, (2, 2)), [[1, 0], [0, 1]]) == [1, 0, 0, 1]
    assert bits_of(SignedDigits(3), [1, -1, 0]) == [1, 0, 0, 1, 0, 0]
    assert bits_of(SignedDigits(1, (2,)), [[-1], [1]]) == [0, 1, 1, 0]
    one = np.float32(1).view(np.uint32)
    assert bits_of(Float32(), 1.0) == [int(one) >> i & 1 for i in range(32)]


def test_integer_values_are_wide_enough_for_arithmetic():
    assert Unsigned(8).dtype == Signed(64).dtype == Unsigned(63).dtype == np.int64
    assert Unsigned(64).dtype == np.uint64


def test_illegal_digits_are_flagged_and_equal_nothing():
    fmt = SignedDigits(2, (2,))
    bits = np.zeros((3, 8), dtype=np.uint8)
    bits[1, 6:8] = 1
    bits[2, 1:3] = 1  # neighbours of two digits, which is legal
    assert fmt.illegal(bits).tolist() == [False, True, False]
    values = fmt.from_bits(bits)
    assert values.tolist() == [[[0, 0], [0, 0]], [[0, 0], [0, 2]], [[-1, 1], [0, 0]]]
    for golden in (-1, 0, 1):
        assert not fmt.equal(values[1:2], np.full((1, 2, 2), golden, dtype=np.int8)).any()
    with pytest.raises(FormatError, match=r"^values\[1\]\[1\], row 1: 2 is out of range -1\.\.1$"):
        fmt.to_bits(values)


def test_floats_compare_by_bits():
    codes = np.array([0x7FC00000, 0x7FC00000, 0x80000000], dtype=np.uint32).view(np.float32)
    other = np.array([0x7FC00000, 0x7FC00001, 0x00000000], dtype=np.uint32).view(np.float32)
    assert Float32().equal(codes, other).tolist() == [True, False, False]


@given(st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=20))
@CALM
def test_every_float_code_round_trips(codes):
    bits = (np.array(codes, dtype=np.uint64)[:, None] >> np.arange(32, dtype=np.uint64) & np.uint64(1)).astype(np.uint8)
    assert (Float32().to_bits(Float32().from_bits(bits)) == bits).all()


def test_equal_is_by_row():
    a = np.array([[1, 2], [3, 4]])
    assert Unsigned(8, (2,)).equal(a, np.array([[1, 2], [3, 5]])).tolist() == [True, False]
    with pytest.raises(FormatError, match=re.escape("cannot compare arrays of shapes (2, 2) and (1, 2)")):
        Unsigned(8, (2,)).equal(a, a[:1])


@pytest.mark.parametrize(
    ("fmt", "value", "text"),
    [
        (Unsigned(8), 31, "0x1f (31)"),
        (Unsigned(9), 5, "0x005 (5)"),
        (Signed(8), -31, "0xe1 (-31)"),
        (SignedDigits(4), [1, -1, 0, 1], "1 -1 0 1 = 0x9/0x4 (5/16)"),
        (SignedDigits(2), [2, -1], "! -1 = 0x2/0x3 (! is the illegal code (1,1))"),
        (Float32(), -2.5, "-2.5 (0xc0200000)"),
        (Float32(), float("nan"), "nan (0x7fc00000)"),
        (Unsigned(4, (2,)), [1, 2], "[0x1 (1), 0x2 (2)] (2 elements)"),
        (SignedDigits(1, (2,)), [[1], [0]], "[1 = 0x1/0x0 (1/2), 0 = 0x0/0x0 (0/2)] (2 elements)"),
    ],
)
def test_show(fmt, value, text):
    assert fmt.show(np.array([value], dtype=fmt.dtype)[0]) == text


def test_show_abbreviates_long_vectors():
    text = Unsigned(4, (3, 3)).show(np.arange(9).reshape(3, 3))
    assert text == "[" + ", ".join(f"0x{i} ({i})" for i in range(8)) + ", ...] (9 elements)"


@pytest.mark.parametrize(
    ("fmt", "count"),
    [
        (Unsigned(3), 8),
        (Signed(4, (2,)), 256),
        (SignedDigits(3), 27),
        (SignedDigits(2, (2,)), 81),
        (Unsigned(20), 1 << 20),
    ],
)
def test_enumerate_all_gives_every_value_once(fmt, count):
    rows = fmt.enumerate_all()
    assert fmt.count == count == len(rows)
    assert rows.dtype == fmt.dtype
    fmt.validate(rows, "x")
    assert len(np.unique(np.packbits(fmt.to_bits(rows), axis=1), axis=0)) == count


@pytest.mark.parametrize("fmt", [Unsigned(21), SignedDigits(13), Float32(), Unsigned(1, (4096,))])
def test_large_spaces_are_not_enumerated(fmt):
    assert fmt.count is None
    with pytest.raises(FormatError, match="has more than 1048576 values: too many to enumerate"):
        fmt.enumerate_all()


def test_random_reaches_the_ends_and_no_specials():
    rng = np.random.default_rng(0)
    for fmt in (Unsigned(2), Signed(2), SignedDigits(1)):
        values = fmt.random(rng, 200)
        assert (values.min(), values.max()) == (fmt.low, fmt.high)
    floats = Float32().random(rng, 20000)
    assert np.isfinite(floats).all()
    assert 0.45 < np.signbit(floats).mean() < 0.55
    assert not np.isfinite(Float32(specials=True).random(rng, 20000)).all()


def test_random_repeats():
    for fmt in EACH:
        first, again = (fmt.to_bits(fmt.random(np.random.default_rng(7), 5)) for _ in range(2))
        assert (first == again).all()


@pytest.mark.parametrize(
    ("fmt", "values", "message"),
    [
        (Unsigned(8), [0, 256], "x, row 1: 256 is out of range 0..255"),
        (Unsigned(8), [-1], "x, row 0: -1 is out of range 0..255"),
        (Unsigned(64), [-1], "x, row 0: -1 is out of range 0..18446744073709551615"),
        (Signed(8, (2,)), [[0, 0], [0, -129]], "x[1], row 1: -129 is out of range -128..127"),
        (SignedDigits(2), [[0, 2]], "x[1], row 0: 2 is out of range -1..1"),
        (Unsigned(8), [0.5], "x: expected integers, got float64"),
        (Float32(), [0.5], "x: expected float32, got float64"),
        (Unsigned(8), 3, "x: expected one row a transaction, got a single value"),
        (Unsigned(8, (2,)), [1, 2], "x: expected rows of shape (2,), got ()"),
        (SignedDigits(3), [[1, 0]], "x: expected rows of shape (3,), got (2,)"),
    ],
)
def test_validate_refuses_in_one_line(fmt, values, message):
    with pytest.raises(FormatError, match=f"^{re.escape(message)}$"):
        fmt.validate(np.array(values), "x")
    with pytest.raises(FormatError):
        fmt.to_bits(np.array(values))


def test_validate_takes_any_integer_type_and_nan():
    Unsigned(1).validate(np.array([True, False]), "x")
    Unsigned(64).validate(np.array([2**64 - 1], dtype=np.uint64), "x")
    Signed(64).validate(np.array([], dtype=np.int8), "x")
    Float32().validate(np.array([np.nan], dtype=np.float32), "x")
    with pytest.raises(FormatError, match="is out of range"):
        Signed(64).validate(np.array([2**63], dtype=np.uint64), "x")


@pytest.mark.parametrize("fmt", EACH)
def test_wrong_bit_matrices_are_refused(fmt):
    wrong = [np.zeros((2, fmt.width + 1), np.uint8), np.zeros(fmt.width, np.uint8), np.zeros((2, fmt.width), np.int64)]
    for bits in wrong:
        for use in (fmt.from_bits, fmt.illegal):
            with pytest.raises(FormatError, match=rf"^expected uint8 bits \(rows, {fmt.width}\), got "):
                use(bits)


@pytest.mark.parametrize(
    ("declare", "message"),
    [
        (lambda: Unsigned(0), "Unsigned has 1 to 64 bits, not 0"),
        (lambda: Signed(65), "Signed has 1 to 64 bits, not 65"),
        (lambda: SignedDigits(0), "SignedDigits has at least 1 digit, not 0"),
        (lambda: Unsigned(8, (0,)), "shape must be a tuple of sizes of at least 1, got (0,)"),
        (lambda: Float32([2]), "shape must be a tuple of sizes of at least 1, got [2]"),
    ],
)
def test_wrong_declarations_are_refused(declare, message):
    with pytest.raises(FormatError, match=f"^{re.escape(message)}$"):
        declare()


def test_formats_are_values():
    assert Unsigned(8, (2,)) == Unsigned(8, (2,))
    assert len({Signed(8), Signed(8), Unsigned(8)}) == 2
