"""Bench of gemmt_rp: matrices of activations row by row, through a memory that holds one."""

from __future__ import annotations

from models.unrolled.layers import gemm
from tb import Array, Axis, Bench, Config, Limit, Signed, Streams
from tests.unrolled import _linear as linear


def build(
    m: int, i: int, o: int, xb: int, wb: int, signed: int = 1, registers: int = 0, impl: int = 0, **traits: int
) -> dict[str, int]:
    """Return a configuration."""
    matrix = linear.draw((i, o), wb, seed=i + 100 * o, **traits)
    c = {"M": m, "I": i, "O": o, "XB": xb, "SIGNED": signed, "WB": wb, "REGISTERS": registers}
    return linear.parameters(matrix, c, impl)


def interface(c: Config) -> Streams:
    """A row a beat, a matrix a frame."""
    return Streams(
        {"x": Axis({"x": linear.activation(c, c.M, c.I)}, c.M)}, {"y": Axis({"y": Signed(c.YB, (c.M, c.O))}, c.M)}
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
            "m4_s7w6_graph": sizes(4, 5, 3, 7, 6, impl=3),
            "m3_u4w4_graph_pipe": sizes(3, 8, 5, 4, 4, signed=0, impl=2, registers=1, zeros=75),
        },
    ),
    interface=interface,
    golden=linear.golden(layer),
    stimuli=linear.stimuli(layer),
    cover=linear.cover(layer, lambda c: (c.M, c.I)),
    plan=linear.PLAN,
    volume=linear.volume(3_000),
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
