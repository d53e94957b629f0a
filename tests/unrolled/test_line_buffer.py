"""Bench of line_buffer: images of every kind of lower edge, with strides and padding."""

from __future__ import annotations

import numpy as np

from models.unrolled.layers import positions
from models.unrolled.layers import windows as cut
from tests.unrolled import _timing as clock
from tests.unrolled import _windows as windows
from ulpwise import Axis, Batch, Bench, Config, Limit, Refused, Streams, Unsigned


def outputs(c: Config) -> int:
    """Columns of an image."""
    return c.WIDTH * positions(c.HEIGHT, c.TAPS, c.STRIDE, c.PAD)


def interface(c: Config) -> Streams:
    """A pixel a beat, a column a beat."""
    return Streams(
        {"x": Axis({"x": Unsigned(c.B, (c.HEIGHT * c.WIDTH,))}, c.HEIGHT * c.WIDTH, tlast="delimits")},
        {"c": Axis({"c": Unsigned(c.B, (outputs(c), c.TAPS))}, outputs(c))},
    )


def golden(c: Config, t: Batch) -> Batch:
    """Columns of the padded images."""
    images = t["x"].reshape(-1, c.HEIGHT, c.WIDTH, 1)
    columns = cut(images, (c.TAPS, 1), (c.STRIDE, 1), (c.PAD, 0))
    return {"c": np.asarray(columns.reshape(len(images), -1, c.TAPS))}


SIZES = ("B", "WIDTH", "HEIGHT", "TAPS", "STRIDE", "PAD")


def sizes(*numbers: int) -> dict[str, int]:
    """Name the sizes of a configuration."""
    return dict(zip(SIZES, numbers, strict=True))


bench = Bench(
    top="line_buffer",
    configs={
        "w4h5_t3": sizes(8, 4, 5, 3, 1, 0),
        "w3h4_t3_pad1": sizes(4, 3, 4, 3, 1, 1),
        "w2h3_t4_pad3": sizes(5, 2, 3, 4, 1, 3),
        "w5h6_t3_stride2_left_over": sizes(4, 5, 6, 3, 2, 0),
        "w3h6_t3_stride2_pad1": sizes(4, 3, 6, 3, 2, 1),
        "w2h8_t2_stride3_left_over": sizes(4, 2, 8, 2, 3, 0),
        "w3h7_t4_stride3_pad2": sizes(4, 3, 7, 4, 3, 2),
        "w3h5_t1_stride3": sizes(6, 3, 5, 1, 3, 0),
        "w3h1_t3_pad2": sizes(3, 3, 1, 3, 1, 2),
        "w2h3_t5_pad1": sizes(3, 2, 3, 5, 1, 1),
        "w1h4_t2_pad1": sizes(1, 1, 4, 2, 1, 1),
        "w1h1_t1": sizes(63, 1, 1, 1, 1, 0),
    },
    interface=interface,
    golden=golden,
    timing=lambda c, t: clock.windows(
        t, clock.schedule(c.HEIGHT, c.TAPS, c.STRIDE, c.PAD, c.WIDTH), clock.DIRECT * outputs(c), sink="c"
    ),
    stimuli=windows.stimuli,
    cover=lambda c: windows.cover(c, c.HEIGHT * c.WIDTH),
    plan=windows.PLAN,
    volume=lambda c: 20_000 // (c.HEIGHT * c.WIDTH),
    quick=("w4h5_t3", "w3h4_t3_pad1", "w5h6_t3_stride2_left_over"),
    guards=[
        Limit("TAPS", 1, None, given={"PAD": 0}),
        Refused(
            {"TAPS": 6}, legal={"TAPS": 5}, given={"HEIGHT": 5, "PAD": 0}, edge=lambda c: c.TAPS == c.HEIGHT + 2 * c.PAD
        ),
        Refused(
            {"TAPS": 8},
            legal={"TAPS": 7},
            given={"HEIGHT": 5, "PAD": 1},
            edge=lambda c: c.TAPS == c.HEIGHT + 2 * c.PAD and c.PAD > 0,
        ),
        Limit("STRIDE", 1, None),
        Limit("PAD", 0, None),
        Refused({"PAD": 3}, legal={"PAD": 2}, given={"TAPS": 3}, edge=lambda c: c.PAD == c.TAPS - 1),
        Limit("B", 1, None),
        Limit("WIDTH", 1, None),
        Limit("HEIGHT", 1, None, given={"TAPS": 1, "PAD": 0}),
    ],
)
