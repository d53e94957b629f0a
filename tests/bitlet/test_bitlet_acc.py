"""Bench of bitlet_acc: sums at every place of the total, carries and borrows through all of it, cancelling groups."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np

from models.bitlet.parts import from_bits, side_by_side, to_bits, total_words, words_total
from models.bitlet.pe import total
from ulpwise import (
    Array,
    Axis,
    Batch,
    Bench,
    Config,
    CoverGroup,
    Cross,
    Limit,
    Point,
    Signed,
    Streams,
    Unsigned,
    transitions,
    values,
)
from ulpwise.bench import timing
from ulpwise.bench.stimuli import Draw, Stimuli

LEAST, MOST = 2, 508  # exponents
FLAGS = 16
PARTS = {"s": 0, "exponent": 9, "flags": 4, "cycles": 8}  # of a beat, with their bits; s has SW of them


def interface(c: Config) -> Streams:
    """A beat a group: its parts by name when it is the only one, else its bits."""
    whole = Axis({"s": Signed(c.SW), **{name: Unsigned(bits) for name, bits in PARTS.items() if bits}})
    beats = Axis({"beat": Unsigned(1, (c.groups, c.SW + sum(PARTS.values())))}, c.groups)
    return Streams(
        {"s": whole if c.groups == 1 else beats},
        {"t": Axis({"total": Unsigned(64, (9,)), "flags_joined": Unsigned(4), "cycles_sum": Unsigned(32)})},
    )


def pack(c: Config, parts: Batch) -> Batch:
    """Lay the parts of groups, (rows, groups) each, out as fields of the interface."""
    if c.groups == 1:
        return {name: parts[name][:, 0] for name in PARTS}
    return {
        "beat": side_by_side(*(to_bits(parts[name], bits or c.SW) for name, bits in PARTS.items())).astype(np.int64)
    }


def unpack(c: Config, t: Batch) -> Batch:
    """Take fields of the interface apart: the inverse of `pack`."""
    if c.groups == 1:
        return {name: t[name][:, None] for name in PARTS}
    edges = np.cumsum([bits or c.SW for bits in PARTS.values()])[:-1]
    parts = dict(zip(PARTS, map(from_bits, np.split(t["beat"], edges, axis=2)), strict=True))
    unused = 64 - c.SW  # shifted up and down again, which copies the sign
    return parts | {"s": parts["s"] << unused >> unused}


def golden(c: Config, t: Batch) -> Batch:
    """Exact totals."""
    parts = unpack(c, t)
    return {
        "total": total_words(total(parts["s"], parts["exponent"])),
        "flags_joined": np.bitwise_or.reduce(parts["flags"], axis=1),
        "cycles_sum": parts["cycles"].sum(axis=1),
    }


def stimuli(c: Config) -> Stimuli:
    """Every exponent with extreme sums; groups that cancel, or carry through all words; random ones."""
    half = 1 << (c.SW - 1)

    def rest(draw: Draw, s: Array, exponent: Array) -> Batch:
        """Add random flags and cycles."""
        rng, shape = draw.rng, s.shape
        flags = rng.integers(0, FLAGS, shape) & rng.integers(0, FLAGS, (len(s), 1))
        cycles = np.where(rng.random(shape) < 0.3, 255, rng.integers(0, 256, shape))
        return pack(c, {"s": s, "exponent": exponent, "flags": flags, "cycles": cycles})

    def places(draw: Draw) -> Batch:
        """Each exponent with a sum of each sort, in any of the groups; the others are zero."""
        sums = np.array([1, -1, half - 1, -half, half // 3, -(half // 3)])
        exponent, value = (axis.ravel() for axis in np.meshgrid(np.arange(LEAST, MOST + 1), sums, indexing="ij"))
        if draw.n < len(value):  # in Icarus and in beats a share of them
            picks = draw.rng.permutation(len(value))[: draw.n]
            exponent, value = exponent[picks], value[picks]
        s = np.zeros((len(value), c.groups), np.int64)
        s[np.arange(len(value)), draw.rng.integers(0, c.groups, len(value))] = value
        return rest(draw, s, np.repeat(exponent[:, None], c.groups, axis=1))

    def carries(draw: Draw) -> Batch:
        """Pairs of groups: what one adds at its place the other takes away, there or far from there."""
        rng, rows = draw.rng, max(16, draw.n // 4)
        s = rng.integers(-half, half, (rows, c.groups)) >> rng.integers(0, c.SW, (rows, c.groups))
        exponent = rng.integers(LEAST, MOST + 1, (rows, c.groups))
        if c.groups > 1:
            kind = rng.integers(0, 4, rows)
            s[kind == 0] = 0
            one = np.where(rng.random(rows) < 0.5, 1, -1)
            s[kind < 3, 1] = one[kind < 3]
            s[kind < 3, 0] = -one[kind < 3]
            exponent[kind == 1, :2] = rng.permuted([LEAST, MOST])
            exponent[kind == 3, 1] = exponent[kind == 3, 0]
            s[kind == 3, 0] = np.maximum(s[kind == 3, 0], 1 - half)
            s[kind == 3, 1] = -s[kind == 3, 0]
            s[kind >= 1, 2:] = 0
            shuffle = rng.random(s.shape).argsort(axis=1)
            s, exponent = np.take_along_axis(s, shuffle, 1), np.take_along_axis(exponent, shuffle, 1)
        return rest(draw, s, exponent)

    def bulk(draw: Draw) -> Batch:
        rng, shape = draw.rng, (draw.n, c.groups)
        s = rng.integers(-half, half, shape) >> rng.integers(0, c.SW, (draw.n, 1))
        s[rng.random(draw.n) < 0.2] = 0
        near = rng.integers(LEAST, MOST + 1, (draw.n, 1)) + rng.integers(-40, 41, shape)
        apart = rng.integers(LEAST, MOST + 1, shape)
        exponent = np.clip(np.where(rng.random((draw.n, 1)) < 0.5, near, apart), LEAST, MOST)
        return rest(draw, s, exponent)

    return {"places": places, "carries": carries, "bulk": bulk}


def cover(c: Config) -> list[CoverGroup]:
    """Words and shifts by sign; results of any sign in any order; flags one by one, joined; cycles at their ends."""

    def part(name: str) -> Callable[[Batch], Array]:
        return lambda t: unpack(c, t)[name]

    def sign(t: Batch) -> Array:
        return np.sign(unpack(c, t)["s"])

    def word(t: Batch) -> Array:
        return (unpack(c, t)["exponent"] - LEAST) >> 6

    def shift(t: Batch) -> Array:
        return (unpack(c, t)["exponent"] - LEAST) & 63

    def result(t: Batch) -> Array:
        return np.sign(words_total(t["total"])).astype(int)

    def cancelled(t: Batch) -> Array:
        return (result(t) == 0) & (unpack(c, t)["s"] != 0).any(axis=1)

    def joined(t: Batch) -> Array:
        """Tell whether the groups of a frame differ in their flags."""
        return (unpack(c, t)["flags"] != t["flags_joined"][:, None]).any(axis=1)

    several = [Point("cancelled", cancelled, values(1)), Point("joined", joined, values(1))]
    return [
        CoverGroup(
            "group",
            [
                Point("sign", sign, values(-1, 1)),
                Point("word", word, values(*range(8))),
                Point("shift", shift, values(*range(64))),
                Point("end", part("exponent"), values(LEAST, MOST)),
                Point("s", part("s"), {"least": -(1 << (c.SW - 1)), "zero": 0, "most": (1 << (c.SW - 1)) - 1}),
                Point("cycles", part("cycles"), values(0, 255)),
            ],
            [Cross("place", "word", "sign"), Cross("shifted", "shift", "sign")],
        ),
        CoverGroup(
            "total",
            [
                Point("order", result, transitions(*product((-1, 0, 1), repeat=2))),
                Point("flags", lambda t: t["flags_joined"], values(*range(FLAGS))),
                *(several if c.groups > 1 else []),
            ],
        ),
    ]


bench = Bench(
    top="bitlet_acc",
    configs={
        **{f"sw{sw}": {"SW": sw, "groups": 1} for sw in (49, 52, 55, 56)},
        "sw49_g2": {"SW": 49, "groups": 2},
        "sw53_g3": {"SW": 53, "groups": 3},
        "sw56_g20": {"SW": 56, "groups": 20},
    },
    interface=interface,
    golden=golden,
    stimuli=stimuli,
    cover=cover,
    plan={
        "every word of the total, from groups of either sign": ["group.place"],
        "every shift within a word, from groups of either sign": ["group.shifted"],
        "the least and the greatest exponent, the ends of a sum's range": ["group.end", "group.s"],
        "a total of any sign right after one of any sign, or zero": ["total.order"],
        "every combination of flags": ["total.flags"],
    },
    volume=lambda c: min(1_000, 1_600 // c.groups),
    timing=lambda c, t: timing.steady(timing.rows(t), {"s": c.groups}, {"t": 1}, latency=c.groups, period=c.groups),
    quick=("sw49_g2", "sw55"),  # in the first, frames of several groups, so that something is accumulated
    guards=[
        Limit("SW", 49, 56),
        Limit(
            "LOCKSTEP",
            0,
            1,
            left={1: "works only while its sink is ready, so that it is no AXI4-Stream by itself; bitlet_pe runs it"},
        ),
    ],
)
