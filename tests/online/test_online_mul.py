"""Bench of online_mul: n digits of the product, all 2n, short operands, and every kind of residual."""

from __future__ import annotations

from itertools import product

import numpy as np

from models.online.mul import mul
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
    Refused,
    SignedDigits,
    transitions,
    values,
)
from ulpwise.bench.stimuli import Stimuli, random, standard


def interface(c: Config) -> DigitSerial:
    """Operands and product at the least period, digits + DELTA cycles, or some more."""
    operand, delta = SignedDigits(c.n), c.get("DELTA", 3)
    latency = {"z": delta + 1}
    return DigitSerial(
        {"x": operand, "y": operand}, {"z": SignedDigits(c.digits)}, c.digits + delta + c.idle, latency=latency
    )


def golden(c: Config, t: Batch) -> Batch:
    """The digits of the recurrence."""
    delta, carry_save, fraction = c.get("DELTA", 3), c.get("CARRY_SAVE", 0) == 1, c.get("FRACTION", 0)
    return {"z": mul(t["x"], t["y"], c.digits, delta=delta, carry_save=carry_save, fraction=fraction)}


def stimuli(c: Config) -> Stimuli:
    """Corners, all pairs or random ones, and operands with about one digit that is not zero, or none."""

    def sparse(rng: np.random.Generator, rows: int) -> Array:
        return rng.integers(-1, 2, (rows, c.n), np.int8) * (rng.random((rows, c.n)) < 1 / c.n)

    return {**standard(c), "sparse": random(x=sparse, y=sparse)}


def cover(c: Config) -> list[CoverGroup]:
    """Digit pairs at both ends of the operands, signs, the order of results, and the error."""
    digit = values(-1, 0, 1)
    unit = 1 << (2 * c.n - c.digits)  # last digit of z, in last digits of the exact product
    low = (3 if c.get("CARRY_SAVE", 0) else 2) * unit // 4  # ends of the error
    high = low + unit // 4 if c.get("FRACTION", 0) else low

    def integer(digits: Array) -> Array:  # products take more bits than an int64 has, if their factors are long
        return exact.read(digits, 2 * c.n + 1)

    def error(t: Batch) -> Array:
        return integer(t["x"]) * integer(t["y"]) - integer(t["z"]) * unit

    points = [
        Point("x_first", lambda t: t["x"][:, 0], digit),
        Point("y_first", lambda t: t["y"][:, 0], digit),
        Point("x_last", lambda t: t["x"][:, -1], digit),
        Point("y_last", lambda t: t["y"][:, -1], digit),
        Point("x_sign", lambda t: sign(integer(t["x"])), digit),
        Point("y_sign", lambda t: sign(integer(t["y"])), digit),
        Point("z", lambda t: t["z"], digit, illegal=values(2)),
        Point("z_last", lambda t: t["z"][:, -1], values(-1, 0)),  # 1 never ends an exact product
        Point("order", lambda t: sign(integer(t["z"])), transitions(*product((-1, 0, 1), repeat=2))),
        Point("error", lambda t: sign(error(t)), digit if unit > 1 else values(0)),
        Point("bound", lambda t: small((error(t) < -low) | (error(t) > high)), values(0), illegal=values(1)),
    ]
    pairs = [Cross(pair, f"x_{pair}", f"y_{pair}") for pair in ("first", "last", "sign")]
    return [CoverGroup("product", points, pairs)]


def shortest(c: Config) -> bool:
    """Tell whether the fraction has no bit to spare."""
    return c.FRACTION == -(-c.N // 2) + c.DELTA + 1


bench = Bench(
    top="online_mul",
    configs={
        **{f"n{n}": {"N": n, "n": n, "digits": n, "idle": 0} for n in (2, 4, 8, 16, 32, 64)},
        "n4_uncut": {"N": 4, "FRACTION": 7, "n": 4, "digits": 4, "idle": 0},
        "n8_full": {"N": 8, "n": 8, "digits": 16, "idle": 0},
        "n8_of_16": {"N": 16, "n": 8, "digits": 9, "idle": 4},
        "n8_delta2": {"N": 8, "DELTA": 2, "n": 8, "digits": 8, "idle": 0},
        "n4_delta2_full": {"N": 4, "DELTA": 2, "n": 4, "digits": 8, "idle": 0},
        "n4_save": {"N": 4, "CARRY_SAVE": 1, "n": 4, "digits": 4, "idle": 0},
        "n16_save": {"N": 16, "CARRY_SAVE": 1, "n": 16, "digits": 16, "idle": 0},
        "n8_of_16_save_full": {"N": 16, "CARRY_SAVE": 1, "n": 8, "digits": 16, "idle": 2},
        "n8_cut": {"N": 8, "FRACTION": 8, "n": 8, "digits": 8, "idle": 0},
        "n16_cut": {"N": 16, "FRACTION": 12, "n": 16, "digits": 16, "idle": 1},
        "n16_cut_save": {"N": 16, "CARRY_SAVE": 1, "FRACTION": 13, "n": 16, "digits": 16, "idle": 0},
        "n16_cut_delta2": {"N": 16, "DELTA": 2, "FRACTION": 11, "n": 16, "digits": 16, "idle": 0},
    },
    interface=interface,
    golden=golden,
    cover=cover,
    plan={
        "every pair of leading digits": ["product.first"],
        "every pair of trailing digits": ["product.last"],
        "operands of either sign and zero": ["product.sign"],
        "every result digit, the last one included, never the code (1,1)": ["product.z", "product.z_last"],
        "a product of any sign right after one of any sign, or zero": ["product.order"],
        "error to either side, within its bounds; none at double length": ["product.error", "product.bound"],
    },
    stimuli=stimuli,
    volume=lambda c: 40_000 // c.digits,
    quick=("n4", "n8", "n32", "n8_of_16", "n16_save", "n16_cut_save"),
    guards=[
        Limit("N", 2, 64),
        Limit("CARRY_SAVE", 0, 1),
        Limit("DELTA", 2, 3),
        Refused({"DELTA": 2}, legal={"DELTA": 3}, given={"CARRY_SAVE": 1}),
        Limit("FRACTION", 0, None),
        Refused({"FRACTION": 5}, legal={"FRACTION": 6}, given={"N": 4, "DELTA": 3}, edge=shortest),
        Refused({"FRACTION": 6}, legal={"FRACTION": 7}, given={"N": 5, "DELTA": 3}, edge=shortest),
        Refused(
            {"FRACTION": 8},
            legal={"FRACTION": 7},
            given={"N": 4, "DELTA": 3},
            edge=lambda c: c.FRACTION == c.N + c.DELTA,
        ),
    ],
)
