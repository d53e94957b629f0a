"""Bench of bitlet_tree: frames of one length a configuration, extreme, cancelling and random values."""

from __future__ import annotations

from itertools import product

import numpy as np

from models.bitlet.parts import tree
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

LANES = 24
MOST = (1 << 24) - 1  # a magnitude
MINUS = 1 << 24


def interface(c: Config) -> Streams:
    """Values of 24 lanes a beat; one sum."""
    return Streams(
        {"v": Axis({"v": Unsigned(25, (c.beats, LANES))}, c.beats)},
        {"s": Axis({"s": Signed(49 + (c.N - 1).bit_length())})},
    )


def golden(c: Config, t: Batch) -> Batch:
    """Exact sums."""
    del c
    return {"s": tree(t["v"])}


def stimuli(c: Config) -> Stimuli:
    """One lane alone, all lanes at their extremes, sums that cancel, and random ones of all sizes."""
    shape = (c.beats, LANES)

    def alone(draw: Draw) -> Batch:
        """Send each lane by itself: extreme magnitudes of either sign, in the first or the last beat."""
        codes = np.array([1, MOST, 0x555555, MINUS, MINUS + 1, MINUS + MOST, MINUS + 0xAAAAAA])
        lane, code, beat = (axis.ravel() for axis in np.meshgrid(np.arange(LANES), codes, [0, -1], indexing="ij"))
        picks = draw.rng.permutation(len(lane))
        if c.beats >= 32:  # long frames: each lane once with either sign, at its greatest
            extreme = np.flatnonzero(np.isin(code, (MOST, MINUS + MOST)))
            picks = draw.rng.permutation(
                extreme.reshape(-1, 2)[np.arange(2 * LANES), draw.rng.integers(0, 2, 2 * LANES)]
            )
        v = np.zeros((len(picks), *shape), np.int64)
        v[np.arange(len(picks)), beat[picks], lane[picks]] = code[picks]
        return {"v": v}

    def extremes(draw: Draw) -> Batch:
        """All greatest, of one sign: the ends of the sum's range; -0; one sign each other lane or beat."""
        lane, beat = np.arange(LANES) % 2, np.arange(c.beats)[:, None] % 2
        signs = [np.zeros(shape, int), np.ones(shape, int), lane + 0 * beat, 1 - lane + 0 * beat, beat + 0 * lane]
        sizes = [MOST, 0, 1]
        v = np.array([size + MINUS * sign for size in sizes for sign in signs])
        return {"v": np.concatenate([v, draw.rng.choice(v, 3 * len(v) if c.beats < 32 else 8)])}

    def bulk(draw: Draw) -> Batch:
        rng, rows = draw.rng, (draw.n, *shape)
        # of all sizes; some lanes at rest; signs at random or mostly alike
        size = rng.integers(0, MINUS, rows) >> rng.integers(0, 25, (draw.n, 1, 1))
        size[rng.random((draw.n, 1, LANES)).repeat(c.beats, axis=1) < 0.2] = 0
        size[rng.random(draw.n) < 0.2] = 0
        v = size + MINUS * (rng.random(rows) < rng.choice([0, 0.1, 0.5, 0.5, 0.9, 1], (draw.n, 1, 1)))
        if c.beats > 1:  # what came in the first beats is taken back in the last ones
            back = rng.random(draw.n) < 0.1
            half = c.beats // 2
            v[back, half:] = 0
            v[back, c.beats - half :] = v[back, :half] ^ MINUS
        return {"v": v}

    return {"alone": alone, "extremes": extremes, "bulk": bulk}


def cover(c: Config) -> list[CoverGroup]:
    """The ends of the range, signs in every order, each lane alone with either sign, cancelled sums."""
    full = c.beats * MOST * MOST

    def alone(t: Batch) -> Array:
        some = ((t["v"] & MOST) != 0).any(axis=1)
        return np.where(some.sum(axis=1) == 1, some.argmax(axis=1), -1)

    def sign_bit(t: Batch) -> Array:
        return (t["v"].reshape(len(t["v"]), -1) >> 24) & 1

    def magnitude(t: Batch) -> Array:
        return t["v"].reshape(len(t["v"]), -1) & MOST

    def cancelled(t: Batch) -> Array:
        return (t["s"] == 0) & ((t["v"] & MOST) != 0).any(axis=(1, 2))

    return [
        CoverGroup(
            "sum",
            [
                Point("end", lambda t: t["s"], {"least": -full, "zero": 0, "most": full}),
                Point("order", lambda t: np.sign(t["s"]), transitions(*product((-1, 0, 1), repeat=2))),
                Point("alone", alone, values(*range(LANES))),
                Point("sign", lambda t: np.sign(t["s"]), values(-1, 1)),
                *([Point("cancelled", cancelled, values(1))] if c.beats > 1 else []),
            ],
            [Cross("lane", "alone", "sign")],
        ),
        CoverGroup(
            "value",
            [
                Point("sign", sign_bit, values(0, 1)),
                Point("magnitude", magnitude, values(0, 1, MOST)),
            ],
            [Cross("any", "sign", "magnitude")],
        ),
    ]


bench = Bench(
    top="bitlet_tree",
    configs={
        **{f"n{n}": {"N": n, "beats": n} for n in (1, 8, 13, 64, 128)},
        "n8_short": {"N": 8, "beats": 1},
        "n64_short": {"N": 64, "beats": 5},
    },
    interface=interface,
    golden=golden,
    stimuli=stimuli,
    cover=cover,
    plan={
        "sums at both ends of what N pairs can give": ["sum.end"],
        "each lane alone, with either sign": ["sum.lane"],
        "a sum of any sign right after one of any sign, or zero": ["sum.order"],
        "extreme magnitudes with either sign, -0 included": ["value.any"],
    },
    volume=lambda c: (1_500 if c.beats < 32 else 2_500) // (c.beats + 4),
    timing=lambda c, t: timing.steady(timing.rows(t), {"v": c.beats}, {"s": 1}, latency=c.beats, period=c.beats),
    quick=("n8",),
    guards=[
        Limit("N", 1, 128),
        Limit(
            "LOCKSTEP",
            0,
            1,
            given={"N": 2},
            left={1: "works only while its sink is ready, so that it is no AXI4-Stream by itself; bitlet_pe runs it"},
        ),
    ],
)
