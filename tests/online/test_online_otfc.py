"""Bench of online_otfc: frames of as many digits as there is room for, and of fewer, each of its own length."""

from __future__ import annotations

from itertools import product

import numpy as np

from models.online.otfc import otfc
from tests.online._exact import read, sign, small
from ulpwise import (
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
from ulpwise.bench.stimuli import Draw, Stimuli

PART, PARTS = 13, 5


def interface(c: Config) -> DigitSerial:
    """The word comes once a frame; frames have the least period, one cycle a digit, or some more."""
    held, cycles = {"digits": Unsigned(c.N.bit_length())}, c.n + c.idle
    # a word of 65 bits is no integer of numpy's: its parts, the lowest first
    word = Signed(c.N + 1) if c.N < 64 else Signed(PART, (PARTS,))
    return DigitSerial({"x": SignedDigits(c.n)}, {"q": word}, cycles, held)


def golden(c: Config, t: Batch) -> Batch:
    """The words of the recurrence."""
    q = otfc(t["x"], t["digits"])
    if c.N < 64:
        return {"q": q.astype(np.int64)}
    parts = np.stack([(q >> PART * at) & ((1 << PART) - 1) for at in range(PARTS)], axis=1).astype(np.int64)
    return {"q": np.where(parts >> (PART - 1), parts - (1 << PART), parts)}


def word(q: Array) -> Array:
    """Put the parts of words together again."""
    if q.ndim == 1:
        return q
    low = q[:, :-1].astype(object) & ((1 << PART) - 1)
    return sum((low[:, at] << PART * at for at in range(PARTS - 1)), q[:, -1].astype(object) << PART * (PARTS - 1))


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
        return read(counted, c.n + 1) - (word(t["q"]) << (c.n - t["digits"]))

    def extreme(t: Batch) -> Array:  # 2 and -2 stand for the greatest and the least word
        q = word(t["q"])
        return np.where(abs(q) == most, 2 * sign(q), np.where(abs(q) <= 1, sign(q), 3))

    points = [
        Point("digits", lambda t: t["digits"], values(*range(1, c.n + 1))),
        Point("x_first", lambda t: t["x"][:, 0], digit),
        Point("x_last", lambda t: np.take_along_axis(t["x"], t["digits"][:, None] - 1, axis=1), digit),
        Point("q", extreme, values(-2, -1, 0, 1, 2)),
        Point("order", lambda t: sign(word(t["q"])), transitions(*product((-1, 0, 1), repeat=2))),
        Point("bound", lambda t: small(error(t) != 0), values(0), illegal=values(1)),
    ]
    crosses = [Cross("first", "digits", "x_first"), Cross("last", "digits", "x_last")]
    return [CoverGroup("word", points, crosses)]


bench = Bench(
    top="online_otfc",
    configs={
        **{f"n{n}": {"N": n, "n": n, "idle": 0} for n in (2, 4, 8, 16, 32, 64)},
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
    quick=("n4", "n8", "n16", "n32", "n6_every", "n8_of_16"),
    guards=[
        Limit("N", 2, 64),
    ],
)
