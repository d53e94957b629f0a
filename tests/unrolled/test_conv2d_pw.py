"""Bench of conv2d_pw: images pixel by pixel, with strides and padding."""

from __future__ import annotations

from models.unrolled.layers import conv2d, positions, window_matrix
from tb import Array, Axis, Bench, Config, Signed, Streams
from tests.unrolled import _linear as linear


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
        {"x": Axis({"x": linear.activation(c, c.IH, c.IW, c.C)}, c.IH * c.IW)},
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
            "f3x3_s5w5_graph": sizes(4, 5, 1, 3, 3, 2, 1, 0, 5, 5, impl=3),
            "f2x3_stride2_pad1_u4w4_graph_pipe": sizes(
                4, 5, 2, 2, 3, 2, 2, 1, 4, 4, signed=0, impl=1, registers=2, zeros=70
            ),
        },
    ),
    interface=interface,
    golden=linear.golden(layer),
    stimuli=linear.stimuli(layer),
    cover=linear.cover(layer, lambda c: (c.IH, c.IW, c.C)),
    plan=linear.PLAN,
    volume=linear.volume(300),
    quick=("f3x3_s8w8", "f2x4_stride2_pad1_s3w2", "f2x3_stride2_pad1_u4w4_graph_pipe"),
)
