"""Weights of zero cost nothing: what Yosys leaves of rows, columns, weights and whole matrices of zeros."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.unrolled.pack import pack_weights, random_weights
from tb.area import Area, AreaRequest, measure

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
        ("conv1d_pw", (3, 2, 2), CONV1D, 5),
        ("conv1d_pw", (3, 2, 2), {**CONV1D, **PADDED}, 4),
        ("conv2d_rp", (15, 8), {"IH": 6, "IW": 5, "C": 1, "F": 3, "OW": 4, "O": 2}, 5),
        ("conv2d_pw", (3, 2, 1, 2), CONV2D, 12),
        ("conv2d_pw", (3, 2, 1, 2), {**CONV2D, **PADDED}, 11),
    ],
)
def test_a_matrix_of_zeros_leaves_no_data(top, shape, rest, registers):
    """What is left counts beats, and is the same whatever the data."""
    narrow, wide = areas(*(request(top, np.zeros(shape, np.int64), xb, **rest) for xb in (2, 9)))
    assert narrow == wide
    assert narrow[1] == registers
    counters = top.endswith("pw") or top == "conv2d_rp"
    assert narrow[0] <= (25 if counters else 2 * (registers > 0))


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
