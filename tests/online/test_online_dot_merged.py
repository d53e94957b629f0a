"""Bench of online_dot_merged: random operands, many of one sign or few that are not zero, in every kind of sum."""

from __future__ import annotations

from itertools import product

import numpy as np

from models.online.dot import levels
from models.online.dot_merged import dot_merged
from ulpwise import (
    Array,
    Batch,
    Bench,
    Config,
    CoverGroup,
    Cross,
    DigitSerial,
    Exclusion,
    Limit,
    Point,
    Refused,
    Signed,
    SignedDigits,
    transitions,
    values,
)
from ulpwise.bench.stimuli import Draw, Stimuli


def whole(c: Config) -> Config:
    """The configuration with what the core takes for granted."""
    every = {"BIAS": 1, "CARRY_SAVE": 0, "digits": c.n + c.WB - 1, **c}  # digits: behind the point
    return Config(c.name, {"GROWTH": levels(c.K + every["BIAS"]), "DELTA": 1 + every["CARRY_SAVE"], **every})


def stages(c: Config) -> int:
    """Registers on the way of the sum, one behind every PIPE levels of adders or 3:2 compressors."""
    words, deep = c.K + c.BIAS, 0
    while words > 1 + c.CARRY_SAVE:
        words = words - words // 3 if c.CARRY_SAVE else (words + 1) // 2
        deep += 1
    pipe = c.get("PIPE", 2)
    return deep // pipe if pipe else 0


def interface(c: Config) -> DigitSerial:
    """K operands and weights, a bias, the whole sum or the front of it, at the least period."""
    operands = {"x": SignedDigits(c.n, (c.K,)), "b": SignedDigits(c.n)}
    z = SignedDigits(whole(c).digits + whole(c).GROWTH)
    latency = {"z": whole(c).DELTA + 1 + stages(whole(c))}
    return DigitSerial(operands, {"z": z}, z.n + whole(c).DELTA, {"y": Signed(c.WB, (c.K,))}, latency)


def golden(c: Config, t: Batch) -> Batch:
    """The digits of the recurrence."""
    every, bias = whole(c), t["b"] if whole(c).BIAS else None
    kind = {"growth": every.GROWTH, "delta": every.DELTA, "carry_save": every.CARRY_SAVE == 1}
    return {"z": dot_merged(t["x"], t["y"], c.WB, every.digits, bias=bias, **kind)}


def stimuli(c: Config) -> Stimuli:
    """Operands that agree or not, of which one is not zero, or some, or as many as the result has room for."""

    def mixed(draw: Draw) -> Batch:
        rng, size = draw.rng, (draw.n, 1)
        share, digit = rng.random(size) * rng.integers(0, 5, size), rng.integers(-1, 2, size)
        lanes = rng.integers(-1, 2, (draw.n, c.K + 1, c.n), dtype=np.int8)
        lanes[rng.random(lanes.shape[:2]) < share] = 1
        lanes *= np.where(share > 1, digit, 1).astype(np.int8)[:, :, None]
        least, ends = -1 << (c.WB - 1), draw.fields["y"].corners().ravel()
        y = np.where(
            rng.random((draw.n, c.K)) < 0.25, rng.choice(ends, (draw.n, c.K)), draw.fields["y"].random(rng, draw.n)
        )
        y = np.where(rng.random(y.shape) < share, least, y)
        most = min(c.K + whole(c).BIAS, 1 << whole(c).GROWTH)
        live = np.where(rng.integers(0, 3, size) == 0, rng.integers(1, most + 1, size), rng.choice([1, most], size))
        rank = rng.permuted(np.tile(np.arange(c.K + whole(c).BIAS), size), axis=1)
        lanes[:, : rank.shape[1]][rank >= live] = 0
        return {"x": lanes[:, :-1], "y": y, "b": -lanes[:, -1]}

    return {"mixed": mixed}


def integer(digits: Array) -> Array:
    """Read digits as integers, the last one of weight 1."""
    return digits @ (1 << np.arange(digits.shape[-1])[::-1])


def cover(c: Config) -> list[CoverGroup]:
    """Digits at both ends by extreme weights, each operand alone, full sums, the order of results, and no error."""
    digit, most, terms = values(-1, 0, 1), (1 << (c.WB - 1)) - 1, c.K + whole(c).BIAS
    full = (most + 1) * ((1 << c.n) - 1) * min(terms, 1 << whole(c).GROWTH)
    unit = 1 << (c.n + c.WB - 1 - whole(c).digits)  # last digit of z, in last digits of the exact sum

    def alone(t: Batch) -> Array:
        live = np.column_stack([t["x"].any(axis=2) & (t["y"] != 0), t["b"].any(axis=1)])[:, :terms]
        return np.where(live.sum(axis=1) == 1, live.argmax(axis=1), -1)

    def total(t: Batch) -> Array:
        return (integer(t["x"]) * t["y"]).sum(axis=1) + whole(c).BIAS * (integer(t["b"]) << (c.WB - 1))

    def error(t: Batch) -> Array:
        return total(t) - integer(t["z"]) * unit

    points = [
        *(Point(f"{x}_first", lambda t, x=x: t[x][..., 0], digit) for x in "xb"),
        *(Point(f"{x}_last", lambda t, x=x: t[x][..., -1], digit) for x in "xb"),
        Point("y", lambda t: t["y"], values(*sorted({-most - 1, -1, 0, 1, most}))),
        Point("alone", alone, values(*range(terms))),
        Point("full", total, values(-full, full)),
        Point("z", lambda t: t["z"], digit, illegal=values(2)),
        Point("odd", lambda t: t["z"][:, -1] != 0, values(0, 1)),
        Point("order", lambda t: np.sign(total(t)), transitions(*product((-1, 0, 1), repeat=2))),
        Point("error", lambda t: np.sign(error(t)), digit if unit > 1 else values(0)),
        Point("bound", lambda t: abs(error(t)) > unit * (unit > 1), values(0), illegal=values(1)),
    ]
    return [CoverGroup("sum", points, [Cross("first", "x_first", "y"), Cross("last", "x_last", "y")])]


