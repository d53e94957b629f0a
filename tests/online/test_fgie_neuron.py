"""Bench of fgie_neuron: tree and merged, worst-case and trained growth, precision that changes from frame to frame."""

from __future__ import annotations

from itertools import product

import numpy as np

from models.online.classifier import read
from models.online.dot import levels
from models.online.neuron import DELTA, Shape, neuron, total
from tests.online._schedule import Layer
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
    Unsigned,
    transitions,
    values,
)
from ulpwise.bench.stimuli import Draw, Stimuli


def interface(c: Config) -> DigitSerial:
    """Frames at the least period of the longest result."""
    cycles = c.digits + (DELTA if c.MERGED else levels(c.K + 1) + 2)
    held = {"y": Signed(c.WB, (c.K,)), "bias": Signed(c.WB), "digits": Unsigned(6)}
    outputs = {"z": SignedDigits(c.digits), "saved": Unsigned(6)}
    latency = {"z": Layer(c.K, merged=bool(c.MERGED), pipe=c.get("PIPE", 1)).latency}
    return DigitSerial({"x": SignedDigits(c.n, (c.K,))}, outputs, max(c.n, cycles), held, latency)


def shape(c: Config) -> Shape:
    """The neuron of a configuration."""
    return Shape(c.WB, c.GROWTH, bool(c.MERGED), bool(c.RELU))


def golden(c: Config, t: Batch) -> Batch:
    """The digits of the recurrences, rectified, and those saved."""
    z, saved = neuron(t["x"], t["y"], t["bias"], t["digits"], c.digits, shape(c))
    return {"z": z, "saved": saved}


