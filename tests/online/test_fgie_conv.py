"""Bench of fgie_conv: filters of several shapes on small images, signed and unsigned, padded, with strides."""

from __future__ import annotations

from itertools import product

import numpy as np

from models.online.conv import Window, conv
from models.online.neuron import Ints, Shape
from tests.online._schedule import Layer, convolution
from ulpwise import (
    Array,
    Axis,
    Batch,
    Bench,
    Config,
    CoverGroup,
    Cross,
    Exclusion,
    Limit,
    Point,
    Refused,
    Signed,
    Streams,
    Unsigned,
    ranges,
    transitions,
    values,
)
from ulpwise.bench.stimuli import Draw, Stimuli


def window(c: Config) -> Window:
    """The filters of a configuration."""
    return Window(c.R, c.S, c.STRIDE, c.PAD)


def positions(c: Config) -> int:
    """Positions of the filters on an image."""
    rows, columns = c.H + 2 * c.PAD - c.R, c.W + 2 * c.PAD - c.S
    return (rows // c.STRIDE + 1) * (columns // c.STRIDE + 1)


def extremes(c: Config) -> tuple[int, int]:
    """The least and the greatest pixel."""
    return (-1 << (c.WX - 1), (1 << (c.WX - 1)) - 1) if c.SIGNED else (0, (1 << c.WX) - 1)


def interface(c: Config) -> Streams:
    """Weights once, a beat a filter; a pixel a beat; the results of a position a beat."""
    pixel = (Signed if c.SIGNED else Unsigned)(c.WX, (c.H * c.W, c.C))
    results = Signed(c.DY + 1, (positions(c), c.F))
    precision = {"bits": Unsigned(6), "digits": Unsigned(6)}
    return Streams(
        inputs={"x": Axis({"image": pixel}, c.H * c.W, precision, tlast="delimits")},
        outputs={
            "y": Axis({"z": results}, positions(c)),
            "stat": Axis({"saved": Unsigned(32), "total": Unsigned(32)}),
        },
        setup={"w": Axis({"y": Signed(c.WB, (c.F, c.C * c.R * c.S + 1))}, c.F)},
    )


def results(c: Config, t: Batch, **options: bool) -> tuple[Ints, Ints, Ints]:
    """The model's; all images share their weights."""
    w = t["y"][0].astype(np.int64)
    images = t["image"].astype(np.int64).reshape(-1, c.H, c.W, c.C).transpose(0, 3, 1, 2)
    precision = np.stack([t["bits"], t["digits"]], axis=1).astype(np.int64)
    shape = Shape(c.WB, c.GROWTH, bool(c.MERGED), bool(c.RELU))
    parts = w[:, :-1].copy(), w[:, -1].copy(), precision, window(c), shape
    return conv(images, *parts, bits=c.WX, signed=bool(c.SIGNED), **options)


def golden(c: Config, t: Batch) -> Batch:
    """Words and counts of the model."""
    z, saved, total = results(c, t)
    return {"z": z.astype(np.int64), "saved": saved, "total": total}


def cycles(c: Config, t: Batch) -> dict[str, Array]:
    """A step a cycle, through the padding too, unless it ends a window and the one before has digits to go."""

    def ends(at: int, size: int) -> bool:
        return at >= size - 1 and (at - size + 1) % c.STRIDE == 0

    rows, columns = (range(size + 2 * c.PAD) for size in (c.H, c.W))
    inner = [range(c.PAD, c.PAD + size) for size in (c.H, c.W)]
    places = [(i in inner[0] and j in inner[1], ends(i, c.R) and ends(j, c.S)) for i, j in product(rows, columns)]
    control = Layer(c.C * c.R * c.S, c.WX, bool(c.MERGED), c.PIPE)
    found = convolution(control, places, t["digits"].astype(int).tolist(), c.WX)
    return {name: np.array(beats).reshape(len(t["digits"]), -1) for name, beats in found.items()}


def stimuli(c: Config) -> Stimuli:
    """Random images, a fifth of them of extremes; weights that fit, new ones every 16 images; any precision."""

    def bulk(draw: Draw) -> Batch:
        rng, rows = draw.rng, draw.n
        y, room = draw.fields["y"].random(rng, -(-rows // 16)), 2 << (c.WB - 1 + c.GROWTH)
        taken = (2 * abs(y[..., :-1]).sum(axis=2) + abs(y[..., -1]))[..., None]
        y = np.where(taken > room, np.sign(y) * (abs(y) * room // taken), y)
        images = draw.fields["image"].random(rng, rows)
        images[::5] = rng.choice(extremes(c), images[::5].shape)
        return {
            "image": images,
            "y": np.repeat(y, 16, axis=0)[:rows],
            "bits": rng.choice([*range(1, c.WX + 1), c.WX], rows),
            "digits": rng.integers(1, c.DY + 1, rows),
        }

    return {"bulk": bulk}


def count(name: str, most: int) -> Point:
    """Every count from 1 on, or eight together where there are many."""
    each = values(*range(1, most + 1))
    eight = ranges(*((low, min(low + 7, most)) for low in range(1, most + 1, 8)))
    return Point(name, lambda t: t[name], each if most <= 8 else eight)


def cover(c: Config) -> list[CoverGroup]:
    """Precision and its changes, results and what was saved, extreme pixels in every place."""

    def flat(name: str, t: Batch) -> Ints:
        return t[name].reshape(len(t[name]), -1).astype(np.int64)

    def differs(t: Batch) -> Array:
        return (results(c, t, terminate=False)[0] != t["z"]).any(axis=(1, 2))

    points = [
        count("bits", c.WX),
        count("digits", c.DY),
        Point("change", lambda t: t["digits"] > c.DY // 2, transitions(*product((0, 1), repeat=2))),
        Point("pixel", lambda t: flat("image", t), values(*extremes(c))),
        Point("sign", lambda t: np.sign(flat("z", t)), values(0, 1) if c.RELU else values(-1, 0, 1)),
        Point("saved", lambda t: t["saved"] > 0, values(0, 1) if c.RELU else values(0)),
        Point("same", differs, values(0), illegal=values(1)),
    ]
    return [CoverGroup("image", points, [Cross("precision", "bits", "digits")])]


SIZES = ("C", "F", "R", "S", "H", "W", "STRIDE", "PAD", "WX", "SIGNED", "GROWTH", "DY", "MERGED", "RELU")


def sizes(*numbers: int) -> dict[str, int]:
    """Return a configuration."""
    return {**dict(zip(SIZES, numbers, strict=True)), "WB": 6, "PIPE": 1}


# bits of counters that images of a bench's size do not reach
ROWS, SKIPS = range(5, 16), range(2, 16)
COUNTS = {
    **dict.fromkeys(("position_reg", "counted_reg"), range(9, 32)),
    **dict.fromkeys(("total_reg", "saved_reg"), range(12, 32)),
    "m_axis_stat_tdata": (*range(12, 32), *range(44, 64)),
}

HUGE = "a run sends hundreds of images: millions of pixels of this size, an hour of simulation"

bench = Bench(
    top="fgie_conv",
    configs={
        "c1_3x3_pad": sizes(1, 2, 3, 3, 4, 5, 1, 1, 4, 0, 2, 7, 1, 1),
        "c2_2x3_stride": sizes(2, 3, 2, 3, 6, 5, 2, 0, 3, 1, 3, 6, 1, 1),
        "c3_1x1_tree": sizes(3, 2, 1, 1, 3, 3, 1, 0, 5, 1, 2, 8, 0, 1),
        "c1_2x2_linear": sizes(1, 1, 2, 2, 3, 3, 2, 1, 4, 0, 1, 5, 1, 0),
        "c1_2x2_large": sizes(1, 1, 2, 2, 20, 25, 1, 0, 2, 0, 2, 6, 1, 1),
        "c2_1x1_deep": sizes(2, 2, 1, 1, 2, 2, 1, 0, 63, 1, 2, 63, 1, 1),
        "c1_3x3_pad2": sizes(1, 1, 3, 3, 4, 3, 3, 2, 3, 1, 2, 5, 1, 1) | {"WB": 32, "PIPE": 2},
        "c1_4x4_once": sizes(1, 2, 4, 4, 2, 2, 65536, 1, 2, 0, 4, 6, 1, 1) | {"WB": 2, "PIPE": 0},
        "c1_1x1_pixel": sizes(1, 1, 1, 1, 1, 1, 1, 0, 1, 0, 0, 2, 1, 1),
    },
    interface=interface,
    golden=golden,
    timing=cycles,
    stimuli=stimuli,
    cover=cover,
    plan={
        "every precision of pixels with every precision of results": ["image.precision"],
        "short results behind long ones and long behind short": ["image.change"],
        "extreme pixels": ["image.pixel"],
        "results of every sign there may be": ["image.sign"],
        "images in which neurons stop, and images in which none does": ["image.saved"],
        "early termination changes no result": ["image.same"],
    },
    exclude=[
        Exclusion("toggle", f"{name}[{bit}]:*", reason)
        for reason, bits in (
            ("a count of 32 bits; the images here have up to 456 positions", COUNTS),
            ("rows and columns in 16 bits; the images here have 20 and 25", {"row_reg": ROWS, "column_reg": ROWS}),
            (
                "rows and columns in 16 bits; strides and windows here need two, but for a stride beyond the image",
                {"skip_rows_reg": SKIPS, "skip_columns_reg": SKIPS},
            ),
        )
        for name, high in bits.items()
        for bit in high
    ],
    volume=lambda c: max(3_000 // positions(c), 80),
    quick=("c1_3x3_pad", "c2_2x3_stride", "c3_1x1_tree", "c1_2x2_linear"),
    guards=[
        Limit("C", 1, None),
        Limit("F", 1, None, by="fgie_layer.M"),
        Limit("R", 1, None, given={"PAD": 0}),
        Limit("S", 1, None, given={"PAD": 0}),
        Refused({"R": 7}, legal={"R": 6}, given={"PAD": 1, "H": 4, "GROWTH": 0}, edge=lambda c: c.R == c.H + 2 * c.PAD),
        Refused({"S": 7}, legal={"S": 6}, given={"PAD": 1, "W": 4, "GROWTH": 0}, edge=lambda c: c.S == c.W + 2 * c.PAD),
        Limit("PAD", 0, None),
        Refused({"PAD": 3, "R": 3}, legal={"PAD": 2, "R": 3}, given={"S": 4}, edge=lambda c: 1 < c.PAD == c.R - 1),
        Refused({"PAD": 3, "S": 3}, legal={"PAD": 2, "S": 3}, given={"R": 4}, edge=lambda c: 1 < c.PAD == c.S - 1),
        Limit("STRIDE", 1, 65536),
        Limit("WX", 1, 63),
        Limit("DY", 2, 63),
        Limit("WB", 2, 32, by="fgie_neuron.WB"),
        Limit("GROWTH", 0, None, by="fgie_neuron.GROWTH"),
        Limit("PIPE", 0, None, by="online_dot_merged.PIPE"),
        Limit("SIGNED", 0, 1),
        Limit("H", 1, None, given={"R": 1, "PAD": 0}),
        Limit("W", 1, None, given={"S": 1, "PAD": 0}),
        Refused({"W": 65537}, legal={"W": 65536}, given={"S": 1, "PAD": 0}, left=HUGE),
        Refused({"H": 65537}, legal={"H": 65536}, given={"R": 1, "PAD": 0}, left=HUGE),
        Refused(
            {"H": 65536, "W": 65536},
            legal={"H": 65536, "W": 16384},
            given={"R": 1, "S": 1, "PAD": 0, "GROWTH": 0},
            left=HUGE,
        ),
    ],
)
