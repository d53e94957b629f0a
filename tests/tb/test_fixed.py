"""Fixed point, checked against exact fractions."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from fractions import Fraction

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ulpwise.bench.stimuli import directed, draw_for
from ulpwise.data import vectors
from ulpwise.data.formats import Fixed, FormatError, Signed, Unsigned
from ulpwise.ports.axis import Axis, Streams

CALM = settings(deadline=None, derandomize=True, max_examples=300)
Q = Fixed(5, 1)  # -1 to 0.9375 in steps of 1/16
MODES = ["nearest-even", "nearest-away", "nearest-up", "floor", "ceil", "zero"]
FIXED = st.builds(Fixed, st.integers(1, 64), st.integers(-512, 512), signed=st.booleans())


def steps(fmt: Fixed, number) -> Fraction:
    return Fraction(number) * Fraction(2) ** (fmt.bits - fmt.integer_bits)


def by_definition(number: Fraction, mode: str) -> int:
    """Round as the words say: of the integers around a number the nearest, of two the one that the mode names."""
    around = sorted({math.floor(number), math.ceil(number)})
    preferred = {
        "nearest-even": lambda n: (abs(n - number), n % 2),
        "nearest-away": lambda n: (abs(n - number), -abs(n)),
        "nearest-up": lambda n: (abs(n - number), -n),
        "floor": lambda n: n,
        "ceil": lambda n: -n,
        "zero": abs,
    }
    return min(around, key=preferred[mode])


def fitted(code: int, fmt: Fixed, overflow: str) -> int:
    """Bring a code into the range by steps of the range, or to its nearer end."""
    low = -(2 ** (fmt.bits - 1)) if fmt.signed else 0
    high = low + 2**fmt.bits - 1
    if overflow == "saturate":
        return sorted([low, code, high])[1]
    return next(c for c in (code - (code - low) // 2**fmt.bits * 2**fmt.bits,) if low <= c <= high)


def numbers_near(fmt: Fixed) -> st.SearchStrategy[float]:
    """Floats in and around the range, many of them halves of steps; and any floats."""
    step = 2.0 ** (fmt.integer_bits - fmt.bits)
    eighths = st.integers(-(2**12), 2**12) | st.integers(-(2 ** min(fmt.bits + 5, 53)), 2 ** min(fmt.bits + 5, 53))
    return eighths.map(lambda n: n * step / 8) | st.floats(allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize("mode", MODES)
@given(data=st.data(), fmt=FIXED, overflow=st.sampled_from(["saturate", "wrap"]))
@CALM
def test_floats_and_fractions_are_rounded_as_defined(mode, data, fmt, overflow):
    numbers = data.draw(st.lists(numbers_near(fmt), min_size=1, max_size=4))
    expected = [fitted(by_definition(steps(fmt, n), mode), fmt, overflow) for n in numbers]
    codes = fmt.quantise(numbers, rounding=mode, overflow=overflow)
    assert codes.dtype == fmt.dtype
    assert codes.tolist() == expected
    others = [Fraction(numbers[0]), *map(Decimal, numbers[1:])]
    assert fmt.quantise(others, rounding=mode, overflow=overflow).tolist() == expected
    fmt.validate(codes, "x")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("fmt", [Q, Fixed(3, 5), Fixed(3, -2, signed=False), Fixed(1, 1), Fixed(1, 0, signed=False)])
def test_all_halves_and_neighbours_of_small_formats(fmt, mode):
    exact = [Fraction(n, 2) for n in range(-80, 81)]
    floats = np.ldexp(np.arange(-80.0, 81), -1 - fmt.fraction_bits)
    for numbers in (floats, np.nextafter(floats, np.inf), np.nextafter(floats, -np.inf)):
        for overflow in ("saturate", "wrap"):
            expected = [fitted(by_definition(steps(fmt, n), mode), fmt, overflow) for n in numbers.tolist()]
            assert fmt.quantise(numbers, rounding=mode, overflow=overflow).tolist() == expected
    assert [by_definition(n, "nearest-even") for n in exact] == [round(n) for n in exact]  # the definition itself


@given(FIXED, st.data())
@CALM
def test_codes_back_to_numbers(fmt, data):
    codes = np.array(data.draw(st.lists(st.integers(fmt.low, fmt.high), max_size=5)), fmt.dtype)
    exact = fmt.to_fractions(codes)
    assert exact.tolist() == [int(code) / steps(fmt, 1) for code in codes]
    reals = fmt.to_real(codes)
    assert reals.dtype == np.float64
    assert reals.tolist() == [float(number) for number in exact]
    assert fmt.quantise(exact, overflow="error").tolist() == codes.tolist()
    # what is written reads back, through text and, where a float holds it, as a float
    assert fmt.take(fmt.texts(codes), "x").tolist() == codes.tolist()
    assert [Fraction(text) for text in fmt.texts(codes)] == exact.tolist()
    held = np.array([Fraction(real) == number for real, number in zip(reals.tolist(), exact, strict=True)], bool)
    assert fmt.take(reals[held], "x").tolist() == codes[held].tolist()


def test_the_codes_are_those_of_integers():
    assert (Fixed(9, 3).corners() == Signed(9).corners()).all()
    assert (Fixed(64, 3, signed=False).corners() == Unsigned(64).corners()).all()
    assert Fixed(6, 9).enumerate_all().tolist() == list(range(-32, 32))
    assert (Fixed(9, 3).to_bits(np.arange(-256, 256)) == Signed(9).to_bits(np.arange(-256, 256))).all()
    drawn = [fmt.random(np.random.default_rng(1), 9).tolist() for fmt in (Fixed(9, 3), Signed(9))]
    assert drawn[0] == drawn[1]


def test_shapes_types_and_defaults():
    assert Q.quantise(0.5).shape == ()
    assert Q.quantise([[0.5], [1]]).tolist() == [[8], [15]]
    assert Q.quantise(np.zeros((0, 3))).shape == Q.to_real(np.zeros((0, 3), int)).shape == (0, 3)
    for kind in (np.float16, np.float32, ml_dtypes.bfloat16, np.longdouble):
        assert Q.quantise(np.array([0.5, -0.25], kind)).tolist() == [8, -4]
    assert Fixed(64, 64).quantise(np.array([2**62 + 1])).tolist() == [2**62 + 1]  # which no float is
    assert Fixed(64, 64, signed=False).quantise([2**64 - 1, 2**70]).tolist() == [2**64 - 1] * 2
    assert Q.quantise([np.inf, -np.inf]).tolist() == [15, -16]
    assert Fixed(64, 1).quantise([np.inf, 1e300]).tolist() == [2**63 - 1] * 2
    assert Fixed(5, 1, rounding="floor", overflow="wrap").quantise([0.99, 1]).tolist() == [15, -16]
    assert Q.to_real(100) == 6.25  # a sum of codes
    assert Q.to_fractions([[2**70]]).tolist() == [[Fraction(2**66)]]


@pytest.mark.parametrize(
    ("fmt", "code", "text"),
    [
        (Q, -1, "0x1f (-0.0625)"),
        (Q, 8, "0x08 (0.5)"),
        (Q, 0, "0x00 (0)"),
        (Q, -16, "0x10 (-1)"),
        (Fixed(4, 6), 3, "0x3 (12)"),
        (Fixed(4, -2), 5, "0x5 (0.078125)"),
        (Fixed(32, 1), 1, "0x00000001 (0.0000000004656612873077392578125)"),
        (Fixed(4, -300), -3, "0xd (-3 * 2**-304)"),
        (Fixed(4, 300, signed=False), 13, "0xd (13 * 2**296)"),
    ],
)
def test_show(fmt, code, text):
    assert fmt.show(np.int64(code)) == text


RANGE = "0x10 (-1) to 0x0f (0.9375)"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Fixed(0, 1), "Fixed has 1 to 64 bits, not 0"),
        (lambda: Fixed("8", 1), "Fixed has 1 to 64 bits, not '8'"),
        (lambda: Fixed(8, 0.5), "Fixed has -512 to 512 integer bits, not 0.5"),
        (lambda: Fixed(8, 513), "Fixed has -512 to 512 integer bits, not 513"),
        (
            lambda: Fixed(8, 1, rounding="flor"),
            f"rounding is one of {', '.join(MODES)}, not 'flor'; did you mean floor?",
        ),
        (lambda: Q.quantise(1, overflow="clip"), "overflow is one of saturate, wrap, error, not 'clip'"),
        (lambda: Q.quantise([0, 1], overflow="error"), f"numbers, row 1: 1.0 is out of range {RANGE}"),
        (lambda: Q.quantise([[0, 0.97]], overflow="error"), f"numbers[1], row 0: 0.97 is out of range {RANGE}"),
        (lambda: Q.quantise(math.nan), "numbers: nan is no finite number"),
        (lambda: Q.quantise([math.inf], overflow="wrap"), "numbers, row 0: inf is no finite number"),
        (lambda: Q.quantise([Fraction(1, 2), None]), "numbers, row 1: None is no finite number"),
        (lambda: Q.quantise([[1], [1, 2]]), "numbers: expected an array, got rows of different lengths"),
        (lambda: Q.quantise(["a"]), "numbers: expected numbers, got <U1"),
        (lambda: Q.to_real([0.5]), "codes: expected integers, got float64"),
        (lambda: Q.to_fractions([0.5]), "codes: expected integers, got float64"),
    ],
)
def test_refusals(call, message):
    with pytest.raises(FormatError, match=f"^{re.escape(message)}$"):
        call()


def draw(fmt, **values):
    return directed(**values)(draw_for(Streams({"s": Axis({"x": fmt})}, {}), ("a",), 1, 1))["x"]


def test_directed_takes_numbers_and_codes():
    for given_ in ([0.5, -1, 0], np.float32([0.5, -1, 0]), [Fraction(1, 2), -1, 0], ["0.5", "-1", "0e5"], [8, -16, 0]):
        assert draw(Q, x=given_).tolist() == [8, -16, 0]
    assert draw(Q, x=np.array([0.5], ml_dtypes.bfloat16)).tolist() == [8]
    assert draw(Fixed(5, 1, (2,)), x=[[0.5, -1], [0, 0.25]]).tolist() == [[8, -16], [0, 4]]
    assert draw(Fixed(64, 1, signed=False), x=[1.0, 0.5]).tolist() == [2**63, 2**62]


@pytest.mark.parametrize(
    ("x", "message"),
    [
        ([0.5, 0.3], "row 1: 0.3 is no multiple of 2**-4; the nearest are 0x04 (0.25) and 0x05 (0.3125)"),
        ([1.0], f"row 0: 1.0 is out of range {RANGE}"),
        ([0.95], f"row 0: 0.95 is out of range {RANGE}"),
        ([math.nan], "row 0: nan is no finite number"),
        (["half"], "row 0: 'half' is no number; write it like -1.25"),
        (["1e999999999"], f"row 0: 1e999999999 is out of range {RANGE}"),
        (
            ["-1e-999999999"],
            "row 0: -1e-999999999 is no multiple of 2**-4; the nearest are 0x1f (-0.0625) and 0x00 (0)",
        ),
    ],
)
def test_directed_refuses_what_no_code_stands_for(x, message):
    with pytest.raises(FormatError, match=f"^directed x, {re.escape(message)}$"):
        draw(Q, x=x)


@pytest.mark.parametrize("suffix", ["csv", "npz"])
@pytest.mark.parametrize("fmt", [Q, Fixed(9, 12), Fixed(7, -3, (2,), signed=False), Fixed(64, 30)])
def test_files_read_back(fmt, suffix, tmp_path):
    codes = fmt.corners()
    vectors.save(tmp_path / f"v.{suffix}", {"x": codes}, {"x": fmt})
    back = vectors.load(tmp_path / f"v.{suffix}", {"x": fmt})["x"]
    assert back.dtype == fmt.dtype
    assert back.tolist() == codes.tolist()


def test_files_hold_numbers(tmp_path):
    path = tmp_path / "v.csv"
    vectors.save(path, {"x": np.array([8, -1]), "n": np.array([1, 2])}, {"x": Q})
    assert path.read_text() == "x,n\n0.5,1\n-0.0625,2\n"
    path.write_text("x\n 1.25e-1 \n-1\n0\n")
    assert vectors.load(path, {"x": Q})["x"].tolist() == [2, -16, 0]
    np.savez(tmp_path / "v.npz", x=np.array([0.5, -1]))
    assert vectors.load(tmp_path / "v.npz", {"x": Q})["x"].tolist() == [8, -16]


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("0.3", "0.3 is no multiple of 2**-4; the nearest are 0x04 (0.25) and 0x05 (0.3125)"),
        (
            "0.2500000000000000000001",
            "0.2500000000000000000001 is no multiple of 2**-4; the nearest are 0x04 (0.25) and ",
        ),
        ("1", f"1 is out of range {RANGE}"),
        ("0x1f", "'0x1f' is no number; write it like -1.25"),
        ("inf", "inf is no finite number"),
    ],
)
def test_cells_that_no_code_stands_for(cell, message, tmp_path):
    path = tmp_path / "v.csv"
    path.write_text(f"x[0],x[1]\n0,0\n0,{cell}\n")
    with pytest.raises(vectors.VectorsError) as refused:
        vectors.load(path, {"x": Fixed(5, 1, (2,))})
    assert str(refused.value).startswith(f"{path}: column x[1], row 1: {message}")


def test_archives_that_no_code_stands_for(tmp_path):
    path = tmp_path / "v.npz"
    for given_, message in (([0.3], "0.3 is no multiple of"), ([16], "16 is out of range -16..15")):
        np.savez(path, x=np.array(given_))
        with pytest.raises(vectors.VectorsError, match=re.escape(f"v.npz: column x, row 0: {message}")):
            vectors.load(path, {"x": Q})
