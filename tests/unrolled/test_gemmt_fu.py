"""Bench of gemmt_fu: whole matrices of activations, a beat each."""

from __future__ import annotations

from models.unrolled.layers import gemm
from tests.unrolled import _linear as linear
from tests.unrolled import _timing as clock
from ulpwise import Array, Axis, Bench, Config, Limit, Signed, Streams


def build(
    m: int, i: int, o: int, xb: int, wb: int, signed: int = 1, registers: int = 0, impl: int = 0, **traits: int
) -> dict[str, int]:
    """Return a configuration; a frame is of two matrices, so that `tlast` has something to say."""
    matrix = linear.draw((i, o), wb, seed=i + 100 * o, **traits)
    c = {"M": m, "I": i, "O": o, "XB": xb, "SIGNED": signed, "WB": wb, "REGISTERS": registers, "frame": 2}
    return linear.parameters(matrix, c, impl)


def interface(c: Config) -> Streams:
    """A matrix a beat."""
    return Streams(
        {"x": Axis({"x": linear.activation(c, c.frame, c.M, c.I)}, c.frame)},
        {"y": Axis({"y": Signed(c.YB, (c.frame, c.M, c.O))}, c.frame)},
    )


def layer(c: Config, x: Array) -> Array:
    """Exact product."""
    y = gemm(x.reshape(-1, c.M, c.I), linear.weights(c, c.I, c.O))
    return y.reshape(len(x), c.frame, c.M, c.O)


sizes = linear.sizes("m", "i", "o", "xb", "wb")

bench = Bench(
    top="gemmt_fu",
    configs=linear.Configs(
        build,
        {
            "m2_s8w8": sizes(2, 5, 3, 8, 8),
            "m4_u4w4_sparse_pipe": sizes(4, 6, 4, 4, 4, signed=0, registers=1, zeros=60),
            "m3_u1w2_pipe": sizes(3, 5, 3, 1, 2, signed=0, registers=1, zeros=30),
            "m1_s16w1_holes": sizes(1, 4, 3, 16, 1, zeros=20, holes=1),
            "m3_s2w4_zero_pipe": sizes(3, 2, 2, 2, 4, zeros=100, registers=1),
            "m2_s4w32": sizes(2, 2, 2, 4, 32),
            "m2_s5w5_graph": sizes(2, 5, 3, 5, 5, impl=1),
            "m4_u4w4_graph_pipe": sizes(4, 6, 4, 4, 4, signed=0, impl=3, registers=2, zeros=60),
        },
    ),
    interface=interface,
    golden=linear.golden(layer),
    timing=lambda c, t: clock.direct(t, c.frame, clock.matrix(c, c.I)),
    stimuli=linear.stimuli(layer),
    cover=linear.cover(layer, lambda c: (c.frame, c.M, c.I)),
    plan=linear.PLAN,
    volume=linear.volume(3_000),
    quick=("m2_s8w8", "m4_u4w4_graph_pipe"),
    guards=[
        Limit(
            "IMPL",
            0,
            1,
            by="unrolled_matrix.IMPL",
            slow={1: "a graph needs its program, which the quick configurations have"},
        ),
        Limit("XB", 1, 16, given={"IMPL": 0}, by="unrolled_matrix.XB"),
        Limit("WB", 1, 32, given={"IMPL": 0}, by="plain_matrix.WB", early={0: "a part of width 0"}),
        Limit("M", 1, None, given={"IMPL": 0}),
    ],
)
