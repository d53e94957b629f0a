"""Bench of online_div: quotients of n digits and more, short operands, and numbers next to the ends of their range."""

from __future__ import annotations

from itertools import product

import numpy as np

from models.online.digits import integer_type
from models.online.div import div
from models.online.recode import redundant
from tests.online import _exact as exact
from tests.online._exact import sign, small
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
    SignedDigits,
    transitions,
    values,
)
from ulpwise.bench.stimuli import Draw, Stimuli


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

        def below(most: int | Array, rows: int) -> Array:  # from 0 on
            if c.n <= 60:
                return rng.integers(0, most, rows)
            share = (rng.integers(0, 1 << 60, rows).astype(object) << 60) + rng.integers(0, 1 << 60, rows)
            return share * most >> 120

        d = rng.choice(np.array([one // 2, one - 1, *(one // 2 + below(one // 2, 8))], integer_type(c.n + 1)), draw.n)
        d = np.where(rng.integers(0, 2, draw.n), d, one // 2 + below(one // 2, draw.n))
        kind = rng.integers(0, 3, draw.n)
        x = np.where(kind == 0, 0 * d, np.where(kind == 1, below(d, draw.n), d - rng.integers(1, 3, draw.n)))
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

    def read(digits: Array) -> Array:  # products take more bits than an int64 has, if their factors are long
        return exact.read(digits, c.n + c.digits + 2)

    def error(t: Batch) -> Array:  # times D, in ulp
        return (read(t["x"]) << c.digits) - read(t["z"]) * read(t["d"])

    def ahead(t: Batch) -> Array:
        before = [abs(read(t["x"][:, :k])) > read(t["d"][:, :k]) for k in range(1, c.n)]
        return np.stack(before, axis=1).astype(bool).any(axis=1)

    points = [
        Point(
            "d",
            lambda t: small(read(t["d"]) - one // 2),
            {"half": 0, "between": (1, one // 2 - 2), "most": one // 2 - 1},
        ),
        Point(
            "x",
            lambda t: small(np.maximum(np.where(read(t["x"]) != 0, abs(read(t["x"])) - read(t["d"]), 0), -3)),
            values(0, -1, -2),
        ),
        Point("x_sign", lambda t: sign(read(t["x"])), digit),
        Point("x_last", lambda t: t["x"][:, -1], digit),
        Point("d_last", lambda t: t["d"][:, -1], digit),
        Point("ahead", ahead, values(0, 1)),
        Point("z", lambda t: t["z"], digit, illegal=values(2)),
        Point("z_first", lambda t: t["z"][:, 0], digit),
        Point("z_last", lambda t: t["z"][:, -1], digit),
        Point("order", lambda t: sign(read(t["z"])), transitions(*product((-1, 0, 1), repeat=2))),
        Point("error", lambda t: sign(error(t)), digit),
        Point("bound", lambda t: small(4 * abs(error(t)) >= quarters * read(t["d"])), values(0), illegal=values(1)),
    ]
    return [CoverGroup("quotient", points, [Cross("ends", "d", "x"), Cross("last", "x_last", "d_last")])]


bench = Bench(
    top="online_div",
    configs={
        **{f"n{n}": {"N": n, "n": n, "digits": n, "idle": 0} for n in (4, 8, 16, 32, 64)},
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
    quick=("n4", "n8", "n16", "n32", "n8_long", "n8_of_16", "n16_short"),
    guards=[
        Limit("N", 4, 64),
    ],
)
