"""Bench of online_otfc: frames of as many digits as there is room for, and of fewer, each of its own length."""

from __future__ import annotations

from itertools import product

import numpy as np

from models.online.classifier import read
from models.online.otfc import otfc
from tb import (  # fmt: skip
    Array,
    Batch,
    Bench,
    Config,
    CoverGroup,
    Cross,
    DigitSerial,
    Limit,
    Point,
    Signed,
    SignedDigits,
    Unsigned,
    transitions,
    values,
)
from tb.stimuli import Draw, Stimuli


def interface(c: Config) -> DigitSerial:
    """The word comes once a frame; frames have the least period, one cycle a digit, or some more."""
    held, cycles = {"digits": Unsigned(c.N.bit_length())}, c.n + c.idle
    return DigitSerial({"x": SignedDigits(c.n)}, {"q": Signed(c.N + 1)}, cycles, held)


def golden(c: Config, t: Batch) -> Batch:
    """The words of the recurrence."""
    del c
    return {"q": otfc(t["x"], t["digits"])}


def stimuli(c: Config) -> Stimuli:
    """Half of the frames as long as can be; what follows the last digit that counts is any digit."""

    def frames(x: Array, draw: Draw) -> Batch:
        whole, part = draw.rng.integers(0, 2, len(x)), draw.rng.integers(1, c.n + 1, len(x))
        return {"x": x, "digits": np.where(whole, c.n, part)}

    def every(draw: Draw) -> Batch:
        x = draw.fields["x"].enumerate_all()
        return {"x": np.tile(x, (c.n, 1)), "digits": np.repeat(np.arange(1, c.n + 1), len(x))}

    return {
        "corners": lambda draw: frames(np.tile(draw.fields["x"].corners(), (8, 1)), draw),
        "bulk": lambda draw: frames(draw.fields["x"].random(draw.rng, draw.n), draw),
        **({"every": every} if c.n <= 6 else {}),
    }


def cover(c: Config) -> list[CoverGroup]:
    """Lengths, digits at both ends, extreme words, the order of words, and no error."""
    digit, most = values(-1, 0, 1), (1 << c.n) - 1

    def error(t: Batch) -> Array:
        counted = np.where(np.arange(c.n) < t["digits"][:, None], t["x"], 0)
        return read(counted) - (t["q"] << (c.n - t["digits"]))

    points = [
        Point("digits", lambda t: t["digits"], values(*range(1, c.n + 1))),
        Point("x_first", lambda t: t["x"][:, 0], digit),
        Point("x_last", lambda t: np.take_along_axis(t["x"], t["digits"][:, None] - 1, axis=1), digit),
        Point("q", lambda t: t["q"], values(-most, -1, 0, 1, most)),
        Point("order", lambda t: np.sign(t["q"]), transitions(*product((-1, 0, 1), repeat=2))),
        Point("bound", lambda t: error(t) != 0, values(0), illegal=values(1)),
    ]
    crosses = [Cross("first", "digits", "x_first"), Cross("last", "digits", "x_last")]
    return [CoverGroup("word", points, crosses)]


bench = Bench(
    top="online_otfc",
    configs={
        **{f"n{n}": {"N": n, "n": n, "idle": 0} for n in (4, 8, 16, 32)},
        "n6_every": {"N": 6, "n": 6, "idle": 0},
        "n8_of_16": {"N": 16, "n": 8, "idle": 4},
    },
    interface=interface,
    golden=golden,
    stimuli=stimuli,
    cover=cover,
    plan={
        "frames of every length, each chosen at run time": ["word.digits"],
        "every leading digit at every length": ["word.first"],
        "every trailing digit at every length": ["word.last"],
        "extreme words, which the sign reaches": ["word.q"],
        "a word of any sign right after one of any sign, or zero": ["word.order"],
        "every word is exact": ["word.bound"],
    },
    volume=lambda c: 80_000 // c.n,
    guards=[
        Limit("N", 2, 64),
    ],
)
