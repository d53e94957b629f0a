"""Bench of conv1d_pw: signals position by position, with strides and padding."""

from __future__ import annotations

from models.unrolled.layers import conv1d, positions, window_matrix
from tests.unrolled import _linear as linear
from tests.unrolled import _timing as clock
from ulpwise import Array, Axis, Bench, Config, Limit, Refused, Signed, Streams


def build(
    l: int,  # noqa: E741 (as the core's)
    c: int,
    f: int,
    o: int,
    stride: int,
    pad: int,
    xb: int,
    wb: int,
    signed: int = 1,
    registers: int = 0,
    impl: int = 0,
    **traits: int,
) -> dict[str, int]:
    """Return a configuration."""
    kernel = linear.draw((f, c, o), wb, seed=l + 100 * f, **traits)
    shape = {"L": l, "C": c, "F": f, "O": o, "STRIDE": stride, "PAD": pad}
    return linear.parameters(
        window_matrix(kernel), {**shape, "XB": xb, "SIGNED": signed, "WB": wb, "REGISTERS": registers}, impl
    )


def results(c: Config) -> int:
    """Positions of the result."""
    return positions(c.L, c.F, c.STRIDE, c.PAD)


def interface(c: Config) -> Streams:
    """A position a beat, a signal a frame."""
    return Streams(
        {"x": Axis({"x": linear.activation(c, c.L, c.C)}, c.L, tlast="delimits")},
        {"y": Axis({"y": Signed(c.YB, (results(c), c.O))}, results(c))},
    )


def layer(c: Config, x: Array) -> Array:
    """Exact convolution."""
    return conv1d(x, linear.weights(c, c.F, c.C, c.O), c.STRIDE, c.PAD)


sizes = linear.sizes("l", "c", "f", "o", "stride", "pad", "xb", "wb")


bench = Bench(
    top="conv1d_pw",
    configs=linear.Configs(
        build,
        {
            "f3_s8w8": sizes(6, 2, 3, 2, 1, 0, 8, 8),
            "f3_pad2_u4w4_sparse_pipe": sizes(5, 2, 3, 3, 1, 2, 4, 4, signed=0, registers=1, zeros=70),
            "f4_stride2_pad1_s3w2": sizes(7, 1, 4, 2, 2, 1, 3, 2),
            "f3_stride3_pad1_u1w2_pipe": sizes(9, 2, 3, 2, 3, 1, 1, 2, signed=0, registers=1),
            "f2_stride3_s1w1": sizes(8, 3, 2, 2, 3, 0, 1, 1),
            "f1_stride2_u16w5_holes": sizes(4, 3, 1, 3, 2, 0, 16, 5, signed=0, holes=1),
            "f4_longer_than_signal": sizes(2, 1, 4, 2, 1, 3, 5, 6),
            "f3_as_long_as_signal_s4w32": sizes(3, 1, 3, 1, 1, 0, 4, 32),
            "f3_s5w5_graph": sizes(6, 2, 3, 2, 1, 0, 5, 5, impl=1),
            "f3_stride2_pad2_u4w4_graph_pipe": sizes(5, 2, 3, 3, 2, 2, 4, 4, signed=0, impl=3, registers=1, zeros=70),
        },
    ),
    interface=interface,
    golden=linear.golden(layer),
    timing=lambda c, t: clock.windows(
        t, clock.DIRECT * c.L, clock.schedule(c.L, c.F, c.STRIDE, c.PAD), clock.matrix(c, c.F * c.C)
    ),
    stimuli=linear.stimuli(layer),
    cover=linear.cover(layer, lambda c: (c.L, c.C)),
    plan=linear.PLAN,
    volume=linear.volume(2_000),
    quick=("f3_pad2_u4w4_sparse_pipe", "f4_stride2_pad1_s3w2", "f3_s5w5_graph"),
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
        Limit("STRIDE", 1, None, by="window_shift.STRIDE"),
        Limit("PAD", 0, None, given={"IMPL": 0}, by="window_shift.PAD"),
        Limit("F", 1, None, given={"IMPL": 0, "PAD": 0}, by="window_shift.TAPS"),
        Refused(
            {"PAD": 3},
            legal={"PAD": 2},
            given={"IMPL": 0, "F": 3},
            by="window_shift.PAD",
            edge=lambda c: c.PAD == c.F - 1,
        ),
        Refused(
            {"F": 6},
            legal={"F": 5},
            given={"IMPL": 0, "L": 5, "PAD": 0},
            by="window_shift.TAPS",
            edge=lambda c: c.F == c.L + 2 * c.PAD,
        ),
        Limit("C", 1, None, given={"IMPL": 0}),
    ],
)
