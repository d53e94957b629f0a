"""Bench of conv2d_fu: whole images, a beat each; the golden model convolves with the filter itself."""

from __future__ import annotations

from models.unrolled.layers import conv2d, full_matrix, positions
from models.unrolled.pack import pack_weights, unpack_weights
from tests.unrolled import _linear as linear
from tests.unrolled import _timing as clock
from ulpwise import Array, Axis, Bench, Config, Limit, Signed, Streams


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
    """Return a configuration; a frame is of two images, so that `tlast` has something to say."""
    kernel = linear.draw((fh, fw, c, o), wb, seed=iw + 100 * fw, **traits)
    oh, ow = positions(ih, fh, stride, pad), positions(iw, fw, stride, pad)
    sizes = {"IH": ih, "IW": iw, "C": c, "OH": oh, "OW": ow, "O": o, "XB": xb, "SIGNED": signed, "WB": wb}
    rest = {"REGISTERS": registers, "fh": fh, "fw": fw, "stride": stride, "pad": pad, "frame": 2}
    matrix = full_matrix(kernel, (ih, iw), stride, pad)
    return linear.parameters(matrix, {**sizes, **rest, "filter": pack_weights(kernel, wb)}, impl)


def interface(c: Config) -> Streams:
    """An image a beat."""
    return Streams(
        {"x": Axis({"x": linear.activation(c, c.frame, c.IH, c.IW, c.C)}, c.frame)},
        {"y": Axis({"y": Signed(c.YB, (c.frame, c.OH, c.OW, c.O))}, c.frame)},
    )


def layer(c: Config, x: Array) -> Array:
    """Exact convolution."""
    kernel = unpack_weights(c.filter, (c.fh, c.fw, c.C, c.O), c.WB)
    y = conv2d(x.reshape(-1, c.IH, c.IW, c.C), kernel, c.stride, c.pad)
    return y.reshape(len(x), c.frame, c.OH, c.OW, c.O)


sizes = linear.sizes("ih", "iw", "c", "fh", "fw", "o", "stride", "pad", "xb", "wb")


bench = Bench(
    top="conv2d_fu",
    configs=linear.Configs(
        build,
        {
            "f3x3_s8w8": sizes(4, 4, 1, 3, 3, 2, 1, 0, 8, 8),
            "f2x3_pad1_u4w4_sparse_pipe": sizes(3, 4, 1, 2, 3, 2, 1, 1, 4, 4, signed=0, registers=1, zeros=70),
            "f3x2_stride2_s1w1": sizes(5, 4, 1, 3, 2, 2, 2, 0, 1, 1),
            "f2x2_stride3_pad1_s2w5_holes_pipe": sizes(4, 3, 2, 2, 2, 2, 3, 1, 2, 5, registers=1, holes=1),
            "f1x1_o1_u16w32": sizes(1, 1, 2, 1, 1, 1, 1, 0, 16, 32, signed=0),
            "f3x2_stride2_s4w4_graph": sizes(5, 4, 1, 3, 2, 2, 2, 0, 4, 4, impl=3, zeros=30),
            "f2x3_pad1_u4w2_graph_pipe": sizes(3, 4, 1, 2, 3, 2, 1, 1, 4, 2, signed=0, impl=1, registers=2),
        },
    ),
    interface=interface,
    golden=linear.golden(layer),
    timing=lambda c, t: clock.direct(t, c.frame, clock.matrix(c, c.IH * c.IW * c.C)),
    stimuli=linear.stimuli(layer),
    cover=linear.cover(layer, lambda c: (c.frame, c.IH, c.IW, c.C)),
    plan=linear.PLAN,
    volume=linear.volume(600),
    quick=("f3x2_stride2_s1w1", "f2x3_pad1_u4w2_graph_pipe"),
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
        Limit("IH", 1, None, given={"IMPL": 0}),
        Limit("IW", 1, None, given={"IMPL": 0}),
        Limit("C", 1, None, given={"IMPL": 0}),
        Limit("OH", 1, None, given={"IMPL": 0}),
        Limit("OW", 1, None, given={"IMPL": 0}),
        Limit("O", 1, None, given={"IMPL": 0}),
    ],
)
