"""Bench of online_sqrt: roots of n digits and more, short operands, and numbers next to the ends of their range."""

from __future__ import annotations

import numpy as np

from models.online.recode import redundant
from models.online.sqrt import sqrt
from tests.online import _exact as exact
from tests.online._exact import sign, small
from ulpwise import (
    Array,
    Batch,
    Bench,
    Config,
    CoverGroup,
    DigitSerial,
    Limit,
    Point,
    SignedDigits,
    transitions,
    values,
)
from ulpwise.bench.stimuli import Draw, Stimuli


def interface(c: Config) -> DigitSerial:
    """Operand and root at the least period, digits + 4 cycles, or some more."""
    return DigitSerial({"x": SignedDigits(c.n)}, {"z": SignedDigits(c.digits)}, c.digits + 4 + c.idle, latency={"z": 5})


def golden(c: Config, t: Batch) -> Batch:
    """The digits of the recurrence, zeros beyond the core's N."""
    z = sqrt(t["x"], min(c.digits, c.N))
    return {"z": np.pad(z, ((0, 0), (0, c.digits - z.shape[1])))}


def stimuli(c: Config) -> Stimuli:
    """Numbers from 1/4 to 1 in any digits, near the ends, and with digits that hide where they are for long."""
    one = 1 << c.n

    def operands(draw: Draw) -> Batch:
        rng, near = draw.rng, draw.rng.integers(0, 3, draw.n)
        kind = rng.integers(0, 3, draw.n)
        if c.n > 62:
            near = near.astype(object)
            drawn = (rng.integers(1 << 60, 1 << 62, draw.n).astype(object) << (c.n - 62)) + rng.integers(0, 4, draw.n)
        else:
            drawn = rng.integers(one // 4, one, draw.n)
        x = np.where(kind == 0, one // 4 + near, np.where(kind == 1, one - 1 - near, drawn))
        return {"x": redundant(x, c.n, rng)}

    def extreme(draw: Draw) -> Batch:  # ones or any digits, and from digit k on all 1 or all -1
        prefix = np.where(draw.rng.integers(0, 2, (draw.n, 1)), 1, operands(draw)["x"])
        k, tail = draw.rng.integers(2, c.n + 1, (draw.n, 1)), draw.rng.choice([-1, 1], (draw.n, 1))
        x = np.where(np.arange(c.n) < k, prefix, tail).astype(np.int8)
        return {"x": x[(exact.read(x, c.n) >= one // 4).astype(bool)]}

    return {"operands": operands, "extreme": extreme}


def cover(c: Config) -> list[CoverGroup]:
    """Ends of the operand's range, leading ones and trailing digits, the order of operands, and the error."""
    digit, one, m = values(-1, 0, 1), 1 << c.n, min(c.digits, c.N)
    ends = (*(one // 4 + near for near in range(3)), one - 3, one - 2, one - 1)

    def read(digits: Array) -> Array:  # squares take more bits than an int64 has, if their roots are long
        return exact.read(digits, 2 * m + 7)

    def root(t: Batch) -> Array:
        return read(t["z"][:, :m])

    def error(t: Batch) -> Array:  # X - S^2
        return (read(t["x"]) << (2 * m - c.n)) - root(t) ** 2

    def beyond(t: Batch) -> Array:  # (8S - 7)^2 < 64X < (8S + 7)^2 means that sqrt(X) is within 7/8 of S
        return small(abs(64 * error(t) - 49) >= 112 * root(t))

    points = [
        Point("x", lambda t: small(read(t["x"]) - one // 2), values(*(end - one // 2 for end in ends))),
        Point("half", lambda t: small(read(t["x"]) >= one // 2), transitions((0, 0), (0, 1), (1, 0), (1, 1))),
        Point("ones", lambda t: (t["x"] == 1).cumprod(axis=1).sum(axis=1), values(*range(c.n + 1))),
        Point("x_last", lambda t: t["x"][:, -1], digit),
        Point("z", lambda t: t["z"], digit, illegal=values(2)),
        Point("z_first", lambda t: t["z"][:, 0], values(1), illegal=values(-1, 0)),
        Point("z_last", lambda t: t["z"][:, m - 1], digit),
        Point("error", lambda t: sign(error(t)), digit),
        Point("bound", beyond, values(0), illegal=values(1)),
    ]
    return [CoverGroup("root", points)]


bench = Bench(
    top="online_sqrt",
    configs={
        **{f"n{n}": {"N": n, "n": n, "digits": n, "idle": 0} for n in (4, 8, 16, 32, 64)},
        "n8_of_16": {"N": 16, "n": 8, "digits": 9, "idle": 0},
        "n8_to_16": {"N": 16, "n": 8, "digits": 20, "idle": 3},
    },
    interface=interface,
    golden=golden,
    stimuli=stimuli,
    cover=cover,
    plan={
        "operands at the ends of their range": ["root.x"],
        "operands of any number of leading ones, the greatest residual": ["root.ones"],
        "every trailing digit": ["root.x_last"],
        "every result digit, the last one included, never the code (1,1)": ["root.z", "root.z_last"],
        "the first digit is always 1": ["root.z_first"],
        "an operand of either half right after one of either half": ["root.half"],
        "error to either side, below 7/8 ulp": ["root.error", "root.bound"],
    },
    volume=lambda c: 40_000 // c.digits,
    quick=("n4", "n8", "n16", "n32", "n8_of_16", "n8_to_16"),
    guards=[
        Limit("N", 4, 64),
    ],
)
