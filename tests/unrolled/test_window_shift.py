"""Bench of window_shift: rows of every kind of end, with strides and padding."""

from __future__ import annotations

from models.unrolled.layers import positions
from models.unrolled.layers import windows as cut
from tests.unrolled import _timing as clock
from tests.unrolled import _windows as windows
from ulpwise import Axis, Batch, Bench, Config, Limit, Refused, Streams, Unsigned


def count(c: Config) -> int:
    """Windows of a row."""
    return positions(c.LENGTH, c.TAPS, c.STRIDE, c.PAD)


def interface(c: Config) -> Streams:
    """A slice a beat, a window a beat."""
    outputs = c.ROWS * count(c)
    return Streams(
        {"x": Axis({"x": Unsigned(c.B, (c.ROWS * c.LENGTH,))}, c.ROWS * c.LENGTH, tlast=TLAST[c.WHOLE])},
        {"w": Axis({"w": Unsigned(c.B, (outputs, c.TAPS))}, outputs)},
    )


def golden(c: Config, t: Batch) -> Batch:
    """Windows of the padded rows."""
    rows = t["x"].reshape(-1, 1, c.LENGTH, 1)
    return {"w": cut(rows, (1, c.TAPS), (1, c.STRIDE), (0, c.PAD)).reshape(len(t["x"]), -1, c.TAPS)}


SIZES = ("B", "LENGTH", "ROWS", "TAPS", "STRIDE", "PAD")
TLAST = ("delimits", "ignored")


def sizes(*numbers: int, whole: int = 0) -> dict[str, int]:
    """Name the sizes of a configuration."""
    return {**dict(zip(SIZES, numbers, strict=True)), "WHOLE": whole}


bench = Bench(
    top="window_shift",
    configs={
        "l6_t3": sizes(8, 6, 1, 3, 1, 0),
        "l5_t3_pad1_rows3": sizes(4, 5, 3, 3, 1, 1),
        "l4_t4_pad3_rows2": sizes(5, 4, 2, 4, 1, 3),
        "l7_t3_stride2": sizes(4, 7, 1, 3, 2, 0),
        "l8_t3_stride2_left_over": sizes(4, 8, 2, 3, 2, 0),
        "l6_t3_stride2_pad1": sizes(4, 6, 3, 3, 2, 1),
        "l8_t2_stride3_left_over": sizes(4, 8, 2, 2, 3, 0),
        "l7_t4_stride3_pad2": sizes(4, 7, 2, 4, 3, 2),
        "l5_t1_stride3": sizes(6, 5, 4, 1, 3, 0),
        "l2_t5_pad2": sizes(4, 2, 2, 5, 1, 2),
        "l1_t3_pad2": sizes(3, 1, 5, 3, 1, 2),
        "l3_t5_pad1_rows2": sizes(3, 3, 2, 5, 1, 1),
        "l5_t3_pad1_rows2_whole": sizes(4, 5, 2, 3, 1, 1, whole=1),
        "l1_t1": sizes(1, 1, 1, 1, 1, 0),
        "l4_t4_once": sizes(63, 4, 1, 4, 3, 0),
    },
    interface=interface,
    golden=golden,
    timing=lambda c, t: clock.windows(
        t, clock.DIRECT * c.ROWS * c.LENGTH, clock.schedule(c.LENGTH, c.TAPS, c.STRIDE, c.PAD) * c.ROWS, sink="w"
    ),
    stimuli=windows.stimuli,
    cover=lambda c: windows.cover(c, c.ROWS * c.LENGTH),
    plan=windows.PLAN,
    volume=lambda c: 20_000 // (c.ROWS * c.LENGTH),
    quick=("l5_t3_pad1_rows3", "l7_t3_stride2", "l8_t2_stride3_left_over"),
    guards=[
        Limit("TAPS", 1, None, given={"PAD": 0}),
        Refused(
            {"TAPS": 6}, legal={"TAPS": 5}, given={"LENGTH": 5, "PAD": 0}, edge=lambda c: c.TAPS == c.LENGTH + 2 * c.PAD
        ),
        Refused(
            {"TAPS": 8},
            legal={"TAPS": 7},
            given={"LENGTH": 5, "PAD": 1},
            edge=lambda c: c.TAPS == c.LENGTH + 2 * c.PAD and c.PAD > 0,
        ),
        Limit("STRIDE", 1, None),
        Limit("PAD", 0, None),
        Refused({"PAD": 3}, legal={"PAD": 2}, given={"TAPS": 3}, edge=lambda c: c.PAD == c.TAPS - 1),
        Limit("B", 1, None),
        Limit("ROWS", 1, None),
        Limit("WHOLE", 0, 1),
        Limit("LENGTH", 1, None, given={"TAPS": 1, "PAD": 0}),
    ],
)
