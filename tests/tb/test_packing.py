"""Packing: round trips at every width, the byte layouts literally, and the refusals."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ulpwise.data import packing
from ulpwise.data.packing import PackError

CALM = settings(deadline=None, derandomize=True)
WIDTHS = st.one_of(st.integers(1, 64), st.integers(1, 4096))
ROWS = st.integers(0, 5)
SEEDS = st.integers(0, 2**32 - 1)


def matrix(width: int, rows: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 2, size=(rows, width), dtype=np.uint8)


@given(WIDTHS, ROWS, SEEDS)
@settings(CALM, max_examples=200)
def test_round_trips(width, rows, seed):
    bits = matrix(width, rows, seed)
    fread, fwrite, ints = packing.to_fread(bits), packing.to_fwrite(bits), packing.to_ints(bits)
    assert fread.shape == (rows, (width + 7) // 8)
    assert fwrite.shape == (rows, (width + 31) // 32 * 4)
    for back in (
        packing.from_fread(fread.tobytes(), width),
        packing.from_fread(fread, width),
        packing.from_fwrite(fwrite.tobytes(), width),
        packing.from_ints(ints, width),
    ):
        assert back.dtype == np.uint8
        assert (back == bits).all()
        assert back.shape == bits.shape


@given(WIDTHS, SEEDS)
@CALM
def test_layouts_agree_with_the_integers(width, seed):
    bits = matrix(width, 3, seed)
    for row, value in enumerate(packing.to_ints(bits)):
        assert value == sum(int(bit) << i for i, bit in enumerate(bits[row].tolist()))
        assert packing.to_fread(bits)[row].tobytes() == value.to_bytes((width + 7) // 8, "big")
        assert packing.to_fwrite(bits)[row].tobytes() == value.to_bytes((width + 31) // 32 * 4, "little")


def test_known_bytes():
    bits = packing.from_ints([0x1_2345_6789], 33)
    assert packing.to_fread(bits).tobytes() == bytes.fromhex("01 23 45 67 89")
    assert packing.to_fwrite(bits).tobytes() == bytes.fromhex("89 67 45 23 01 00 00 00")
    assert packing.from_fread(bytes.fromhex("1f"), 5).tolist() == [[1, 1, 1, 1, 1]]
    # written by Icarus 11 and Verilator 5.048: $fwrite(f, "%u", 40'h1122334455)
    assert packing.to_ints(packing.from_fwrite(bytes.fromhex("5544332211000000"), 40)) == [0x1122334455]


def test_rubbish_above_the_width_of_an_output_is_left_out():
    # written by Icarus 11: $fwrite(f, "%u", ~5'h11)
    assert packing.to_ints(packing.from_fwrite(bytes.fromhex("2e750022"), 5)) == [0x0E]


def test_handles_of_thousands_of_bits():
    value = (1 << 4095) | 1
    assert packing.to_ints(packing.from_ints([value, 0], 4096)) == [value, 0]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: packing.from_fread(b"abc", 9), "truncated: 3 bytes are not a whole number of 2-byte words"),
        (lambda: packing.from_fwrite(b"abcdef", 33), "truncated: 6 bytes are not a whole number of 8-byte words"),
        (lambda: packing.from_fread(b"\x00\x20", 5), "row 1: a bit above the 5 bits of the word is set"),
        (lambda: packing.from_ints([0, 32], 5), "row 1: 32 does not fit an unsigned word of 5 bits"),
        (lambda: packing.from_ints([0, 256], 5), "row 1: 256 does not fit an unsigned word of 5 bits"),
        (lambda: packing.from_ints([-1], 5), "row 0: -1 does not fit an unsigned word of 5 bits"),
        (lambda: packing.from_fread(b"", 0), "a word has at least 1 bit, not 0"),
        (
            lambda: packing.to_fread(np.zeros((2, 3), dtype=np.int64)),
            "expected a uint8 bit matrix (rows, width), got int64 (2, 3)",
        ),
        (
            lambda: packing.to_fwrite(np.zeros(3, dtype=np.uint8)),
            "expected a uint8 bit matrix (rows, width), got uint8 (3,)",
        ),
        (lambda: packing.to_ints(np.full((1, 1), 2, dtype=np.uint8)), "expected bits 0 and 1, got 2"),
    ],
)
def test_refusals(call, message):
    with pytest.raises(PackError, match=f"^{re.escape(message)}$"):
        call()
