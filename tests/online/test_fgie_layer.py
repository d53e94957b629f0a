"""Bench of fgie_layer: frames of any precision, longer and shorter than what counts, and stops neuron by neuron."""

from __future__ import annotations

from itertools import product

import numpy as np

from models.online.layer import layer
from models.online.neuron import Shape
from tests.online._schedule import Layer
from ulpwise import (
    Array,
    Axis,
    Batch,
    Bench,
    Config,
    CoverGroup,
    Cross,
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
from ulpwise.bench.stimuli import Draw, Stimuli


def interface(c: Config) -> Streams:
    """Weights once, a beat a neuron; operand digits by significance; results, which end with their last digit."""
    weights = {"y": Signed(c.WB, (c.M, c.K + 1))}  # the bias is the last weight of a neuron
    behind = {"behind": Unsigned(c.UW - 12)} if c.get("UW", 12) > 12 else {}
    user = {"operands": Unsigned(6), "digits": Unsigned(6), **behind}
    left = {f"{name}_left": fmt for name, fmt in user.items() if name != "operands"}
    return Streams(
        inputs={"x": Axis({"x": SignedDigits(c.beats, (c.K,))}, c.beats, user, planes=True, tlast="delimits")},
        outputs={
            "z": Axis({"z": SignedDigits(c.digits, (c.M // c.POOL,))}, c.digits, left, planes=True, ragged=True),
            "stat": Axis({"saved": Unsigned(16), "total": Unsigned(16)}),
        },
        setup={"w": Axis(weights, c.M)},
    )


def golden(c: Config, t: Batch) -> Batch:
    """Digits and counts of the model; all frames share their weights."""
    w, wanted = t["y"][0], (np.minimum(t["operands"], c.N).astype(np.int64), t["digits"].astype(np.int64))
    shape = Shape(c.WB, c.GROWTH, bool(c.MERGED), bool(c.RELU))
    results = layer(t["x"], w[:, :-1].copy(), w[:, -1].copy(), *wanted, c.digits, shape, pool=c.POOL)
    left = {f"{name}_left": t[name] for name in ("digits", "behind") if name in t}
    return {"z": results.z, **left, "saved": results.saved, "total": results.total}


def cycles(c: Config, t: Batch) -> dict[str, Array]:
    """A frame as soon as the neurons are through with the one before; results a fixed time behind it."""
    control = Layer(c.K, c.N, bool(c.MERGED), c.PIPE, c.POOL)
    digits = t["digits"].astype(np.int64)
    begins = timing.begins(len(digits), np.maximum(c.beats, digits + control.tail))
    return {
        "x": timing.beats(begins, c.beats),
        "z": timing.beats(begins + control.latency, digits),
        "stat": begins + control.neuron + digits,
    }


def stimuli(c: Config) -> Stimuli:
    """Any operands and few that are not zero; weights that fit, new ones every 32 frames."""

    def frames(draw: Draw, share: float) -> Batch:
        rng, rows = draw.rng, draw.n
        y = draw.fields["y"].random(rng, -(-rows // 32))
        room = 2 << (c.WB - 1 + c.GROWTH)
        taken = 2 * abs(y[..., :-1]).sum(axis=2) + abs(y[..., -1])
        y = np.where((taken > room)[..., None], np.sign(y) * (abs(y) * room // taken[..., None]), y)
        x = draw.fields["x"].random(rng, rows)
        x[rng.random(x.shape) > share] = 0
        return {
            "x": x,
            "y": np.repeat(y, 32, axis=0)[:rows],
            "operands": rng.choice([0, *range(1, c.beats + 1), min(c.beats + 1, 63), 63], rows).astype(np.int64),
            "digits": rng.integers(1, c.digits + 1, rows),
            **({"behind": draw.fields["behind"].random(rng, rows)} if "behind" in draw.fields else {}),
        }

    return {"bulk": lambda draw: frames(draw, 1.0), "sparse": lambda draw: frames(draw, 0.2)}


def cover(c: Config) -> list[CoverGroup]:
    """Precision of operands and results, frames with any number of stopped neurons, the order of frames."""
    few = c.M + 1  # numbers of positive results

    def count(t: Batch) -> Array:
        return t["z"].any(axis=2).sum(axis=1)

    def slow(t: Batch) -> Array:
        return t["digits"] > c.digits // 2

    points = [
        Point("operands", lambda t: t["operands"], values(*sorted({*range(c.beats + 1), min(c.beats + 1, 63), 63}))),
        Point("digits", lambda t: t["digits"], values(*range(1, c.digits + 1))),
        Point("alive", count, values(*range(few if c.POOL == 1 else c.M // c.POOL + 1))),
        Point("change", slow, transitions(*product((0, 1), repeat=2))),
        Point("stopped", lambda t: t["saved"] > 0, transitions(*product((0, 1) if c.RELU else (0,), repeat=2))),
        Point("z", lambda t: t["z"].reshape(len(t["z"]), -1), values(-1, 0, 1), illegal=values(2)),
        Point("sane", lambda t: t["saved"] > t["total"], values(0), illegal=values(1)),
    ]
    return [CoverGroup("frame", points, [Cross("precision", "operands", "digits")])]


MERGED, TREE = {"MERGED": 1, "PIPE": 1, "RELU": 1}, {"MERGED": 0, "PIPE": 1, "RELU": 1}
ONE = {"K": 1, "M": 1, "GROWTH": 0}
WIDE = {**MERGED, "PIPE": 2, "UW": 18}

bench = Bench(
    top="fgie_layer",
    configs={
        "k5_m3": {"K": 5, "M": 3, "WB": 6, "N": 5, "GROWTH": 3, **MERGED, "POOL": 1, "beats": 5, "digits": 9},
        "k5_m3_tree": {"K": 5, "M": 3, "WB": 6, "N": 5, "GROWTH": 3, **TREE, "POOL": 1, "beats": 7, "digits": 9},
        "k3_long": {"K": 3, "M": 2, "WB": 4, "N": 12, "GROWTH": 1, **MERGED, "POOL": 1, "beats": 12, "digits": 4},
        "k8_m6_pool3": {"K": 8, "M": 6, "WB": 8, "N": 6, "GROWTH": 2, **MERGED, "POOL": 3, "beats": 6, "digits": 8},
        "k64_m4": {"K": 64, "M": 4, "WB": 8, "N": 5, "GROWTH": 7, **MERGED, "POOL": 1, "beats": 5, "digits": 12},
        "k4_linear": {
            "K": 4,
            "M": 1,
            "WB": 8,
            "N": 4,
            "GROWTH": 3,
            **MERGED,
            "RELU": 0,
            "POOL": 1,
            "beats": 4,
            "digits": 9,
        },
        "k1_short": {**ONE, "WB": 2, "N": 1, **MERGED, "PIPE": 0, "POOL": 1, "beats": 1, "digits": 3},
        # as many frames on their way as there may be
        "k8_short_pool4": {"K": 8, "M": 8, "WB": 4, "N": 1, "GROWTH": 2, **MERGED, "POOL": 4, "beats": 1, "digits": 2},
        "k3_pool5": {**WIDE, "K": 3, "M": 5, "WB": 32, "N": 4, "GROWTH": 2, "POOL": 5, "beats": 4, "digits": 6},
        "k2_n63": {**WIDE, "K": 2, "M": 1, "WB": 4, "N": 63, "GROWTH": 2, "POOL": 1, "beats": 63, "digits": 3},
    },
    interface=interface,
    golden=golden,
    timing=cycles,
    stimuli=stimuli,
    cover=cover,
    plan={
        "every precision of operands with every precision of results, chosen frame by frame": ["frame.precision"],
        "short frames behind long ones and long behind short": ["frame.change"],
        "any number of neurons stops, each on its own": ["frame.alive"],
        "a stop ends with its frame": ["frame.stopped"],
        "every result digit, never the code (1,1)": ["frame.z"],
        "the share of saved digit cycles is a share": ["frame.sane"],
    },
    volume=lambda c: 800 if c.K == 64 or c.N == 63 else 5_000 // max(c.digits, 5),
    quick=("k5_m3", "k5_m3_tree", "k8_short_pool4", "k8_m6_pool3", "k4_linear"),
    guards=[
        Limit(
            "K",
            1,
            1023,
            given={**ONE, "WB": 2},
            by="fgie_neuron.K",
            left={1023: "minutes a run: 1,024 synapses; elaborated all the same"},
        ),
        Limit(
            "M",
            1,
            1024,
            given={"K": 1, "WB": 2, "GROWTH": 0},
            left={1024: "minutes a run: 1,024 synapses; elaborated all the same"},
        ),
        Limit("WB", 2, 32, given=ONE, by="fgie_neuron.WB"),
        Limit("N", 1, 63, given=ONE),
        Limit("GROWTH", 0, None, by="fgie_neuron.GROWTH"),
        Refused(
            {"GROWTH": 4},
            legal={"GROWTH": 3},
            given={"K": 5},
            by="fgie_neuron.GROWTH",
            edge=lambda c: c.K.bit_length() == c.GROWTH,
        ),
        Limit("PIPE", 0, None, by="online_dot_merged.PIPE"),
        Limit("POOL", 1, None),
        Refused({"POOL": 4}, legal={"POOL": 3}, given={"M": 3}, edge=lambda c: c.POOL == c.M > 1),
        Refused({"POOL": 2}, given={"M": 3}, edge=lambda c: 1 < c.POOL < c.M),
        Limit("UW", 12, None),
    ],
)
