"""float16 and bfloat16, checked against struct, against the upper half of float32, and against exact fractions."""

from __future__ import annotations

import math
import re
import struct
from fractions import Fraction

import ml_dtypes
import numpy as np
import pytest

from ulpwise.bench.stimuli import directed, draw_for
from ulpwise.coverage.sampler import Coverage, CoverGroup, Point, ranges
from ulpwise.data import vectors
from ulpwise.data.formats import BFloat16, Float16, Format, FormatError
from ulpwise.ports.axis import Axis, Streams

CODES = np.arange(1 << 16)
BITS = (CODES[:, None] >> np.arange(16) & 1).astype(np.uint8)
BOTH = [Float16, BFloat16]
BF16 = ml_dtypes.bfloat16


def codes_of(fmt: Format, values) -> list[int]:
    return (fmt.to_bits(np.asarray(values)).astype(np.int64) << np.arange(16)).sum(axis=1).tolist()


@pytest.mark.parametrize("kind", BOTH)
def test_every_code_round_trips(kind):
    assert codes_of(kind(), kind().from_bits(BITS)) == CODES.tolist()


def test_every_float16_is_what_struct_unpacks():
    values = Float16().from_bits(BITS)
    for code in CODES.tolist():
        (number,) = struct.unpack("<e", code.to_bytes(2, "little"))
        assert float(values[code]) == number or (math.isnan(number) and math.isnan(values[code]))


def test_every_bfloat16_is_the_upper_half_of_a_float32():
    values = BFloat16().from_bits(BITS)
    for code in CODES.tolist():
        (number,) = struct.unpack("<f", (code << 16).to_bytes(4, "little"))
        assert float(values[code]) == number or (math.isnan(number) and math.isnan(values[code]))


@pytest.mark.parametrize("kind", BOTH)
def test_they_compare_by_bits(kind):
    fmt = kind()
    nan, other, negative, zero = (fmt.from_bits(BITS[[code]]) for code in (0x7FFF, 0x7FFE, 0x8000, 0))
    assert [bool(fmt.equal(*pair)[0]) for pair in ((nan, nan), (nan, other), (negative, zero))] == [True, False, False]


def test_corners():
    assert codes_of(Float16(), Float16().corners())[:8] == [0, 1, 0x3FF, 0x400, 0x3C00, 0x3C01, 0x6800, 0x7BFF]
    assert codes_of(BFloat16(), BFloat16().corners())[:8] == [0, 1, 0x7F, 0x80, 0x3F80, 0x3F81, 0x4380, 0x7F7F]
    assert codes_of(Float16(), Float16(specials=True).corners())[8:10] == [0x7C00, 0x7E00]
    assert codes_of(BFloat16(), BFloat16(specials=True).corners())[8:10] == [0x7F80, 0x7FC0]
    assert float(Float16().corners()[6]) == 2**11
    assert float(BFloat16().corners()[6]) == 2**8


@pytest.mark.parametrize(
    ("fmt", "count"),
    [(Float16(), 63488), (Float16(specials=True), 65536), (BFloat16(), 65280), (BFloat16((1,), specials=True), 65536)],
)
def test_all_are_enumerated_once(fmt, count):
    rows = fmt.enumerate_all()
    assert fmt.count == count == len(rows) == len(set(codes_of(fmt, rows)))
    assert np.isfinite(rows).all() != fmt.specials
    assert kinds_of(fmt.random(np.random.default_rng(0), 20000)) == kinds_of(rows)


def kinds_of(values):
    return {(bool(np.isfinite(value)), bool(np.signbit(value))) for value in values.ravel()}


@pytest.mark.parametrize("kind", BOTH)
def test_pairs_are_too_many(kind):
    assert kind((2,)).count is None
    with pytest.raises(FormatError, match="too many to enumerate"):
        kind((2,)).enumerate_all()


