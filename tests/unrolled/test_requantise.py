"""Bench of requantise: sums around every threshold of rounding and saturation."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from models.unrolled.layers import Integers
from models.unrolled.pack import pack_weights, unpack_weights
from models.unrolled.requantise import Format, requantise
from ulpwise import (
    Array,
    Axis,
    Batch,
    Bench,
    Config,
    CoverGroup,
    Limit,
    Point,
    Refused,
    Signed,
    Streams,
    Unsigned,
    values,
)
from ulpwise.bench import timing
from ulpwise.bench.stimuli import Draw, Stimuli


def biases(c: Config) -> Integers:
    """Read the biases that the core was given."""
    return unpack_weights(c.BIAS, (c.N,), c.BB)


def places(c: Config) -> Integers:
    """Read by how many places the core was told to shift each element."""
    return c.SHIFT + np.array([c.SHIFTS >> 6 * i & 63 for i in range(c.N)])


def result(c: Config) -> Format:
    """Format of a result."""
    return Format(c.YB, signed=not c.RELU)


def interface(c: Config) -> Streams:
    """A vector a beat, three a frame, so that `tlast` has something to say."""
    y = (Unsigned if c.RELU else Signed)(c.YB, (c.rows, c.N))
    return Streams({"x": Axis({"x": Signed(c.XB, (c.rows, c.N))}, c.rows)}, {"y": Axis({"y": y}, c.rows)})


def golden(c: Config, t: Batch) -> Batch:
    """Scaled, rounded and saturated."""
    return {"y": requantise(t["x"], result(c), bias=biases(c), multiplier=c.MULTIPLIER, shift=places(c))}


def product_of(c: Config, x: Array) -> Array:
    """Multiply, without rounding."""
    return (x.astype(np.int64) + biases(c)) * c.MULTIPLIER


def near(c: Config) -> Integers:
    """List sums (count, N) around results where something changes: saturation, zero, halves between them."""
    form = result(c)
    limit = 1 << (c.XB - 1)
    targets = np.array([form.low - 1, form.low, form.low + 1, -1, 0, 1, form.high - 1, form.high, form.high + 1])
    found = []
    for shift, bias in zip(places(c).tolist(), biases(c).tolist(), strict=True):
        half = np.array([-1, 0, 1])[:, None] << max(shift - 1, 0)
        # a threshold beyond the range of a sum is out of reach, and this range too
        scaled = np.clip(targets.astype(object) * 2**shift + half.astype(object), -(2**62), 2**62).astype(np.int64)
        x = scaled.reshape(-1, 1) // c.MULTIPLIER + np.arange(-2, 3)
        found.append(np.unique(np.append(x, [-limit, limit - 1])) - bias)
    most = max(len(x) for x in found)
    return np.clip(np.stack([np.resize(x, most) for x in found], axis=1), -limit, limit - 1)


def stimuli(c: Config) -> Stimuli:
    """Every threshold in every element, then random sums of all magnitudes, close to thresholds or not."""

    def thresholds(draw: Draw) -> Batch:
        del draw
        x = near(c)
        return {"x": np.resize(x, (-(-len(x) // c.rows), c.rows, c.N))}

    def bulk(draw: Draw) -> Batch:
        rng, x = draw.rng, draw.fields["x"].random(draw.rng, draw.n)
        x >>= rng.integers(0, c.XB, x.shape)
        pool = near(c)
        picked = pool[rng.integers(0, len(pool), x.shape), np.arange(c.N)]
        return {"x": np.where(rng.integers(0, 4, x.shape) == 0, picked, x)}

    return {"thresholds": thresholds, "bulk": bulk}


def cover(c: Config) -> list[CoverGroup]:
    """What happens to a sum; only what can happen in this configuration is asked for."""
    form, shift = result(c), places(c)
    half = (1 << shift) >> 1

    def ends(x: Array) -> Array:
        y = (product_of(c, x) + half) >> shift
        return (y > form.high).astype(np.int64) - (y < form.low)

    def fraction(x: Array) -> Array:
        return np.sign((product_of(c, x) & ((1 << shift) - 1)) - half)

    def sign(x: Array) -> Array:
        return np.sign(product_of(c, x))

    def some(x: Array) -> Array:
        return golden(c, {"x": x})["y"] != 0

    limit = 1 << (c.XB - 1)
    every = np.arange(-limit, limit)[:, None] + np.zeros(c.N, np.int64) if c.XB <= 12 else near(c)

    def point(name: str, what: Callable[[Array], Array]) -> Point:
        bins = values(*np.unique(what(every)).tolist())
        return Point(name, lambda t: what(t["x"]).reshape(len(t["x"]), -1), bins)

    def each(x: Array) -> Array:
        return 9 * np.arange(c.N) + 3 * ends(x) + fraction(x) + 4

    points = [point("saturates", ends), point("fraction", fraction), point("sum", sign), point("some", some)]
    points.append(point("each", each))
    return [CoverGroup("element", points)]


SIZES = ("N", "XB", "YB", "BB", "MULTIPLIER", "SHIFT", "RELU", "REGISTERS")


def sizes(*numbers: int, more: Sequence[int] = ()) -> dict[str, int]:
    """Return a configuration with biases of all sizes, the greatest and the least among them if there is room.

    Args:
        numbers: SIZES.
        more: places by which the elements are shifted besides SHIFT.
    """
    c = dict(zip(SIZES, numbers, strict=True))
    rng, limit = np.random.default_rng(sum(numbers)), 1 << (c["BB"] - 1)
    bias = rng.integers(-limit, limit, c["N"]) >> rng.integers(0, c["BB"], c["N"])
    bias[1:3] = [-limit, limit - 1][: len(bias[1:3])]
    shifts = sum(count << 6 * i for i, count in enumerate(more))
    return {**c, "BIAS": pack_weights(bias, c["BB"]), "SHIFTS": shifts, "rows": 3}


bench = Bench(
    top="requantise",
    configs={
        "s18_u8": sizes(4, 18, 8, 16, 1, 4, 1, 1),
        "s18_u8_direct": sizes(4, 18, 8, 12, 1, 4, 1, 0),
        "s20_s8_scaled": sizes(4, 20, 8, 12, 181, 15, 0, 1),
        "s12_u4_scaled": sizes(4, 12, 4, 14, 65535, 22, 1, 0),
        "s10_s4_no_shift": sizes(3, 10, 4, 8, 3, 0, 0, 1),
        "s4_u1": sizes(4, 4, 1, 4, 1, 2, 1, 1),
        "s5_s1": sizes(4, 5, 1, 3, 1, 3, 0, 1),
        "s6_u8_wider": sizes(4, 6, 8, 5, 5, 1, 1, 1),
        "s4_s8_shifted_out": sizes(4, 4, 8, 4, 1, 20, 0, 1),
        "s4_u4_shifted_out_by_one": sizes(4, 4, 4, 4, 1, 6, 1, 0),
        "s48_s32": sizes(2, 48, 32, 48, 9001, 27, 0, 1),
        "s2_s32": sizes(1, 2, 32, 40, 3, 5, 0, 0),
        "s40_u16_deep": sizes(2, 40, 16, 1, 40000, 47, 1, 1),
        "s48_u32_deepest": sizes(2, 48, 32, 48, 16383, 47, 1, 1),
        "s12_u4_each": sizes(6, 12, 4, 10, 1, 0, 1, 1, more=(6, 5, 0, 1, 12, 8)),
        "s9_s5_each_and_all": sizes(4, 9, 5, 6, 3, 2, 0, 0, more=(0, 3, 9, 1)),
        "s20_u8_each_to_the_end": sizes(3, 20, 8, 12, 25000, 15, 1, 1, more=(32, 0, 14)),
    },
    interface=interface,
    golden=golden,
    timing=lambda c, t: timing.steady(timing.rows(t), {"x": c.rows}, {"y": c.rows}, latency=c.REGISTERS, period=c.rows),
    stimuli=stimuli,
    cover=cover,
    plan={
        "results that saturate at either end, and results that do not": ["element.saturates"],
        "fractions below a half, of a half and above it": ["element.fraction"],
        "sums of every sign": ["element.sum"],
        "results of zero and others": ["element.some"],
        "all of that in elements of every shift": ["element.each"],
    },
    volume=lambda _: 4_000,
    quick=("s18_u8", "s20_s8_scaled", "s4_s8_shifted_out", "s12_u4_each"),
    guards=[
        Limit("XB", 2, 48),
        Limit("YB", 1, 32, early={0: "a replication of 0"}),
        Limit("BB", 1, 48, early={0: "a part of width 0"}),
        Limit("MULTIPLIER", 1, 65535),
        Limit(
            "SHIFT", 0, 47, given={"SHIFTS": 0}, slow={-1: "Icarus elaborates for minutes before it comes to the guard"}
        ),
        Refused(
            {"SHIFT": 10, "SHIFTS": 38},
            legal={"SHIFT": 10, "SHIFTS": 37},
            given={"N": 1, "BIAS": 0},
            edge=lambda c: max(places(c)) == 47,
        ),
        Limit("N", 1, None),
        Limit("RELU", 0, 1),
        Limit("REGISTERS", 0, 1),
    ],
)
