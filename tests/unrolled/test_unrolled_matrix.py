"""Bench of unrolled_matrix: the same matrices in the plain way and by adder graphs."""

from __future__ import annotations

from models.unrolled.layers import gemm
from tests.unrolled import _linear as linear
from tests.unrolled import _timing as clock
from ulpwise import Array, Axis, Bench, Config, Limit, Signed, Streams


def build(
    i: int,
    o: int,
    xb: int,
    wb: int,
    signed: int = 1,
    registers: int = 0,
    impl: int = 0,
    room: int = 0,
    **traits: int,
) -> dict[str, int]:
    """Return a configuration; a frame is of three vectors, so that `tlast` has something to say."""
    matrix = linear.draw((i, o), wb, seed=i + 100 * o, **traits)
    c = {"I": i, "O": o, "XB": xb, "SIGNED": signed, "WB": wb, "REGISTERS": registers, "rows": 3}
    # as short a program as there may be where nobody reads it
    return {"PB": 1, **linear.parameters(matrix, c, impl, room)}


def interface(c: Config) -> Streams:
    """A vector a beat."""
    return Streams(
        {"x": Axis({"x": linear.activation(c, c.rows, c.I)}, c.rows)},
        {"y": Axis({"y": Signed(c.YB, (c.rows, c.O))}, c.rows)},
    )


def layer(c: Config, x: Array) -> Array:
    """Exact product."""
    return gemm(x, linear.weights(c, c.I, c.O))


sizes = linear.sizes("i", "o", "xb", "wb")

bench = Bench(
    top="unrolled_matrix",
    configs=linear.Configs(
        build,
        {
            "s8w8_sparse": sizes(6, 4, 8, 8, zeros=50),
            "u4w4_pipe": sizes(9, 3, 4, 4, signed=0, registers=1),
            "s2w2_zero": sizes(3, 2, 2, 2, zeros=100),
            "s16w32_single": sizes(1, 1, 16, 32),
            "s4w4_one_bit": sizes(3, 2, 4, 4, room=-99),
            "s8w8_graph": sizes(6, 4, 8, 8, impl=1, zeros=50),
            "u4w4_graph_pipe": sizes(9, 3, 4, 4, signed=0, impl=1, registers=1),
            "s6w9_graph_lut4_pipe2": sizes(4, 3, 6, 9, impl=2, registers=2, zeros=30),
            "u16w3_graph_carry_pipe3": sizes(5, 6, 16, 3, signed=0, impl=3, registers=3, mixed=1, holes=1),
            "s1w1_graph_carry": sizes(8, 3, 1, 1, impl=3, zeros=20),
            "s2w2_graph_zero": sizes(3, 2, 2, 2, impl=1, registers=1, zeros=100),
        },
    ),
    interface=interface,
    golden=linear.golden(layer),
    timing=lambda c, t: clock.direct(t, c.rows, clock.matrix(c, c.I)),
    stimuli=linear.stimuli(layer),
    cover=linear.cover(layer, lambda c: (c.rows, c.I)),
    plan=linear.PLAN,
    volume=linear.volume(4_000),
    quick=("s8w8_sparse", "u4w4_graph_pipe"),
    guards=[
        Limit("IMPL", 0, 1, slow={1: "a graph needs its program, which the quick configurations have"}),
        Limit("XB", 1, 16, given={"IMPL": 0}),
        Limit("WB", 1, 32, given={"IMPL": 0}, by="plain_matrix.WB", early={0: "a part of width 0"}),
        Limit("I", 1, None, given={"IMPL": 0}),
        Limit("O", 1, None, given={"IMPL": 0}),
        Limit("YB", 1, None, given={"IMPL": 0}),
        Limit("SIGNED", 0, 1, given={"IMPL": 0}),
        Limit("PB", 1, None, given={"IMPL": 0}),
    ],
)
