"""Bench of online_recode: words as wide as the frame, and cut short to the digits that a frame has room for."""

from __future__ import annotations

from itertools import product

import numpy as np

from models.online.classifier import read
from models.online.recode import recode
from ulpwise import (
    Array,
    Batch,
    Bench,
    Config,
    CoverGroup,
    DigitSerial,
    Limit,
    Point,
    Signed,
    SignedDigits,
    transitions,
    values,
)
from ulpwise.bench.stimuli import Draw, Stimuli, corners, exhaustive


def interface(c: Config) -> DigitSerial:
    """A word and nothing serial; the frame has the least period, one cycle a digit, or some more."""
    cycles = c.n + c.idle
    return DigitSerial({}, {"z": SignedDigits(cycles, whole=1)}, cycles, {"x": Signed(c.WB)}, {"z": 1})


def golden(c: Config, t: Batch) -> Batch:
    """The digits of the words, and zeros while the frame idles."""
    return {"z": recode(t["x"], c.WB, c.n + c.idle)}


def stimuli(c: Config) -> Stimuli:
    """Corners, a mixture, and every word when they are few."""
    return {"corners": corners, "mixed": mixed, **({"every": exhaustive} if c.WB <= 8 else {})}


def mixed(draw: Draw) -> Batch:
    """Zero, the least word, the greatest word and random words, one quarter each."""
    fmt, kind = draw.fields["x"], draw.rng.integers(0, 4, draw.n)
    ends = fmt.corners()[:3]
    return {"x": np.where(kind < 3, ends[kind % 3], fmt.random(draw.rng, draw.n))}


def cover(c: Config) -> list[CoverGroup]:
    """Extreme words, every digit at both ends, the order of words, and no error but the rounding."""
    most, cut = (1 << (c.WB - 1)) - 1, c.n + c.idle - c.WB

    def expected(t: Batch) -> Array:
        return t["x"] << cut if cut > 0 else t["x"] >> -cut

    points = [
        Point("x", lambda t: t["x"], values(*sorted({-most - 1, -1, 0, 1, most}))),
        Point("z_first", lambda t: t["z"][:, 0], values(-1, 0), illegal=values(1, 2)),
        Point("z_rest", lambda t: t["z"][:, 1:], values(0, 1), illegal=values(-1, 2)),
        Point("z_last", lambda t: t["z"][:, c.n - 1], values(0, 1)),
        Point("order", lambda t: np.sign(t["x"]), transitions(*product((-1, 0, 1), repeat=2))),
        Point("bound", lambda t: read(t["z"]) != expected(t), values(0), illegal=values(1)),
    ]
    return [CoverGroup("word", points)]


bench = Bench(
    top="online_recode",
    configs={
        **{f"n{n}": {"WB": n, "n": n, "idle": 0} for n in (2, 4, 8, 16, 32, 64)},
        "n8_of_16": {"WB": 16, "n": 8, "idle": 0},
        "n8_idle": {"WB": 8, "n": 8, "idle": 5},
    },
    interface=interface,
    golden=golden,
    stimuli=stimuli,
    cover=cover,
    plan={
        "extreme words, the most negative included": ["word.x"],
        "the first digit is the sign, the others are bits": ["word.z_first", "word.z_rest"],
        "the last digit of a frame": ["word.z_last"],
        "a word of any sign right after one of any sign, or zero": ["word.order"],
        "every word is exact, or rounded down when cut short": ["word.bound"],
    },
    volume=lambda c: 100_000 // c.n,
    quick=("n4", "n8", "n16", "n32", "n8_of_16", "n8_idle"),
    guards=[
        Limit("WB", 2, 64),
    ],
)