@pytest.mark.parametrize(
    ("fmt", "value", "text"),
    [
        (Float16(), -2.5, "-2.5 (0xc100)"),
        (BFloat16(), -2.5, "-2.5 (0xc020)"),
        (Float16(), float("nan"), "nan (0x7e00)"),
        (BFloat16((2,)), [1, 2], "[1 (0x3f80), 2 (0x4000)] (2 elements)"),
    ],
)
def test_show(fmt, value, text):
    assert fmt.show(np.array([value], dtype=fmt.dtype)[0]) == text


@pytest.mark.parametrize(("kind", "name"), [(Float16, "float16"), (BFloat16, "bfloat16")])
def test_other_types_are_refused(kind, name):
    with pytest.raises(FormatError, match=f"^x: expected {name}, got float64$"):
        kind().validate(np.array([0.5]), "x")
    with pytest.raises(FormatError):
        kind().to_bits(np.array([0.5]))


def nearest(number: float) -> int:
    """Round to bfloat16 by trying: the code of least distance, an even one of two."""
    finite = CODES[:0x7F80]
    exact = [Fraction(float(value)) for value in (finite << 16).astype(np.uint32).view(np.float32)]
    return min(finite.tolist(), key=lambda code: (abs(exact[code] - Fraction(number)), code & 1))


def test_bfloat16_is_rounded_once():
    numbers = [1 + 2**-8, 1 + 2**-8 + 2**-40, 1 + 3 * 2**-8 - 2**-40, 1 + 3 * 2**-8, 0.1, 3e-41]
    assert codes_of(BFloat16(), BFloat16().cast(np.array(numbers))) == [nearest(number) for number in numbers]
    assert codes_of(BFloat16(), BFloat16().cast(-np.array(numbers[:2]))) == [0xBF80, 0xBF81]
    assert BFloat16().cast(np.array([1e300, -np.inf, np.nan])).astype(float).tolist()[:2] == [
        np.inf,
        -np.inf,
    ]


@pytest.mark.parametrize("suffix", ["csv", "npz"])
@pytest.mark.parametrize("kind", BOTH)
def test_every_number_reads_back_from_a_file(kind, suffix, tmp_path):
    fields = {"f": kind()}
    batch = {"f": kind().enumerate_all()}
    vectors.save(tmp_path / f"f.{suffix}", batch)
    back = vectors.load(tmp_path / f"f.{suffix}", fields)["f"]
    assert back.dtype == kind().dtype
    assert kind().equal(back, batch["f"]).all()


def test_files_that_people_write(tmp_path):
    fields = {"f": BFloat16()}
    path = tmp_path / "f.npz"
    np.savez(path, f=np.array([1, -2], BF16))  # of which numpy keeps the bytes only
    assert vectors.load(path, fields)["f"].tolist() == [1, -2]
    np.savez(path, f=np.array([1, 0.1], np.float32))
    with pytest.raises(vectors.VectorsError, match=re.escape("convert it with .astype(ml_dtypes.bfloat16)")):
        vectors.load(path, fields)
    np.savez(path, f=np.array([1, np.inf], np.float32))
    with pytest.raises(vectors.VectorsError, match="row 1: NaN and infinity are refused"):
        vectors.load(path, fields)
    (tmp_path / "f.csv").write_text("f\n0.1\n1e39\n")
    with pytest.raises(vectors.VectorsError, match="row 1: 1e39 is out of the range of bfloat16"):
        vectors.load(tmp_path / "f.csv", fields)


@pytest.mark.parametrize("kind", BOTH)
def test_directed_and_covered(kind):
    interface = Streams({"s": Axis({"f": kind()})}, {})
    for given in ([1, -2.5], np.array([1, -2.5], kind().dtype), np.array([1, -2.5], np.float32)):
        batch = directed(f=given)(draw_for(interface, ("a",), 1, 1))
        assert batch["f"].dtype == kind().dtype
        assert batch["f"].tolist() == [1, -2.5]
    coverage = Coverage([CoverGroup("g", [Point("f", lambda t: t["f"], ranges((-3.0, -2.0), (0.0, 0.5)))])])
    coverage.sample(batch)
    assert coverage.to_json()["groups"]["g"]["points"]["f"]["bins"] == {"-3.0..-2.0": 1, "0.0..0.5": 0}