ELABORATION = "in the functions words and levels, called for parameters only: they run while the core is elaborated"

bench = Bench(
    top="online_dot_merged",
    configs={
        **{f"n{n}": {"K": 16, "WB": 8, "n": n} for n in (4, 8, 16, 32)},
        **{f"n{n}_save": {"K": 16, "WB": 8, "BIAS": 0, "CARRY_SAVE": 1, "n": n} for n in (4, 8, 32)},
        **{
            f"k{k}_pipe{p}": {"K": k, "WB": 8, "BIAS": 0, "PIPE": p, "n": 6}
            for k, p in ((1, 1), (3, 2), (9, 0), (33, 3))
        },
        **{
            f"k{k}_pipe{p}_save": {"K": k, "WB": 8, "PIPE": p, "CARRY_SAVE": 1, "n": 6}
            for k, p in ((1, 0), (9, 2), (33, 0))
        },
        "k1_wb2_save": {"K": 1, "WB": 2, "BIAS": 0, "CARRY_SAVE": 1, "n": 4},
        "k2_wb2": {"K": 2, "WB": 2, "n": 5},
        "k3_wb32": {"K": 3, "WB": 32, "n": 5},
        "k64": {"K": 64, "WB": 8, "n": 8},
        "k7_delta2": {"K": 7, "WB": 8, "DELTA": 2, "n": 6},
        "n16_short": {"K": 16, "WB": 8, "n": 16, "digits": 10},
        "n16_short_save": {"K": 16, "WB": 8, "CARRY_SAVE": 1, "n": 16, "digits": 9},
        "k16_growth1": {"K": 16, "WB": 4, "GROWTH": 1, "n": 6},
        "k16_growth0_save": {"K": 16, "WB": 4, "BIAS": 0, "GROWTH": 0, "CARRY_SAVE": 1, "n": 6},
    },
    interface=interface,
    golden=golden,
    cover=cover,
    plan={
        "every leading digit by extreme weights, -2^(WB-1) included": ["sum.first", "sum.b_first"],
        "every trailing digit by extreme weights": ["sum.last", "sum.b_last"],
        "each operand and the bias reach the sum alone": ["sum.alone"],
        "the greatest sums there are, of either sign": ["sum.full"],
        "every result digit, the last one included, never the code (1,1)": ["sum.z", "sum.odd"],
        "a sum of any sign right after one of any sign, or zero": ["sum.order"],
        "error to either side when cut short, none in whole sums": ["sum.error", "sum.bound"],
    },
    stimuli=stimuli,
    volume=lambda c: 900_000 // (c.K + 8) // (c.n + 8),
    exclude=[
        Exclusion("line", "*", ELABORATION, source="function integer *"),
        Exclusion("line", "*", ELABORATION, source="for (i = 0; i < level; *"),
        Exclusion("line", "*", ELABORATION, source="while (words(levels) > count) begin"),
        Exclusion("branch", "*", ELABORATION, source="words = CARRY_SAVE == 0 ? *"),
    ],
    quick=("n4", "n8", "n32_save", "k1_pipe0_save", "k33_pipe3", "k64", "n16_short", "k16_growth0_save"),
    guards=[
        Limit("K", 1, 1024, given={"WB": 2}, left={1024: "minutes a run: 1,024 synapses; elaborated all the same"}),
        Limit("WB", 2, 32, given={"K": 1}),
        Limit("BIAS", 0, 1),
        Limit("GROWTH", 0, None),
        Refused({"GROWTH": 5}, legal={"GROWTH": 4}, given={"K": 16, "BIAS": 0}, edge=lambda c: "GROWTH" not in c),
        Refused({"GROWTH": 6}, legal={"GROWTH": 5}, given={"K": 16, "BIAS": 1}, edge=lambda c: "GROWTH" not in c),
        Limit("PIPE", 0, None),
        Limit("CARRY_SAVE", 0, 1, slow={-1: "a constant function that counts levels never ends"}),
        Limit(
            "DELTA", 1, 2, left={1: "what DELTA is unless it is given, without CARRY_SAVE: most configurations run it"}
        ),
        Refused({"DELTA": 1}, legal={"DELTA": 2}, given={"CARRY_SAVE": 1}),
    ],
)
