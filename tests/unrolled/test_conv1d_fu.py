"""Bench of conv1d_fu: whole signals, a beat each; the golden model convolves with the filter itself."""

from __future__ import annotations

from models.unrolled.layers import conv1d, full_matrix, positions
from models.unrolled.pack import pack_weights, unpack_weights
from tests.unrolled import _linear as linear
from tests.unrolled import _timing as clock
from ulpwise import Array, Axis, Bench, Config, Limit, Signed, Streams


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
    """Return a configuration; a frame is of two signals, so that `tlast` has something to say."""
    kernel = linear.draw((f, c, o), wb, seed=l + 100 * f, **traits)
    sizes = {"L": l, "C": c, "P": positions(l, f, stride, pad), "O": o, "XB": xb, "SIGNED": signed, "WB": wb}
    rest = {"REGISTERS": registers, "taps": f, "stride": stride, "pad": pad, "frame": 2}
    matrix = full_matrix(kernel, l, stride, pad)
    return linear.parameters(matrix, {**sizes, **rest, "filter": pack_weights(kernel, wb)}, impl)


def interface(c: Config) -> Streams:
    """A signal a beat."""
    return Streams(
        {"x": Axis({"x": linear.activation(c, c.frame, c.L, c.C)}, c.frame)},
        {"y": Axis({"y": Signed(c.YB, (c.frame, c.P, c.O))}, c.frame)},
    )


def layer(c: Config, x: Array) -> Array:
    """Exact convolution."""
    kernel = unpack_weights(c.filter, (c.taps, c.C, c.O), c.WB)
    return conv1d(x.reshape(-1, c.L, c.C), kernel, c.stride, c.pad).reshape(len(x), c.frame, c.P, c.O)


sizes = linear.sizes("l", "c", "f", "o", "stride", "pad", "xb", "wb")


bench = Bench(
    top="conv1d_fu",
    configs=linear.Configs(
        build,
        {
            "f3_s8w8": sizes(6, 2, 3, 2, 1, 0, 8, 8),
            "f3_pad2_u4w4_sparse_pipe": sizes(5, 2, 3, 3, 1, 2, 4, 4, signed=0, registers=1, zeros=70),
            "f4_stride2_pad1_s3w2": sizes(7, 1, 4, 2, 2, 1, 3, 2),
            "f2_stride3_s1w1_pipe": sizes(8, 2, 2, 2, 3, 0, 1, 1, registers=1),
            "f1_u16w5_holes": sizes(3, 3, 1, 2, 1, 0, 16, 5, signed=0, holes=1),
            "l1_f1_o1_s4w32": sizes(1, 1, 1, 1, 1, 0, 4, 32),
            "f3_s5w5_graph": sizes(6, 2, 3, 2, 1, 0, 5, 5, impl=3),
            "f3_pad2_u4w4_graph_pipe": sizes(5, 2, 3, 3, 1, 2, 4, 4, signed=0, impl=1, registers=2, zeros=70),
        },
    ),
    interface=interface,
    golden=linear.golden(layer),
    timing=lambda c, t: clock.direct(t, c.frame, clock.matrix(c, c.L * c.C)),
    stimuli=linear.stimuli(layer),
    cover=linear.cover(layer, lambda c: (c.frame, c.L, c.C)),
    plan=linear.PLAN,
    volume=linear.volume(1_500),
    quick=("f3_s8w8", "f3_pad2_u4w4_graph_pipe"),
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
        Limit("L", 1, None, given={"IMPL": 0}),
        Limit("C", 1, None, given={"IMPL": 0}),
        Limit("P", 1, None, given={"IMPL": 0}),
        Limit("O", 1, None, given={"IMPL": 0}),
    ],
)
