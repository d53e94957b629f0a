"""Bench of plain_matrix: constant matrices of all widths and sparsities times vectors."""

from __future__ import annotations

from models.unrolled.layers import gemm
from tests.unrolled import _linear as linear
from tests.unrolled import _timing as clock
from ulpwise import Array, Axis, Bench, Config, Limit, Signed, Streams


def build(
    i: int, o: int, xb: int, wb: int, signed: int = 1, registers: int = 0, room: int = 0, **traits: int
) -> dict[str, int]:
    """Return a configuration; a frame is of three vectors, so that `tlast` has something to say."""
    matrix = linear.draw((i, o), wb, seed=i + 100 * o, **traits)
    c = {"I": i, "O": o, "XB": xb, "SIGNED": signed, "WB": wb, "REGISTERS": registers, "rows": 3}
    return linear.parameters(matrix, c, room=room)


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
    top="plain_matrix",
    configs=linear.Configs(
        build,
        {
            "s8w8": sizes(5, 3, 8, 8),
            "s8w8_pipe": sizes(5, 3, 8, 8, registers=1),
            "u4w4_sparse": sizes(16, 8, 4, 4, signed=0, zeros=75),
            "u4w4_sparse_pipe": sizes(16, 8, 4, 4, signed=0, zeros=75, registers=1),
            "s1w1": sizes(8, 4, 1, 1, zeros=40),
            "u1w2_pipe": sizes(7, 5, 1, 2, signed=0, zeros=50, registers=1),
            "u16w3_mixed_holes": sizes(6, 6, 16, 3, signed=0, mixed=1, holes=1),
            "s3w12_single_pipe": sizes(1, 1, 3, 12, registers=1),
            "s32w32_wide": sizes(1, 2, 32, 32),
            "s4w4_zero_pipe": sizes(4, 2, 4, 4, zeros=100, registers=1),
            "s5w5_extended": sizes(3, 2, 5, 5, room=9),
            "s4w4_one_bit": sizes(3, 2, 4, 4, room=-99),
            "s6w6_wraps_pipe": sizes(3, 2, 6, 6, room=-5, registers=1),
        },
    ),
    interface=interface,
    golden=linear.golden(layer),
    timing=lambda c, t: clock.direct(t, c.rows, clock.matrix(c, c.I)),
    stimuli=linear.stimuli(layer),
    cover=linear.cover(layer, lambda c: (c.rows, c.I)),
    plan=linear.PLAN,
    volume=lambda _: 4_000,
    quick=("s8w8", "u4w4_sparse_pipe", "s4w4_zero_pipe"),
    guards=[
        Limit("XB", 1, 32),
        Limit("WB", 1, 32, early={0: "a part of width 0"}),
        Limit("I", 1, None),
        Limit("O", 1, None),
        Limit("YB", 1, None),
        Limit("SIGNED", 0, 1),
        Limit("REGISTERS", 0, 1),
    ],
)
