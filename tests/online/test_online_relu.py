"""Bench of online_relu: frames decided at every digit, or never, by either sign, and frames that idle behind."""

from __future__ import annotations

from itertools import product

import numpy as np

from models.online.classifier import read
from models.online.relu import relu
from ulpwise import (
    Array,
    Batch,
    Bench,
    Config,
    CoverGroup,
    Cross,
    DigitSerial,
    Point,
    SignedDigits,
    transitions,
    values,
)
from ulpwise.bench.stimuli import Draw, Stimuli, standard


def interface(c: Config) -> DigitSerial:
    """Frames of the least period, n cycles, or more; sign and stop stay to their end, z has zeros there."""
    whole = SignedDigits(c.n + c.idle)
    return DigitSerial({"x": SignedDigits(c.n)}, {"z": whole, "s": whole}, c.n + c.idle, latency={"z": 1, "s": 1})


def golden(c: Config, t: Batch) -> Batch:
    """The frames with the zeros behind them."""
    z, s = relu(np.pad(t["x"], ((0, 0), (0, c.idle))))
    return {"z": z, "s": s}


def stimuli(c: Config) -> Stimuli:
    """What any core deserves, and frames with any number of zeros in front."""
    return {**standard(c), "late": late}


def late(draw: Draw) -> Batch:
    """Random digits behind 0 to n zeros."""
    x = draw.fields["x"].random(draw.rng, draw.n)
    n = x.shape[1]
    return {"x": np.where(np.arange(n) < draw.rng.integers(0, n + 1, (draw.n, 1)), 0, x).astype(np.int8)}


def cover(c: Config) -> list[CoverGroup]:
    """Where a frame is decided and by which sign, what follows, the order of frames, and no error."""
    digit = values(-1, 0, 1)
    order = transitions(*product((-1, 0, 1), repeat=2))

    def decided(t: Batch) -> Array:
        return np.where(t["x"].any(axis=1), (t["x"] != 0).argmax(axis=1), c.n)

    def behind(t: Batch) -> Array:
        return np.pad(t["x"], ((0, 0), (0, 2)))[np.arange(len(t["x"])), decided(t) + 1]

    def error(t: Batch) -> Array:
        return read(t["z"]) - (read(t["x"]).clip(0) << c.idle)

    points = [
        Point("decided", decided, values(*range(c.n))),
        Point("sign", lambda t: np.sign(read(t["x"])), digit),
        Point("behind", behind, digit),
        Point("z", lambda t: t["z"], digit, illegal=values(2)),
        Point("s", lambda t: t["s"], digit, illegal=values(2)),
        Point("order", lambda t: np.sign(read(t["x"])), order),
        Point("bound", lambda t: error(t) != 0, values(0), illegal=values(1)),
    ]
    decision = Cross("decision", "decided", "sign", ignore=[("*", "0")])  # a frame that is decided is not zero
    after = Cross("after", "sign", "behind", ignore=[("0", "-1"), ("0", "1")])
    return [CoverGroup("frame", points, [decision, after])]


bench = Bench(
    top="online_relu",
    configs={**{f"n{n}": {"n": n, "idle": 0} for n in (4, 8, 16, 32)}, "n8_idle": {"n": 8, "idle": 5}},
    interface=interface,
    golden=golden,
    stimuli=stimuli,
    cover=cover,
    plan={
        "frames decided at every digit by either sign": ["frame.decision"],
        "digits of either sign behind the one that decides": ["frame.after"],
        "zeros pass and decide nothing": ["frame.sign.0"],
        "every digit of result and sign, never the code (1,1)": ["frame.z", "frame.s"],
        "a stop ends with its frame: any sign right after any": ["frame.order"],
        "every result is exact": ["frame.bound"],
    },
    volume=lambda c: 50_000 // c.n,
)
