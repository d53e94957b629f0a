"""Bench of online_sub: every pair of operands where there are few, corners and random ones above."""

from __future__ import annotations

from itertools import product

import numpy as np

from models.online.classifier import read
from models.online.recode import redundant
from models.online.sub import sub
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
    """Operands of n digits, a difference with one digit of growth, at the least period, n + 1 cycles, or some more."""
    operand = SignedDigits(c.n)
    total = SignedDigits(c.n + 1, whole=1)
    return DigitSerial({"x": operand, "y": operand}, {"z": total}, cycles=c.n + 1 + c.idle, latency={"z": 2})


def golden(c: Config, t: Batch) -> Batch:
    """The digits of the recurrence."""
    del c
    return {"z": sub(t["x"], t["y"])}


def stimuli(c: Config) -> Stimuli:
    """What any core deserves, and numbers that are equal or nearly so in other digits."""
    return {**standard(c), "close": close}


def close(draw: Draw) -> Batch:
    """A random number and another form of it or of a neighbour."""
    x = draw.fields["x"].random(draw.rng, draw.n // 4 + 1)
    n = x.shape[1]
    near = np.clip(read(x) + draw.rng.integers(-1, 2, len(x)), 1 - (1 << n), (1 << n) - 1)
    return {"x": x, "y": redundant(near, n, draw.rng)}


def cover(c: Config) -> list[CoverGroup]:
    """Digit pairs at both ends of the operands, the digits and the order of results, and no error."""
    del c
    digit = values(-1, 0, 1)

    def error(t: Batch) -> Array:
        return read(t["x"]) - read(t["y"]) - read(t["z"])

    points = [
        Point("x_first", lambda t: t["x"][:, 0], digit),
        Point("y_first", lambda t: t["y"][:, 0], digit),
        Point("x_last", lambda t: t["x"][:, -1], digit),
        Point("y_last", lambda t: t["y"][:, -1], digit),
        Point("z_growth", lambda t: t["z"][:, 0], digit),
        Point("z", lambda t: t["z"], digit, illegal=values(2)),
        Point("order", lambda t: np.sign(read(t["z"])), transitions(*product((-1, 0, 1), repeat=2))),
        Point("bound", lambda t: error(t) != 0, values(0), illegal=values(1)),
    ]
    pairs = [Cross(pair, f"x_{pair}", f"y_{pair}") for pair in ("first", "last")]
    return [CoverGroup("difference", points, pairs)]


bench = Bench(
    top="online_sub",
    configs={**{f"n{n}": {"n": n, "idle": 0} for n in (4, 8, 16, 32)}, "n8_idle": {"n": 8, "idle": 3}},
    interface=interface,
    golden=golden,
    stimuli=stimuli,
    cover=cover,
    plan={
        "every pair of leading digits": ["difference.first"],
        "every pair of trailing digits, which the flush carries out": ["difference.last"],
        "growth digit of either sign": ["difference.z_growth"],
        "every result digit, never the code (1,1)": ["difference.z"],
        "a difference of any sign right after one of any sign, or zero": ["difference.order"],
        "every difference is exact": ["difference.bound"],
    },
    volume=lambda c: 40_000 // c.n,
)
