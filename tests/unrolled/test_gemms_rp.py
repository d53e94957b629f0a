"""Bench of gemms_rp: systolic chains of every length, with and without cells for zero weights."""

from __future__ import annotations

import numpy as np

from models.unrolled.layers import gemm
from tests.unrolled import _linear as linear
from tests.unrolled import _timing as clock
from ulpwise import Array, Axis, Bench, Config, Exclusion, Limit, Signed, Streams


def build(
    i: int, o: int, xb: int, wb: int, signed: int = 1, impl: int = 1, room: int = 0, **traits: int
) -> dict[str, int]:
    """Return a configuration; a frame is of three rows, so that `tlast` has something to say."""
    matrix = linear.draw((i, o), wb, seed=i + 100 * o, **traits)
    c = {"IMPL": impl, "I": i, "O": o, "XB": xb, "SIGNED": signed, "WB": wb, "rows": 3}
    return linear.parameters(matrix, c, room=room)


def interface(c: Config) -> Streams:
    """A row a beat."""
    return Streams(
        {"x": Axis({"x": linear.activation(c, c.rows, c.I)}, c.rows)},
        {"y": Axis({"y": Signed(c.YB, (c.rows, c.O))}, c.rows)},
    )


def layer(c: Config, x: Array) -> Array:
    """Exact product."""
    return gemm(x, linear.weights(c, c.I, c.O))


def cells(c: Config) -> int:
    """Cells of the fullest column."""
    weights = linear.weights(c, c.I, c.O)
    return max(1, int(np.count_nonzero(weights, axis=0).max()) if c.IMPL else c.I)


sizes = linear.sizes("i", "o", "xb", "wb")

ELABORATION = "in the functions count and fullest, called for parameters only: they run while the core is elaborated"

bench = Bench(
    top="gemms_rp",
    configs=linear.Configs(
        build,
        {
            "s8w8": sizes(5, 3, 8, 8),
            "s8w8_cells": sizes(5, 3, 8, 8, impl=0, zeros=50),
            "u4w4_sparse": sizes(16, 8, 4, 4, signed=0, zeros=75),
            "s16w3_sparser": sizes(12, 6, 16, 3, zeros=95),
            "s1w1": sizes(8, 4, 1, 1, zeros=40),
            "u1w2_holes": sizes(7, 5, 1, 2, signed=0, zeros=30, holes=1),
            "s5w9_mixed": sizes(4, 9, 5, 9, mixed=1),
            "u32w31_single": sizes(1, 1, 32, 31, signed=0),
            "s4w4_zero": sizes(4, 2, 4, 4, zeros=100),
            "u6w6_zero_cells": sizes(3, 2, 6, 6, signed=0, zeros=100, impl=0),
            "s5w5_extended": sizes(3, 2, 5, 5, room=9),
            "s4w32_one_bit": sizes(3, 2, 4, 32, room=-99),
            "s6w6_wraps": sizes(3, 2, 6, 6, room=-8),
            "s6w6_wraps_cells": sizes(3, 2, 6, 6, room=-8, impl=0),
        },
    ),
    interface=interface,
    golden=linear.golden(layer),
    timing=lambda c, t: clock.direct(t, c.rows, cells(c)),
    stimuli=linear.stimuli(layer),
    cover=linear.cover(layer, lambda c: (c.rows, c.I)),
    plan=linear.PLAN,
    volume=lambda _: 3_000,
    quick=("s8w8", "s8w8_cells", "u4w4_sparse", "s4w4_zero"),
    exclude=[
        Exclusion("line", "*", ELABORATION, source="function *"),
        Exclusion("line", "*", ELABORATION, source="for (? = 0; *"),
        Exclusion("branch", "*", ELABORATION, source="if (IMPL == 0 || WEIGHTS[*) cells = cells + 1;"),
        Exclusion("branch", "*", ELABORATION, source="if (cells > fullest) fullest = cells;"),
    ],
    guards=[
        Limit("XB", 1, 32),
        Limit("WB", 1, 32, early={0: "a part of width 0"}),
        Limit("IMPL", 0, 1),
        Limit("I", 1, None, early={0: "a replication of 0"}),
        Limit("O", 1, None),
        Limit("YB", 1, None),
        Limit("SIGNED", 0, 1),
    ],
)
