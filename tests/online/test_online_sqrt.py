"""Bench of online_sqrt: roots of n digits and more, short operands, and numbers next to the ends of their range."""

from __future__ import annotations

import numpy as np

from models.online.classifier import read
from models.online.recode import redundant
from models.online.sqrt import sqrt
from tb import Array, Batch, Bench, Config, CoverGroup, DigitSerial, Limit, Point, SignedDigits, transitions, values
from tb.stimuli import Draw, Stimuli


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
        x = [one // 4 + near, one - 1 - near, rng.integers(one // 4, one, draw.n)]
        return {"x": redundant(np.choose(rng.integers(0, 3, draw.n), x), c.n, rng)}

    def extreme(draw: Draw) -> Batch:  # ones or any digits, and from digit k on all 1 or all -1
        prefix = np.where(draw.rng.integers(0, 2, (draw.n, 1)), 1, operands(draw)["x"])
        k, tail = draw.rng.integers(2, c.n + 1, (draw.n, 1)), draw.rng.choice([-1, 1], (draw.n, 1))
        x = np.where(np.arange(c.n) < k, prefix, tail).astype(np.int8)
        return {"x": x[read(x) >= one // 4]}

    return {"operands": operands, "extreme": extreme}


def cover(c: Config) -> list[CoverGroup]:
    """Ends of the operand's range, leading ones and trailing digits, the order of operands, and the error."""
    digit, one, m = values(-1, 0, 1), 1 << c.n, min(c.digits, c.N)

    def root(t: Batch) -> Array:
        return read(t["z"][:, :m])

    def error(t: Batch) -> Array:  # X - S^2; small, and so right even where the 64 bits of the squares wrap
        return (read(t["x"]) << (2 * m - c.n)) - root(t) ** 2

    def beyond(t: Batch) -> Array:  # (8S - 7)^2 < 64X < (8S + 7)^2 means that sqrt(X) is within 7/8 of S
        return abs(64 * error(t) - 49) >= 112 * root(t)

    points = [
        Point("x", lambda t: read(t["x"]), values(*(one // 4 + near for near in range(3)), one - 3, one - 2, one - 1)),
        Point("half", lambda t: read(t["x"]) >= one // 2, transitions((0, 0), (0, 1), (1, 0), (1, 1))),
        Point("ones", lambda t: (t["x"] == 1).cumprod(axis=1).sum(axis=1), values(*range(c.n + 1))),
        Point("x_last", lambda t: t["x"][:, -1], digit),
        Point("z", lambda t: t["z"], digit, illegal=values(2)),
        Point("z_first", lambda t: t["z"][:, 0], values(1), illegal=values(-1, 0)),
        Point("z_last", lambda t: t["z"][:, m - 1], digit),
        Point("error", lambda t: np.sign(error(t)), digit),
        Point("bound", beyond, values(0), illegal=values(1)),
    ]
    return [CoverGroup("root", points)]


bench = Bench(
    top="online_sqrt",
    configs={
        **{f"n{n}": {"N": n, "n": n, "digits": n, "idle": 0} for n in (4, 8, 16, 32)},
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
    guards=[
        Limit("N", 4, 64),
    ],
)
