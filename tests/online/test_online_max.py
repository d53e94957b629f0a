"""Bench of online_max: every pair where there are few, random pairs, and pairs that are close in other digits."""

from __future__ import annotations

from itertools import product

import numpy as np

from models.online.classifier import read
from models.online.maximum import maximum
from models.online.recode import redundant
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
    """Operands and result at the least period, n cycles, or some more."""
    operand = SignedDigits(c.n)
    return DigitSerial({"x": operand, "y": operand}, {"z": operand}, c.n + c.idle, latency={"z": 1})


def golden(c: Config, t: Batch) -> Batch:
    """The digits of the recurrence."""
    del c
    return {"z": maximum(t["x"], t["y"])}


def stimuli(c: Config) -> Stimuli:
    """What any core deserves, and numbers that are equal or nearly so."""
    return {**standard(c), "close": close}


def close(draw: Draw) -> Batch:
    """A random number and another form of it, or of one that is up to 2 ulp away."""
    x = draw.fields["x"].random(draw.rng, draw.n)
    n = x.shape[1]
    near = np.clip(read(x) + draw.rng.integers(-2, 3, len(x)), 1 - (1 << n), (1 << n) - 1)
    return {"x": x, "y": redundant(near, n, draw.rng)}


def lead(t: Batch) -> Array:
    """Track D before each digit and after the last (rows, n + 1), beyond -2..2 as -2 or 2, by exact prefixes."""
    prefixes = [read(t["x"][:, :k]) - read(t["y"][:, :k]) for k in range(t["x"].shape[1] + 1)]
    return np.stack(prefixes, axis=1).clip(-2, 2)


def cover(c: Config) -> list[CoverGroup]:
    """Each step of D with each pair of digits, the last state, the digits and the order of results, and no error."""
    del c
    digit, leads = values(-1, 0, 1), values(-2, -1, 0, 1, 2)

    def error(t: Batch) -> Array:
        return read(t["z"]) - np.maximum(read(t["x"]), read(t["y"]))

    points = [
        Point("d", lambda t: lead(t)[:, :-1], leads),
        Point("x", lambda t: t["x"], digit),
        Point("y", lambda t: t["y"], digit),
        Point("d_end", lambda t: lead(t)[:, -1], leads),
        Point("z", lambda t: t["z"], digit, illegal=values(2)),
        Point("order", lambda t: np.sign(lead(t)[:, -1]), transitions(*product((-1, 0, 1), repeat=2))),
        Point("bound", lambda t: error(t) != 0, values(0), illegal=values(1)),
    ]
    return [CoverGroup("maximum", points, [Cross("step", "d", "x", "y")])]


bench = Bench(
    top="online_max",
    configs={**{f"n{n}": {"n": n, "idle": 0} for n in (4, 8, 16, 32)}, "n8_idle": {"n": 8, "idle": 3}},
    interface=interface,
    golden=golden,
    stimuli=stimuli,
    cover=cover,
    plan={
        "every pair of digits at every difference of the prefixes": ["maximum.step"],
        "frames that end decided, an ulp apart, and equal": ["maximum.d_end"],
        "every result digit, never the code (1,1)": ["maximum.z"],
        "either operand the greater right after either, or neither": ["maximum.order"],
        "every maximum is exact": ["maximum.bound"],
    },
    volume=lambda c: 40_000 // c.n,
)