def stimuli(c: Config) -> Stimuli:
    """Any operands, few or one that are not zero, all in one direction; weights are scaled until their sum fits."""
    half = 1 << (c.WB - 1)

    def frames(draw: Draw, share: float, *, aligned: bool) -> Batch:
        rng, rows = draw.rng, draw.n
        t = {name: draw.fields[name].random(rng, rows) for name in ("x", "y", "bias")}
        alone = np.arange(rows) % 4 == 1 if share < 1 else np.zeros(rows, np.bool_)
        for name, shape_ in (("x", (c.K, c.n)), ("y", (c.K,)), ("bias", ())):
            keep = rng.random((rows, *shape_)) < share
            t[name] *= keep | alone.reshape(-1, *(1 for _ in shape_))
        t["bias"][::8] = rng.choice([-half, half - 1], len(t["bias"][::8]))
        t["bias"][alone] = 0
        t["x"][alone] *= np.eye(c.K, dtype=np.int8)[np.arange(alone.sum()) % c.K, :, None]
        if aligned:
            t["y"][::2] = rng.choice([-half, half - 1], t["y"][::2].shape)
        room, taken = (2 * half << c.GROWTH) - abs(t["bias"]), 2 * abs(t["y"]).sum(axis=1)
        shrunk = np.sign(t["y"]) * (abs(t["y"]) * room[:, None] // np.maximum(taken, 1)[:, None])
        t["y"] = np.where((taken > room)[:, None], shrunk, t["y"])
        if aligned:
            t["x"][:] = (rng.choice([-1, 0, 1], rows)[:, None] * np.sign(t["y"]))[..., None]
        part = rng.integers(1, c.digits + 1, rows)
        return {**t, "digits": np.where(rng.random(rows) < 0.25, c.digits, part)}

    return {
        "bulk": lambda draw: frames(draw, 1.0, aligned=False),
        "sparse": lambda draw: frames(draw, 0.2, aligned=False),
        "aligned": lambda draw: frames(draw, 1.0, aligned=True),
    }


def cover(c: Config) -> list[CoverGroup]:
    """How a frame ends and which one follows, the precision, each synapse alone, and the error."""
    exact = c.n + c.WB - 1 + c.GROWTH  # digits of an exact result

    def raw(t: Batch) -> Array:
        z = total(t["x"], t["y"], t["bias"], c.digits, shape(c))
        return read(np.where(np.arange(c.digits) < t["digits"][:, None], z, 0))

    def alone(t: Batch) -> Array:
        live = t["x"].any(axis=2) & (t["y"] != 0) & (t["bias"] == 0)[:, None]
        return np.where(live.sum(axis=1) == 1, live.argmax(axis=1), -1)

    def wrong(t: Batch) -> Array:
        ideal = (read(t["x"]) * t["y"]).sum(axis=1) + (t["bias"] << (c.n - 1))
        ideal = np.where((raw(t) < 0) & bool(c.RELU), 0, ideal)
        ulp = np.where(t["digits"] == exact, 0, 1 << (exact - t["digits"]))
        return abs((read(t["z"]) << (exact - c.digits)) - ideal) > ulp

    fates = (0, 1) if c.RELU else (0,)
    points = [
        Point("sign", lambda t: np.sign(raw(t)), values(-1, 0, 1)),
        Point("saved", lambda t: t["saved"], values(*range(c.digits if c.RELU else 1))),
        Point("digits", lambda t: t["digits"], values(*range(1, c.digits + 1))),
        Point("order", lambda t: t["saved"] > 0, transitions(*product(fates, repeat=2))),
        Point("alone", alone, values(*range(c.K))),
        Point("bias", lambda t: t["bias"], values(-1 << (c.WB - 1), (1 << (c.WB - 1)) - 1)),
        Point("z", lambda t: t["z"], values(-1, 0, 1), illegal=values(2)),
        Point("bound", wrong, values(0), illegal=values(1)),
    ]
    return [CoverGroup("frame", points, [Cross("precision", "digits", "sign")])]


TREE, SMALL = {"MERGED": 0, "RELU": 1}, {"MERGED": 1, "PIPE": 1, "RELU": 1}

bench = Bench(
    top="fgie_neuron",
    configs={
        "k3_tree": {"K": 3, "WB": 8, "GROWTH": 2, **TREE, "n": 8, "digits": 17},
        "k5_tree": {"K": 5, "WB": 6, "GROWTH": 3, **TREE, "n": 6, "digits": 9},
        "k16_tree": {"K": 16, "WB": 8, "GROWTH": 5, **TREE, "n": 5, "digits": 10},
        "k3": {"K": 3, "WB": 8, "GROWTH": 2, **SMALL, "n": 8, "digits": 17},
        "k5_growth1": {"K": 5, "WB": 6, "GROWTH": 1, **SMALL, "n": 6, "digits": 9},
        "k16": {"K": 16, "WB": 8, "GROWTH": 5, **SMALL, "n": 5, "digits": 10},
        "k16_growth0": {"K": 16, "WB": 8, "GROWTH": 0, **SMALL, "PIPE": 2, "n": 5, "digits": 8},
        "k64": {"K": 64, "WB": 8, "GROWTH": 7, **SMALL, "n": 5, "digits": 12},
        "k1": {"K": 1, "WB": 2, "GROWTH": 0, **SMALL, "n": 4, "digits": 5},
        "k2_wb32": {"K": 2, "WB": 32, "GROWTH": 2, **SMALL, "n": 4, "digits": 12},
        "k6_linear": {"K": 6, "WB": 8, "GROWTH": 3, **SMALL, "PIPE": 0, "RELU": 0, "n": 6, "digits": 12},
    },
    interface=interface,
    ignore=("stop",),  # no kind of result is high for a part of a frame: test_fgie_waves checks it in every cycle
    golden=golden,
    stimuli=stimuli,
    cover=cover,
    plan={
        "results of every sign at every precision, chosen frame by frame": ["frame.precision"],
        "every number of saved digits, down to none": ["frame.saved"],
        "a stop ends with its frame: frames stopped or not, after frames stopped or not": ["frame.order"],
        "each synapse reaches the result alone": ["frame.alone"],
        "extreme biases": ["frame.bias"],
        "every result digit, never the code (1,1)": ["frame.z"],
        "no result is more than an ulp away, none is wrong at full length": ["frame.bound"],
    },
    volume=lambda c: 30_000 // c.digits // c.K if c.K < 64 else 800,
    quick=("k3_tree", "k5_tree", "k16_tree", "k3", "k5_growth1", "k16", "k16_growth0", "k6_linear"),
    guards=[
        Limit(
            "K",
            1,
            1023,
            given={"WB": 2, "GROWTH": 0, "MERGED": 1},
            left={1023: "minutes a run: 1,024 synapses; elaborated all the same"},
        ),
        Limit("WB", 2, 32),
        Limit("GROWTH", 0, None, given={"MERGED": 1}),
        Refused(
            {"GROWTH": 3}, legal={"GROWTH": 2}, given={"K": 3, "MERGED": 1}, edge=lambda c: c.K.bit_length() == c.GROWTH
        ),
        Refused({"GROWTH": 1}, legal={"GROWTH": 2}, given={"K": 3, "MERGED": 0}, edge=lambda c: not c.MERGED),
        Limit("PIPE", 0, None, given={"MERGED": 1}, by="online_dot_merged.PIPE"),
        Limit("MERGED", 0, 1),
        Limit("RELU", 0, 1),
    ],
)
