"""Bench of online_mul_const: exact products by weights of several widths, the shortest frames, and every residual."""

from __future__ import annotations

from itertools import product

import numpy as np

from models.online.mul_const import mul_const
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
    Refused,
    Signed,
    SignedDigits,
    transitions,
    values,
)


def interface(c: Config) -> DigitSerial:
    """The weight lies in place over the frame, whose period is the least: digits + DELTA cycles."""
    held, delta = {"y": Signed(c.WB)}, c.get("DELTA", 2)
    result = {"z": SignedDigits(c.digits)}
    return DigitSerial({"x": SignedDigits(c.n)}, result, c.digits + delta, held, {"z": delta + 1})


def golden(c: Config, t: Batch) -> Batch:
    """The digits of the recurrence."""
    delta, carry_save = c.get("DELTA", 2), c.get("CARRY_SAVE", 0) == 1
    return {"z": mul_const(t["x"], t["y"], c.WB, c.digits, delta=delta, carry_save=carry_save)}


def integer(digits: Array) -> Array:
    """Read digits as integers, the last one of weight 1."""
    return digits @ (1 << np.arange(digits.shape[-1])[::-1])


def cover(c: Config) -> list[CoverGroup]:
    """Digits at both ends by extreme weights, signs, the order of results, and the error."""
    digit, most = values(-1, 0, 1), (1 << (c.WB - 1)) - 1
    unit = 1 << (c.n + c.WB - 1 - c.digits)  # last digit of z, in last digits of the exact product

    def error(t: Batch) -> Array:
        return integer(t["x"]) * t["y"] - integer(t["z"]) * unit

    points = [
        Point("x_first", lambda t: t["x"][:, 0], digit),
        Point("x_last", lambda t: t["x"][:, -1], digit),
        Point("x_sign", lambda t: np.sign(integer(t["x"])), digit),
        Point("y", lambda t: t["y"], values(*sorted({-most - 1, -1, 0, 1, most}))),
        Point("z", lambda t: t["z"], digit, illegal=values(2)),
        Point("z_last", lambda t: t["z"][:, -1], values(-1, 0)),  # 1 never ends an exact product
        Point("order", lambda t: np.sign(integer(t["z"])), transitions(*product((-1, 0, 1), repeat=2))),
        Point("error", lambda t: np.sign(error(t)), digit if unit > 1 else values(0)),
        Point("bound", lambda t: abs(error(t)) > 3 * unit // 4, values(0), illegal=values(1)),
    ]
    pairs = [Cross(which, f"x_{which}", "y") for which in ("first", "last", "sign")]
    return [CoverGroup("product", points, pairs)]


bench = Bench(
    top="online_mul_const",
    configs={
        **{f"n{n}": {"WB": 8, "n": n, "digits": n + 7} for n in (4, 8, 16, 32)},
        "n8_wb2": {"WB": 2, "n": 8, "digits": 9},
        "n8_wb32": {"WB": 32, "n": 8, "digits": 39},
        "n8_wb16": {"WB": 16, "n": 8, "digits": 23},
        "n16_short": {"WB": 8, "n": 16, "digits": 14},
        **{f"n8_wb{wb}_delta1": {"WB": wb, "DELTA": 1, "n": 8, "digits": 7 + wb} for wb in (2, 8)},
        "n16_short_delta1": {"WB": 8, "DELTA": 1, "n": 16, "digits": 15},
        **{f"n8_wb{wb}_save": {"WB": wb, "CARRY_SAVE": 1, "n": 8, "digits": 7 + wb} for wb in (2, 8)},
        "n16_wb16_save": {"WB": 16, "CARRY_SAVE": 1, "n": 16, "digits": 31},
        "n16_short_save": {"WB": 8, "CARRY_SAVE": 1, "n": 16, "digits": 14},
    },
    interface=interface,
    golden=golden,
    cover=cover,
    plan={
        "every leading digit by extreme weights, -2^(WB-1) included": ["product.first"],
        "every trailing digit by extreme weights": ["product.last"],
        "operands of either sign and zero by extreme weights": ["product.sign"],
        "every result digit, the last one included, never the code (1,1)": ["product.z", "product.z_last"],
        "a product of any sign right after one of any sign, or zero": ["product.order"],
        "error to either side when cut short, none in whole products": ["product.error", "product.bound"],
    },
    volume=lambda c: 120_000 // c.digits,
    quick=("n4", "n8", "n32", "n8_wb16", "n8_wb2_delta1", "n16_short_save"),
    guards=[
        Limit("WB", 2, 32),
        Limit("CARRY_SAVE", 0, 1),
        Limit("DELTA", 1, 2),
        Refused({"DELTA": 1}, legal={"DELTA": 2}, given={"CARRY_SAVE": 1}),
    ],
)
