"""Bench of conv2d_rp: images row by row; the golden model convolves with the filter itself."""

from __future__ import annotations

from models.unrolled.layers import conv2d, positions, row_matrix
from models.unrolled.pack import pack_weights, unpack_weights
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
    shape = {"IH": ih, "IW": iw, "C": c, "F": fh, "OW": positions(iw, fw, stride, pad), "O": o}
    shape |= {"STRIDE": stride, "PAD": pad, "XB": xb, "SIGNED": signed, "WB": wb, "REGISTERS": registers, "fw": fw}
    return linear.parameters(row_matrix(kernel, iw, stride, pad), {**shape, "filter": pack_weights(kernel, wb)}, impl)


def results(c: Config) -> int:
    """Rows of the result."""
    return positions(c.IH, c.F, c.STRIDE, c.PAD)


def interface(c: Config) -> Streams:
    """A row a beat, an image a frame."""
    return Streams(
        {"x": Axis({"x": linear.activation(c, c.IH, c.IW, c.C)}, c.IH, tlast="delimits")},
        {"y": Axis({"y": Signed(c.YB, (results(c), c.OW, c.O))}, results(c))},
    )


def layer(c: Config, x: Array) -> Array:
    """Exact convolution."""
    return conv2d(x, unpack_weights(c.filter, (c.F, c.fw, c.C, c.O), c.WB), c.STRIDE, c.PAD)


sizes = linear.sizes("ih", "iw", "c", "fh", "fw", "o", "stride", "pad", "xb", "wb")


bench = Bench(
    top="conv2d_rp",
    configs=linear.Configs(
        build,
        {
            "f3x3_s8w8": sizes(4, 4, 1, 3, 3, 2, 1, 0, 8, 8),
            "f3x2_pad1_u4w4_sparse_pipe": sizes(3, 4, 2, 3, 2, 2, 1, 1, 4, 4, signed=0, registers=1, zeros=70),
            "f3x3_stride2_pad2_s3w2": sizes(4, 5, 1, 3, 3, 2, 2, 2, 3, 2),
            "f2x3_stride3_u1w1_pipe": sizes(6, 6, 1, 2, 3, 2, 3, 0, 1, 1, signed=0, registers=1),
            "f1x2_stride2_s16w5_holes": sizes(5, 4, 1, 1, 2, 2, 2, 0, 16, 5, holes=1),
            "f2x1_as_large_as_image_s4w32": sizes(2, 1, 1, 2, 1, 1, 1, 0, 4, 32),
            "f3x3_s5w5_graph": sizes(4, 4, 1, 3, 3, 2, 1, 0, 5, 5, impl=3),
            "f3x2_pad1_u4w4_graph_pipe": sizes(3, 4, 2, 3, 2, 2, 1, 1, 4, 4, signed=0, impl=2, registers=1, zeros=70),
        },
    ),
    interface=interface,
    golden=linear.golden(layer),
    timing=lambda c, t: clock.windows(
        t, clock.DIRECT * c.IH, clock.schedule(c.IH, c.F, c.STRIDE, c.PAD), clock.matrix(c, c.F * c.IW * c.C)
    ),
    stimuli=linear.stimuli(layer),
    cover=linear.cover(layer, lambda c: (c.IH, c.IW, c.C)),
    plan=linear.PLAN,
    volume=linear.volume(1_000),
    quick=("f3x3_stride2_pad2_s3w2", "f3x2_pad1_u4w4_graph_pipe"),
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
            given={"IMPL": 0, "IH": 5, "PAD": 0},
            by="window_shift.TAPS",
            edge=lambda c: c.F == c.IH + 2 * c.PAD,
        ),
        Limit("IW", 1, None, given={"IMPL": 0}),
        Limit("C", 1, None, given={"IMPL": 0}),
        Limit("OW", 1, None, given={"IMPL": 0}),
        Limit("O", 1, None, given={"IMPL": 0}),
    ],
)
