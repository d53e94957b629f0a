"""Weights of zero cost nothing: what Yosys leaves of rows, columns, weights and whole matrices of zeros."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.unrolled.graph import optimise
from models.unrolled.layers import Integers
from models.unrolled.pack import pack_weights, random_weights
from tests.unrolled import _linear as linear
from ulpwise.synthesis.area import Area, AreaRequest, measure

ROOT = Path(__file__).parents[2]
WB = 4
CONV1D = {"L": 6, "C": 2, "F": 3, "O": 2}
CONV2D = {"IH": 4, "IW": 5, "C": 1, "FH": 3, "FW": 2, "O": 2, "STRIDE": 1}
PADDED = {"PAD": 1, "STRIDE": 2}


def matrix(rows: int, columns: int) -> np.ndarray:
    """Draw a matrix without a zero."""
    return random_weights(np.random.default_rng(rows), (rows, columns), WB)


def request(top: str, w: np.ndarray, xb: int = 4, **rest: int) -> AreaRequest:
    """Ask for a core with these weights (..., outputs)."""
    flat = w.reshape(-1, w.shape[-1])
    sizes = {"YB": 11, "XB": xb, "WB": WB}
    if not top.startswith("conv"):
        sizes |= {"I": len(flat), "O": flat.shape[1]}
    return AreaRequest(top, {**sizes, **rest, "WEIGHTS": pack_weights(w, WB)})


def areas(*requests: AreaRequest) -> list[tuple[int, int]]:
    """Measure LUTs and registers."""
    found: list[Area] = measure(requests, ROOT, luts=(6,), xc7=False)
    return [(area.lut6, area.ff) for area in found]


def zeroed(w: np.ndarray, *place: object) -> np.ndarray:
    """Clear some weights."""
    w = w.copy()
    w[place] = 0
    return w


def same(*found: tuple[int, int]) -> bool:
    """Tell whether areas are equal; LUTs up to a tenth, since their mapper feels the order of cells."""
    luts, ffs = zip(*found, strict=True)
    return max(luts) <= 1.1 * min(luts) and len(set(ffs)) == 1


def test_a_row_or_a_column_of_zeros_costs_a_systolic_array_nothing():
    w = matrix(4, 3)
    row, column = np.insert(w, 2, 0, axis=0), np.insert(w, 1, 0, axis=1)
    plain, with_row, with_column = areas(*(request("gemms_rp", each) for each in (w, row, column)))
    assert same(plain, with_row, with_column)
    (with_cells,) = areas(request("gemms_rp", row, IMPL=0))
    assert with_cells[1] > plain[1]  # that is what it would cost


def test_a_weight_of_zero_is_no_cell_of_a_systolic_array():
    w = matrix(4, 3)
    matrices = w, zeroed(w, 3, 1), zeroed(w, 3), w[:3]
    all_, one, last, shorter = areas(*(request("gemms_rp", each) for each in matrices))
    assert one[0] < all_[0]
    assert one[1] == all_[1]  # the sum waits for the other columns instead
    assert same(last, shorter)


def test_a_column_of_zeros_costs_a_plain_matrix_nothing():
    w = matrix(4, 3)
    column = np.insert(w, 1, 0, axis=1)
    requests = [request("plain_matrix", each, REGISTERS=registers) for registers in (0, 1) for each in (w, column)]
    direct, direct_column, kept, kept_column = areas(*requests)
    assert same(direct, direct_column)
    assert same(kept, kept_column)
    assert direct[1] == 0 < kept[1]


def test_a_row_and_a_weight_of_zeros_cost_a_plain_matrix_no_product():
    w = matrix(4, 3)
    (lut, ff), (one_lut, one_ff), (row_lut, row_ff) = areas(
        *(request("plain_matrix", each, REGISTERS=1) for each in (w, zeroed(w, 2, 0), zeroed(w, 2)))
    )
    assert row_lut < one_lut < lut
    assert row_ff < one_ff < ff


@pytest.mark.parametrize(
    ("top", "shape", "rest", "registers"),
    [
        ("plain_matrix", (4, 3), {}, 0),
        ("plain_matrix", (4, 3), {"REGISTERS": 1}, 6),
        ("gemms_rp", (4, 3), {}, 2),
        ("conv1d_fu", (12, 8), {"L": 6, "C": 2, "P": 4, "O": 2}, 0),
        ("conv1d_pw", (3, 2, 2), CONV1D, 7),
        ("conv1d_pw", (3, 2, 2), {**CONV1D, **PADDED}, 6),
        ("conv2d_rp", (15, 8), {"IH": 6, "IW": 5, "C": 1, "F": 3, "OW": 4, "O": 2}, 7),
        ("conv2d_pw", (3, 2, 1, 2), CONV2D, 14),
        ("conv2d_pw", (3, 2, 1, 2), {**CONV2D, **PADDED}, 13),
    ],
)
def test_a_matrix_of_zeros_leaves_no_data(top, shape, rest, registers):
    """What is left counts beats, and is the same whatever the data."""
    narrow, wide = areas(*(request(top, np.zeros(shape, np.int64), xb, **rest) for xb in (2, 9)))
    assert narrow == wide
    assert narrow[1] == registers
    counters = top.endswith("pw") or top == "conv2d_rp"
    # counters of beats, and the gate that keeps frames whole
    assert narrow[0] <= (30 if counters else 2 * (registers > 0))


def test_a_zero_of_a_filter_costs_no_shift_register():
    w = random_weights(np.random.default_rng(1), (3, 2, 2), WB)
    all_, first_tap, channel, first_taps = areas(
        *(
            request("conv1d_pw", each, **CONV1D)
            for each in (w, zeroed(w, 0), zeroed(w, slice(None), 1), zeroed(w, [0, 1]))
        )
    )
    assert all_[1] - first_tap[1] == 2 * 4  # a slice of two channels
    assert all_[1] - channel[1] == 2 * 4  # one channel of two slices
    assert all_[1] - first_taps[1] == 4 * 4
    assert max(first_tap[0], channel[0], first_taps[0]) < all_[0]


def test_a_row_of_zeros_of_a_filter_costs_no_line():
    w = random_weights(np.random.default_rng(2), (3, 2, 1, 2), WB)
    all_, top_row, column = areas(
        *(request("conv2d_pw", each, **CONV2D) for each in (w, zeroed(w, 0), zeroed(w, slice(None), 0)))
    )
    assert all_[1] - top_row[1] == 5 * 4 + 4  # a line, and what the shift register holds of it
    assert all_[1] - column[1] == 3 * 4  # the shift register as a whole
    assert max(top_row[0], column[0]) < all_[0]


def layer(w: Integers, impl: int, registers: int) -> AreaRequest:
    """Ask for unrolled_matrix: impl 0 plain, 1 an adder graph for six-input LUTs."""
    c = {"I": len(w), "O": w.shape[1], "XB": 4, "SIGNED": 1, "WB": WB, "REGISTERS": registers}
    found = linear.parameters(w, c, impl)
    found.pop("latency", None)
    return AreaRequest("unrolled_matrix", found)


@pytest.mark.parametrize("registers", [0, 1])
@pytest.mark.parametrize("impl", [0, 1])
def test_more_zeros_are_fewer_cells_of_a_matrix(impl, registers):
    w = matrix(6, 5)
    places = np.random.default_rng(5).permutation(w.size)
    found = []
    for zeros in (0, 10, 20, 26):  # each the zeros of the one before, and more
        w.flat[places[:zeros]] = 0
        found.append(layer(w.copy(), impl, registers))
    luts, ffs = zip(*areas(*found), strict=True)
    assert list(luts) == sorted(set(luts), reverse=True)
    assert list(ffs) == (sorted(set(ffs), reverse=True) if registers else [0] * len(ffs))


@pytest.mark.parametrize("registers", [0, 1])
def test_a_row_or_a_column_of_zeros_costs_an_adder_graph_nothing(registers):
    w = matrix(4, 3)
    row, column = np.insert(w, 2, 0, axis=0), np.insert(w, 1, 0, axis=1)
    assert same(*areas(*(layer(each, 1, registers) for each in (w, row, column))))


def test_an_adder_graph_of_zeros_is_nothing():
    assert areas(layer(np.zeros((4, 3), np.int64), 1, 1)) == [(0, 0)]


def mixed(w: Integers, widths: list[int], signed: list[bool], registers: int = 1) -> AreaRequest:
    """Ask for an adder graph whose inputs are of these widths and kinds."""
    graph = optimise(w, widths, signed, effort=0)
    program, size = graph.pack(registers=registers), max(output.width for output in graph.outputs)
    values = {"PB": program.bit_length(), "PROGRAM": program, "XW": sum(widths), "O": w.shape[1], "YB": size}
    return AreaRequest("adder_graph", values)


def test_an_input_costs_what_its_own_width_does():
    w = matrix(4, 3)
    signs = [True, False, True, False]
    uniform, narrower, with_zero = areas(
        mixed(w, [8, 8, 8, 8], signs),
        mixed(w, [8, 1, 4, 2], signs),
        mixed(np.insert(w, 1, 0, axis=0), [8, 16, 1, 4, 2], [True, True, *signs[1:]]),
    )
    assert narrower[0] < 0.7 * uniform[0]
    assert narrower[1] < 0.9 * uniform[1]
    assert same(narrower, with_zero)
