"""Bench of gemmt_rp: matrices of activations row by row, through a memory that holds one."""

from __future__ import annotations

from models.unrolled.layers import gemm
from tests.unrolled import _linear as linear
from tests.unrolled import _timing as clock
from ulpwise import Array, Axis, Bench, Config, Limit, Signed, Streams


def build(
    m: int,
    i: int,
    o: int,
    xb: int,
    wb: int,
    signed: int = 1,
    registers: int = 0,
    impl: int = 0,
    rows: int = 0,
    **traits: int,
) -> dict[str, int]:
    """Return a configuration; rows of a frame are as many as the memory holds, unless they are given."""
    matrix = linear.draw((i, o), wb, seed=i + 100 * o, **traits)
    c = {"M": m, "I": i, "O": o, "XB": xb, "SIGNED": signed, "WB": wb, "REGISTERS": registers, "rows": rows or m}
    return linear.parameters(matrix, c, impl)


def interface(c: Config) -> Streams:
    """A row a beat, a matrix a frame."""
    return Streams(
        {"x": Axis({"x": linear.activation(c, c.rows, c.I)}, c.rows)},
        {"y": Axis({"y": Signed(c.YB, (c.rows, c.O))}, c.rows)},
    )


def layer(c: Config, x: Array) -> Array:
    """Exact product."""
    return gemm(x, linear.weights(c, c.I, c.O))


sizes = linear.sizes("m", "i", "o", "xb", "wb")

bench = Bench(
    top="gemmt_rp",
    configs=linear.Configs(
        build,
        {
            "m4_s8w8": sizes(4, 5, 3, 8, 8),
            "m3_u4w4_sparse_pipe": sizes(3, 8, 5, 4, 4, signed=0, registers=1, zeros=75),
            "m2_u2w6_mixed_pipe": sizes(2, 5, 6, 2, 6, signed=0, registers=1, mixed=1),
            "m1_s16w1": sizes(1, 4, 3, 16, 1, zeros=40),
            "m7_s1w2_holes": sizes(7, 3, 3, 1, 2, holes=1),
            "m5_s2w32_rows3": sizes(5, 2, 2, 2, 32, rows=3),
            "m1024_u3w3_rows64": sizes(1024, 1, 1, 3, 3, signed=0, rows=64),
            "m4_s7w6_graph": sizes(4, 5, 3, 7, 6, impl=3),
            "m3_u4w4_graph_pipe": sizes(3, 8, 5, 4, 4, signed=0, impl=2, registers=1, zeros=75),
        },
    ),
    interface=interface,
    golden=linear.golden(layer),
    # the only place of a memory is free again one cycle after its row left
    timing=lambda c, t: clock.direct(t, c.rows, 1 + clock.matrix(c, c.I), 2 if c.M == 1 else None),
    stimuli=linear.stimuli(layer),
    cover=linear.cover(layer, lambda c: (c.rows, c.I)),
    plan=linear.PLAN,
    volume=lambda c: linear.volume(3_000)(c) if c.rows < 10 else 100,
    quick=("m2_u2w6_mixed_pipe", "m1_s16w1", "m3_u4w4_graph_pipe"),
    guards=[
        Limit("M", 1, 1024, given={"IMPL": 0}),
        Limit(
            "IMPL",
            0,
            1,
            by="unrolled_matrix.IMPL",
            slow={1: "a graph needs its program, which the quick configurations have"},
        ),
        Limit("XB", 1, 16, given={"IMPL": 0}, by="unrolled_matrix.XB"),
        Limit("WB", 1, 32, given={"IMPL": 0}, by="plain_matrix.WB", early={0: "a part of width 0"}),
    ],
)
