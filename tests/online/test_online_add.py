"""Bench of online_add: every pair of operands where there are few, corners and random ones above."""

from __future__ import annotations

from models.online.add import add
from ulpwise import Batch, Bench, Config, CoverGroup, Cross, DigitSerial, Point, SignedDigits, values


def interface(c: Config) -> DigitSerial:
    """Operands of n digits, a sum with one digit of growth; two zero digits flush the adder."""
    operand = SignedDigits(c.n)
    total = SignedDigits(c.n + 1, whole=1)
    return DigitSerial({"x": operand, "y": operand}, {"z": total}, cycles=c.n + 2, latency={"z": 2})


def golden(c: Config, t: Batch) -> Batch:
    """The digits of the recurrence."""
    del c
    return {"z": add(t["x"], t["y"])}


def cover(c: Config) -> list[CoverGroup]:
    """Digit pairs at both ends of the operands, and the digits that come out."""
    del c
    digit = values(-1, 0, 1)
    return [
        CoverGroup(
            "digits",
            [
                Point("x_first", lambda t: t["x"][:, 0], digit),
                Point("y_first", lambda t: t["y"][:, 0], digit),
                Point("x_last", lambda t: t["x"][:, -1], digit),
                Point("y_last", lambda t: t["y"][:, -1], digit),
                Point("z_growth", lambda t: t["z"][:, 0], digit),
                Point("z", lambda t: t["z"], digit, illegal=values(2)),
            ],
            [Cross("first", "x_first", "y_first"), Cross("last", "x_last", "y_last")],
        )
    ]


bench = Bench(
    top="online_add",
    configs={f"n{n}": {"n": n} for n in (4, 8, 16, 32)},
    interface=interface,
    golden=golden,
    cover=cover,
    plan={
        "every pair of leading digits": ["digits.first"],
        "every pair of trailing digits, which the flush carries out": ["digits.last"],
        "growth digit of either sign": ["digits.z_growth"],
        "every result digit, never the code (1,1)": ["digits.z"],
    },
    volume=lambda c: 16_000 // c.n,
)
