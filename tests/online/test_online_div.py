"""Bench of online_div: quotients of n digits and more, short operands, and numbers next to the ends of their range."""

from __future__ import annotations

from itertools import product

import numpy as np

from models.online.classifier import read
from models.online.div import div
from models.online.recode import redundant
from tb import (
    Array,
    Batch,
    Bench,
    Config,
    CoverGroup,
    Cross,
    DigitSerial,
    Limit,
    Point,
    SignedDigits,
    transitions,
    values,
)
from tb.stimuli import Draw, Stimuli


def interface(c: Config) -> DigitSerial:
    """Operands and quotient at the least period, digits + 4 cycles, or some more."""
    operand = SignedDigits(c.n)
    cycles = c.digits + 4 + c.idle
    return DigitSerial({"x": operand, "d": operand}, {"z": SignedDigits(c.digits)}, cycles, latency={"z": 5})


def golden(c: Config, t: Batch) -> Batch:
    """The digits of the recurrence."""
    return {"z": div(t["x"], t["d"], c.digits)}


def stimuli(c: Config) -> Stimuli:
    """Divisors from 1/2 to 1 and dividends below them, in any digits, near the ends, and ahead for a while."""

    def operands(draw: Draw) -> Batch:
        one, rng = 1 << c.n, draw.rng
        d = rng.choice([one // 2, one - 1, *rng.integers(one // 2, one, 8)], draw.n)
        d = np.where(rng.integers(0, 2, draw.n), d, rng.integers(one // 2, one, draw.n))
        x = np.choose(rng.integers(0, 3, draw.n), [0 * d, rng.integers(0, d), d - rng.integers(1, 3, draw.n)])
        return {"x": redundant(x * rng.choice([-1, 1], draw.n), c.n, rng), "d": redundant(d, c.n, rng)}

    def ahead(draw: Draw) -> Batch:  # x_1..x_k above d_1..d_k, and yet x below d
        prefix = np.where(draw.rng.integers(0, 2, (draw.n, 1)), 1, operands(draw)["d"])
        at, k = np.arange(c.n), draw.rng.integers(1, c.n - 2, (draw.n, 1))
        x, d = np.where(at < k, prefix, np.where(at == k, 1, -1)), np.where(at < k, prefix, at > k)
        return {"x": (x * draw.rng.choice([-1, 1], (draw.n, 1))).astype(np.int8), "d": d.astype(np.int8)}

    return {"operands": operands, "ahead": ahead}


def cover(c: Config) -> list[CoverGroup]:
    """Ends of the operands' range, trailing digits, dividends ahead of the divisor, order, and the error."""
    digit, one, quarters = values(-1, 0, 1), 1 << c.n, 3 if c.digits >= c.n else 4

    def error(t: Batch) -> Array:  # times D, in ulp; small, and so right even where the 64 bits of the products wrap
        return (read(t["x"]) << c.digits) - read(t["z"]) * read(t["d"])

    def ahead(t: Batch) -> Array:
        return np.stack([abs(read(t["x"][:, :k])) > read(t["d"][:, :k]) for k in range(1, c.n)], axis=1).any(axis=1)

    points = [
        Point("d", lambda t: read(t["d"]), {"half": one // 2, "between": (one // 2 + 1, one - 2), "most": one - 1}),
        Point("x", lambda t: np.where(read(t["x"]), abs(read(t["x"])) - read(t["d"]), 0), values(0, -1, -2)),
        Point("x_sign", lambda t: np.sign(read(t["x"])), digit),
        Point("x_last", lambda t: t["x"][:, -1], digit),
        Point("d_last", lambda t: t["d"][:, -1], digit),
        Point("ahead", ahead, values(0, 1)),
        Point("z", lambda t: t["z"], digit, illegal=values(2)),
        Point("z_first", lambda t: t["z"][:, 0], digit),
        Point("z_last", lambda t: t["z"][:, -1], digit),
        Point("order", lambda t: np.sign(read(t["z"])), transitions(*product((-1, 0, 1), repeat=2))),
        Point("error", lambda t: np.sign(error(t)), digit),
        Point("bound", lambda t: 4 * abs(error(t)) >= quarters * read(t["d"]), values(0), illegal=values(1)),
    ]
    return [CoverGroup("quotient", points, [Cross("ends", "d", "x"), Cross("last", "x_last", "d_last")])]


bench = Bench(
    top="online_div",
    configs={
        **{f"n{n}": {"N": n, "n": n, "digits": n, "idle": 0} for n in (4, 8, 16, 32)},
        "n8_long": {"N": 8, "n": 8, "digits": 24, "idle": 0},
        "n8_of_16": {"N": 16, "n": 8, "digits": 9, "idle": 4},
        "n16_short": {"N": 16, "n": 16, "digits": 12, "idle": 0},
    },
    interface=interface,
    golden=golden,
    stimuli=stimuli,
    cover=cover,
    plan={
        "divisors and dividends at the ends of their range": ["quotient.ends"],
        "every pair of trailing digits": ["quotient.last"],
        "dividends of either sign and zero": ["quotient.x_sign"],
        "dividends ahead of the divisor for a while, the greatest residual": ["quotient.ahead"],
        "every result digit, never the code (1,1)": ["quotient.z"],
        "every first and last result digit": ["quotient.z_first", "quotient.z_last"],
        "a quotient of any sign right after one of any sign, or zero": ["quotient.order"],
        "error to either side, below 3/4 ulp, or 1 ulp when cut short": ["quotient.error", "quotient.bound"],
    },
    volume=lambda c: 30_000 // c.digits,
    guards=[
        Limit("N", 4, 64),
    ],
)
