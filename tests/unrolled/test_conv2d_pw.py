"""Bench of conv2d_pw: images pixel by pixel, with strides and padding."""

from __future__ import annotations

from models.unrolled.layers import conv2d, positions, window_matrix
from tests.unrolled import _linear as linear
from tests.unrolled import _timing as clock
from ulpwise import Array, Axis, Bench, Config, Limit, Refused, Signed, Streams


def build(
    ih: int,
    iw: int,
    c: int,
    fh: int,
    fw: int,
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
    kernel = linear.draw((fh, fw, c, o), wb, seed=iw + 100 * fw, **traits)
    shape = {"IH": ih, "IW": iw, "C": c, "FH": fh, "FW": fw, "O": o, "STRIDE": stride, "PAD": pad}
    return linear.parameters(
        window_matrix(kernel), {**shape, "XB": xb, "SIGNED": signed, "WB": wb, "REGISTERS": registers}, impl
    )


def results(c: Config) -> tuple[int, int]:
    """Rows and columns of the result."""
    return positions(c.IH, c.FH, c.STRIDE, c.PAD), positions(c.IW, c.FW, c.STRIDE, c.PAD)


def interface(c: Config) -> Streams:
    """A pixel a beat, an image a frame."""
    oh, ow = results(c)
    return Streams(
        {"x": Axis({"x": linear.activation(c, c.IH, c.IW, c.C)}, c.IH * c.IW, tlast="delimits")},
        {"y": Axis({"y": Signed(c.YB, (oh, ow, c.O))}, oh * ow)},
    )


def layer(c: Config, x: Array) -> Array:
    """Exact convolution."""
    return conv2d(x, linear.weights(c, c.FH, c.FW, c.C, c.O), c.STRIDE, c.PAD)


sizes = linear.sizes("ih", "iw", "c", "fh", "fw", "o", "stride", "pad", "xb", "wb")


bench = Bench(
    top="conv2d_pw",
    configs=linear.Configs(
        build,
        {
            "f3x3_s8w8": sizes(4, 5, 1, 3, 3, 2, 1, 0, 8, 8),
            "f3x3_pad2_u4w4_sparse_pipe": sizes(3, 4, 2, 3, 3, 2, 1, 2, 4, 4, signed=0, registers=1, zeros=70),
            "f2x4_stride2_pad1_s3w2": sizes(5, 6, 1, 2, 4, 2, 2, 1, 3, 2),
            "f4x2_stride2_u2w3_pipe": sizes(7, 5, 1, 4, 2, 2, 2, 0, 2, 3, signed=0, registers=1),
            "f2x3_stride3_pad1_s1w1": sizes(6, 7, 2, 2, 3, 2, 3, 1, 1, 1),
            "f1x1_stride3_u16w5_holes": sizes(4, 5, 3, 1, 1, 3, 3, 0, 16, 5, signed=0, holes=1),
            "f3x3_larger_than_image": sizes(1, 2, 1, 3, 3, 2, 1, 2, 5, 6),
            "f2x3_as_large_as_image_s4w32": sizes(2, 3, 1, 2, 3, 1, 1, 0, 4, 32),
            "f3x3_s5w5_graph": sizes(4, 5, 1, 3, 3, 2, 1, 0, 5, 5, impl=3),
            "f2x3_stride2_pad1_u4w4_graph_pipe": sizes(
                4, 5, 2, 2, 3, 2, 2, 1, 4, 4, signed=0, impl=1, registers=2, zeros=70
            ),
        },
    ),
    interface=interface,
    golden=linear.golden(layer),
    timing=lambda c, t: clock.windows(
        t,
        clock.schedule(c.IH, c.FH, c.STRIDE, c.PAD, c.IW),
        clock.schedule(c.IW, c.FW, c.STRIDE, c.PAD) * results(c)[0],
        clock.matrix(c, c.FH * c.FW * c.C),
    ),
    stimuli=linear.stimuli(layer),
    cover=linear.cover(layer, lambda c: (c.IH, c.IW, c.C)),
    plan=linear.PLAN,
    volume=linear.volume(300),
    quick=("f3x3_s8w8", "f2x4_stride2_pad1_s3w2", "f2x3_stride2_pad1_u4w4_graph_pipe"),
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
        Limit("STRIDE", 1, None, by="line_buffer.STRIDE"),
        Limit("PAD", 0, None, given={"IMPL": 0}, by="line_buffer.PAD"),
        Limit("FH", 1, None, given={"IMPL": 0, "PAD": 0}, by="line_buffer.TAPS"),
        Limit("FW", 1, None, given={"IMPL": 0, "PAD": 0}, by="window_shift.TAPS"),
        Refused(
            {"PAD": 3},
            legal={"PAD": 2},
            given={"IMPL": 0, "FH": 3, "FW": 4},
            by="line_buffer.PAD",
            edge=lambda c: c.PAD == c.FH - 1,
        ),
        Refused(
            {"PAD": 3},
            legal={"PAD": 2},
            given={"IMPL": 0, "FH": 4, "FW": 3},
            by="window_shift.PAD",
            edge=lambda c: c.PAD == c.FW - 1,
        ),
        Refused(
            {"FH": 6},
            legal={"FH": 5},
            given={"IMPL": 0, "IH": 5, "PAD": 0},
            by="line_buffer.TAPS",
            edge=lambda c: c.FH == c.IH + 2 * c.PAD,
        ),
        Refused(
            {"FW": 6},
            legal={"FW": 5},
            given={"IMPL": 0, "IW": 5, "PAD": 0},
            by="window_shift.TAPS",
            edge=lambda c: c.FW == c.IW + 2 * c.PAD,
        ),
        Limit("C", 1, None, given={"IMPL": 0}),
    ],
)
