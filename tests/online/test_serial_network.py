"""Bench of serial_network, the baseline: any weights in a small one, handwritten digits by the trained one."""

from __future__ import annotations

from functools import partial
from itertools import product
from pathlib import Path

import numpy as np

from models.online import trained
from models.online.dot import levels
from models.online.serial import serial_layer, to_bits
from ulpwise import (
    Array,
    Axis,
    Batch,
    Bench,
    Config,
    CoverGroup,
    Limit,
    Point,
    Refused,
    Signed,
    SignedDigits,
    Streams,
    Unsigned,
    transitions,
    values,
)
from ulpwise.bench import timing
from ulpwise.bench.stimuli import Draw, Stimuli, random

WEIGHTS = trained.load_weights(Path(__file__).parents[1] / "data")


def interface(c: Config) -> Streams:
    """Weights once, a beat a neuron; operand digits by significance; result words."""
    precision = {name: Unsigned(6) for name in ("n", "d", "unused")}
    return Streams(
        {"x": Axis({"x": SignedDigits(c.N, (c.K,))}, c.N, precision, planes=True, tlast="delimits")},
        {"y": Axis({"logit": Signed(c.WB + levels(c.M1 + 1) + c.N2, (c.M2,))})},
        {"w": Axis({"w": Signed(c.WB, (c.M1 + c.M2, c.K + 1))}, c.M1 + c.M2)},
    )


def golden(c: Config, t: Batch) -> Batch:
    """Exact sums of layer 1, cut to d bits; exact sums of layer 2."""
    hidden = serial_layer(t["x"], t["w"][:, : c.M1], t["n"], c.WB, c.N)
    bits = to_bits(hidden, t["d"], c.WB - 1 + c.N + c.G1, c.N2)
    return {"logit": serial_layer(bits, t["w"][:, c.M1 :, : c.M1 + 1], t["d"], c.WB, c.N2)}


def cycles(c: Config, t: Batch) -> dict[str, Array]:
    """Those of the recurrence of serial_layer; layer 2 takes a bit when layer 1 gives it."""
    begins, ends, first, free = [], [], 0, 0
    for n, d in np.stack([t["n"], t["d"]], axis=1).astype(int).tolist():
        begins.append(first)
        ends.append(max(first + n, free) + d)
        first, free = max(first + c.N, ends[-1] - d), ends[-1]
    return {"x": timing.beats(begins, c.N), "y": np.array(ends) + 2}


def stimuli(c: Config) -> Stimuli:
    """Random frames of any precision, or the images at that of the configuration."""

    def counts(rng: np.random.Generator, rows: int, most: int) -> Array:
        return rng.integers(1, most + 1, rows)

    def bulk(draw: Draw) -> Batch:
        wanted = {"n": c.N, "d": c.N2}
        ranges = {name: partial(counts, most=most) for name, most in wanted.items()}
        return random(**ranges)(draw)

    def digits(draw: Draw) -> Batch:
        pixels = trained.choose(draw.n)
        rows = len(pixels)
        x = (pixels[..., None] >> np.arange(c.N)) & 1
        weights = np.broadcast_to(WEIGHTS, (rows, *WEIGHTS.shape))
        precision = {"n": c.N, "d": c.digits, "unused": 1}
        return {"w": weights, "x": x, **{name: np.full(rows, count) for name, count in precision.items()}}

    return {"digits": digits} if "digits" in c else {"bulk": bulk}


def figures(c: Config, sequence: str, inputs: Batch, actual: Batch, expected: Batch) -> dict[str, str]:
    """Accuracy."""
    del expected
    if sequence != "digits" or not len(inputs["x"]):
        return {}
    pixels = inputs["x"].astype(np.int64) @ (1 << np.arange(c.N))
    found = trained.accuracy(pixels, actual["logit"].argmax(axis=1))
    return {"images": f"{len(pixels)}", "accuracy": f"{found:.2%}"}


def cover(c: Config) -> list[CoverGroup]:
    """Signs of results; every precision and its changes."""
    signs = Point("sign", lambda t: np.sign(t["logit"]), values(-1, 1))
    if "digits" in c:
        return [CoverGroup("frame", [signs])]
    operands = Point("n", lambda t: t["n"], values(*range(1, c.N + 1)))
    hidden = Point("d", lambda t: t["d"], values(*range(1, c.N2 + 1)))
    change = Point("change", lambda t: t["d"] > c.N2 // 2, transitions(*product((0, 1), repeat=2)))
    return [CoverGroup("frame", [signs, operands, hidden, change])]


TRAINED = {
    "K": 64,
    "M1": trained.HIDDEN,
    "M2": 10,
    "G1": trained.GROWTHS[0],
    "WB": trained.WB,
    "N": trained.N,
    "N2": 12,
}

bench = Bench(
    top="serial_network",
    configs={
        "k4_3_2": {"K": 4, "M1": 3, "M2": 2, "G1": 2, "WB": 6, "N": 5, "N2": 10},
        "k2_1_1": {"K": 2, "M1": 1, "M2": 1, "G1": 0, "WB": 2, "N": 2, "N2": 3},
        "k2_2_1": {"K": 2, "M1": 2, "M2": 1, "G1": 10, "WB": 32, "N": 5, "N2": 20},
        **{f"digits{d}": {**TRAINED, "digits": d} for d in (8, 12)},
    },
    interface=interface,
    golden=golden,
    timing=cycles,
    stimuli=stimuli,
    cover=cover,
    plan={"results of either sign": ["frame.sign"]},
    figures=figures,
    volume=lambda c: 64 if "digits" in c else 2_000,
    quick=("k4_3_2", "digits8"),
    guards=[
        Limit("M1", 1, None),
        Refused({"M1": 5}, legal={"M1": 4}, given={"K": 4}, edge=lambda c: c.M1 == c.K),
        Limit("WB", 2, 32, by="serial_dot.WB"),
        Limit("N", 2, None, by="serial_dot.N"),
        Limit("G1", 0, 10, by="serial_layer.GROWTH"),
        Limit(
            "M2",
            1,
            1024,
            given={"K": 1, "M1": 1},
            left={1024: "minutes a run: 1,024 synapses; elaborated all the same"},
        ),
    ],
)
