"""Bench of mul_pipe: every pair of operands where there are few, else corners and random ones."""

from __future__ import annotations

from itertools import product

import numpy as np

from models.common.mul_pipe import mul
from ulpwise import (
    Array,
    Batch,
    Bench,
    Config,
    CoverGroup,
    Cross,
    Limit,
    Pipeline,
    Point,
    Signed,
    Unsigned,
    transitions,
    values,
)


def word(c: Config, bits: int) -> Signed | Unsigned:
    """Number format of so many bits."""
    return Signed(bits) if c.SIGNED else Unsigned(bits)


def interface(c: Config) -> Pipeline:
    """Two operands and a product, three cycles apart."""
    operands = {"a": word(c, c.AB), "b": word(c, c.BB)}
    return Pipeline(operands, {"p": word(c, c.AB + c.BB)}, latency=3, valid=("ab_valid", "p_valid"))


def golden(c: Config, t: Batch) -> Batch:
    """The exact product."""
    del c
    return {"p": mul(t["a"], t["b"])}


def cover(c: Config) -> list[CoverGroup]:
    """Signs of the operands and ends of their ranges, and products that are zero or not, one after the other."""
    signs = values(-1, 0, 1) if c.SIGNED else values(0, 1)

    def at_end(operand: Array, bits: int) -> Array:
        fmt = word(c, bits)
        return np.select([operand == fmt.low, operand == fmt.high], [1, 2], 0)

    return [
        CoverGroup(
            "product",
            [
                Point("a_sign", lambda t: np.sign(t["a"]), signs),
                Point("b_sign", lambda t: np.sign(t["b"]), signs),
                Point("a_end", lambda t: at_end(t["a"], c.AB), values(0, 1, 2)),
                Point("b_end", lambda t: at_end(t["b"], c.BB), values(0, 1, 2)),
                Point("order", lambda t: (t["p"] != 0).astype(int), transitions(*product((0, 1), repeat=2))),
            ],
            [Cross("signs", "a_sign", "b_sign"), Cross("ends", "a_end", "b_end")],
        )
    ]


bench = Bench(
    top="mul_pipe",
    configs={
        "8_by_8": {"AB": 8, "BB": 8, "SIGNED": 1},
        "4_by_6_unsigned": {"AB": 4, "BB": 6, "SIGNED": 0},
        "2_by_32": {"AB": 2, "BB": 32, "SIGNED": 1},
        "32_by_2": {"AB": 32, "BB": 2, "SIGNED": 1},
        "32_by_32_unsigned": {"AB": 32, "BB": 32, "SIGNED": 0},
    },
    interface=interface,
    golden=golden,
    cover=cover,
    plan={
        "operands of either sign, and zero": ["product.signs"],
        "the ends of both ranges": ["product.ends"],
        "a product that is zero, or not, right after one of either kind": ["product.order"],
    },
    volume=lambda _: 5000,
    guards=[Limit("AB", 2, 32), Limit("BB", 2, 32), Limit("SIGNED", 0, 1)],
)
