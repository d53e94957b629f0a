"""Bench of serial_dot, the bit-serial baseline: corners and random operands, frames shorter than N."""

from __future__ import annotations

from itertools import product

import numpy as np

from models.online.dot import levels
from models.online.serial import serial_dot
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
from ulpwise.bench.stimuli import Stimuli, corners, random


def interface(c: Config) -> DigitSerial:
    """Operands least significant digit first, weights and the number of digits held, a parallel result."""
    held = {"y": Signed(c.WB, (c.K,)), "digits": Unsigned(6)}
    result = Signed(c.WB + levels(c.K) + c.N)
    return DigitSerial({"x": SignedDigits(c.n, (c.K,))}, {"z": result}, c.n, held, {"z": c.n})


def golden(c: Config, t: Batch) -> Batch:
    """Exact integers."""
    return {"z": serial_dot(t["x"], t["y"], c.WB, c.N)}


def stimuli(c: Config) -> Stimuli:
    """Corners and random operands, all frames n digits long."""

    def whole(batch: Batch) -> Batch:
        return batch | {"digits": np.full(len(batch["x"]), c.n)}

    return {"corners": lambda draw: whole(corners(draw)), "bulk": lambda draw: whole(random()(draw))}


def cover(c: Config) -> list[CoverGroup]:
    """Digits at both ends, extreme weights, each operand alone, signs in every order."""
    digit, most = values(-1, 0, 1), (1 << (c.WB - 1)) - 1

    def alone(t: Batch) -> Array:
        nonzero = t["x"].any(axis=2) & (t["y"] != 0)
        return np.where(nonzero.sum(axis=1) == 1, nonzero.argmax(axis=1), -1)

    return [
        CoverGroup(
            "digits",
            [
                Point("x_first", lambda t: t["x"][:, :, 0], digit),
                Point("x_last", lambda t: t["x"][:, :, -1], digit),
                Point("y", lambda t: t["y"], values(*sorted({-most - 1, -1, 0, 1, most}))),
            ],
            [Cross("first", "x_first", "y"), Cross("last", "x_last", "y")],
        ),
        CoverGroup(
            "sum",
            [
                Point("alone", alone, values(*range(c.K))),
                Point("order", lambda t: np.sign(t["z"]), transitions(*product((-1, 0, 1), repeat=2))),
            ],
        ),
    ]


bench = Bench(
    top="serial_dot",
    configs={
        **{f"n{n}": {"K": 16, "WB": 8, "N": n, "n": n} for n in (4, 8, 16, 32)},
        "n2_wb2": {"K": 3, "WB": 2, "N": 2, "n": 2},
        "n8_wb32": {"K": 3, "WB": 32, "N": 8, "n": 8},
        "n62": {"K": 1, "WB": 2, "N": 62, "n": 62},
        "n8_of_16": {"K": 16, "WB": 8, "N": 16, "n": 8},
        **{f"k{k}": {"K": k, "WB": 8, "N": 8, "n": 8} for k in (1, 3, 64)},
    },
    interface=interface,
    golden=golden,
    cover=cover,
    plan={
        "every first digit times the extreme weights, -2^(WB-1) included": ["digits.first"],
        "every last digit times the extreme weights": ["digits.last"],
        "each operand reaches the sum alone": ["sum.alone"],
        "a sum of any sign right after one of any sign, or zero": ["sum.order"],
    },
    stimuli=stimuli,
    volume=lambda c: 40_000 // (c.n * max(1, c.K // 16)),
    quick=("n4", "n8", "n16", "n32", "n8_of_16", "k1", "k3", "k64"),
    guards=[
        Limit("K", 1, 1024, given={"WB": 2}, left={1024: "minutes a run: 1,024 synapses; elaborated all the same"}),
        Limit("WB", 2, 32, given={"K": 1}),
        Limit("N", 2, 62, given={"K": 1}),
    ],
)
