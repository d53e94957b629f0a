"""Bench of serial_layer: random digits and weights at every precision, result bits or whole words."""

from __future__ import annotations

from itertools import product

import numpy as np

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


def top(c: Config) -> int:
    """Most result bits."""
    return c.WB - 1 + c.N + c.GROWTH


def interface(c: Config) -> Streams:
    """Weights once, a beat a neuron; operand digits by significance; result bits likewise, or words."""
    left = {"d_left": Unsigned(6)}
    words = Axis({"z": Signed(c.WB + levels(c.K + 1) + c.N, (c.M,))}, user=left)
    bits = Axis({"z": SignedDigits(top(c), (c.M,))}, top(c), left, planes=True, ragged=True)
    precision = {"n": Unsigned(6), "d": Unsigned(6)}
    return Streams(
        {"x": Axis({"x": SignedDigits(c.N, (c.K,))}, c.N, precision, planes=True, tlast="delimits")},
        {"z": words if c.FINAL else bits},
        {"w": Axis({"w": Signed(c.WB, (c.M, c.K + 1))}, c.M)},
    )


def golden(c: Config, t: Batch) -> Batch:
    """Exact sums, or their leading bits."""
    sums = serial_layer(t["x"], t["w"], t["n"], c.WB, c.N)
    return {"z": sums if c.FINAL else to_bits(sums, t["d"], top(c), top(c)), "d_left": t["d"]}


def cycles(c: Config, t: Batch) -> dict[str, Array]:
    """Those of the header's recurrence."""
    begins, ends, first, free = [], [], 0, 0
    for n, d in np.stack([t["n"], t["d"]], axis=1).astype(int).tolist():
        begins.append(first)
        ends.append(max(first + n, free))
        first, free = max(first + c.N, ends[-1]), ends[-1] + (1 if c.FINAL else d)
    results = timing.beats(np.array(ends) + 1, 1 if c.FINAL else t["d"].astype(np.int64))
    return {"x": timing.beats(begins, c.N), "z": results}


def stimuli(c: Config) -> Stimuli:
    """Random frames of any precision; new weights every so often."""

    def wanted(rng: np.random.Generator, rows: int) -> Array:
        return rng.integers(1, top(c) + 1, rows)

    def bulk(draw: Draw) -> Batch:
        batch = random(n=lambda rng, rows: rng.integers(1, c.N + 1, rows), d=wanted)(draw)
        batch["w"] = batch["w"] >> draw.rng.integers(0, c.WB, (draw.n, 1, 1))[::64].repeat(64, axis=0)[: draw.n]
        return batch

    return {"bulk": bulk}


def cover(c: Config) -> list[CoverGroup]:
    """Every precision and its changes, results of either sign or none."""
    some = Point("result", lambda t: t["z"].reshape(len(t["z"]), c.M, -1).any(axis=2), values(0, 1))
    change = Point("change", lambda t: t["d"] > top(c) // 2, transitions(*product((0, 1), repeat=2)))
    operands = Point("n", lambda t: t["n"], values(*range(1, c.N + 1)))
    results = Point("d", lambda t: t["d"], values(*range(1, top(c) + 1)))
    return [CoverGroup("frame", [operands, results, change, some])]


SMALL = {"K": 5, "M": 3, "WB": 6, "N": 6, "GROWTH": 3, "FINAL": 0}

bench = Bench(
    top="serial_layer",
    configs={
        "k5": SMALL,
        "k5_final": {**SMALL, "FINAL": 1},
        "k16": {**SMALL, "K": 16, "M": 4, "WB": 8, "N": 8, "GROWTH": 4},
        "k64": {**SMALL, "K": 64, "M": 4, "WB": 8, "N": 8, "GROWTH": 6},
        "k1": {**SMALL, "K": 1, "M": 1, "WB": 4, "N": 4, "GROWTH": 0},
        "k1_n2": {**SMALL, "K": 1, "M": 1, "WB": 2, "N": 2, "GROWTH": 10},
        "k1_wide": {**SMALL, "K": 1, "M": 2, "WB": 32, "N": 30, "GROWTH": 2},
    },
    interface=interface,
    golden=golden,
    timing=cycles,
    stimuli=stimuli,
    cover=cover,
    plan={
        "operands of every precision": ["frame.n"],
        "results of every precision, and its changes from frame to frame": ["frame.d", "frame.change"],
        "neurons with a result, and neurons that ReLU or the precision leaves none": ["frame.result"],
    },
    volume=lambda c: 2_000 if c.K < 64 else 500,
    quick=("k5", "k5_final", "k16", "k1"),
    guards=[
        Limit("K", 1, None, given={"M": 1, "WB": 2}),
        Limit(
            "K",
            None,
            1023,
            given={"M": 1, "WB": 2},
            by="serial_dot.K",
            left={1023: "minutes a run: 1,024 synapses; elaborated all the same"},
        ),
        Limit(
            "M", 1, 1024, given={"K": 1, "WB": 2}, left={1024: "minutes a run: 1,024 synapses; elaborated all the same"}
        ),
        Limit("WB", 2, 32, given={"K": 1, "M": 1}, by="serial_dot.WB"),
        Limit("N", 2, None, given={"K": 1, "M": 1}, by="serial_dot.N"),
        Limit("GROWTH", 0, 10),
        Refused(
            {"N": 53},
            legal={"N": 52},
            given={"K": 1, "M": 1, "WB": 8, "GROWTH": 4},
            edge=lambda c: c.WB - 1 + c.N + c.GROWTH == 63,
        ),
        Limit("FINAL", 0, 1),
        Limit("UW", 12, None),
    ],
)
