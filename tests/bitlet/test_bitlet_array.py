"""Bench of bitlet_array: new weights for every few frames, elements that finish at different times."""

from __future__ import annotations

from itertools import product

import numpy as np

from models.bitlet.array import array, balance
from tests.bitlet import _pe, _timing
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
    Streams,
    Unsigned,
    ranges,
    transitions,
    values,
)
from ulpwise.bench.stimuli import Draw, Stimuli

STAY = 4  # frames that share their weights


def odd(c: Config) -> bool:
    """Tell whether frames of other lengths are tried: longer ones, and in configurations with `short` shorter ones."""
    return c.groups == 1 or "short" in c


def interface(c: Config) -> Streams:
    """Weights once, group by group, a beat an element; activations for all; results and cycles of all."""
    mode = {"width": Unsigned(5), "keep": Unsigned(5)}
    return Streams(
        {"a": Axis({"a": Unsigned(32, (c.groups, c.N))}, c.groups, mode, tlast="delimits" if odd(c) else "")},
        {"z": Axis({"z": Unsigned(64, (c.M,)), "cycles": Unsigned(32, (c.M,))})},
        {"w": Axis({"w": Unsigned(32, (c.groups, c.M, c.N))}, c.groups * c.M)},
    )


def model(c: Config, t: Batch) -> tuple[Array, Array]:
    """Results, and the cycles of each element for each group, (rows, M, groups)."""
    missing = absent(c, t)
    w = np.where(missing[:, :, None, None], 0, t["w"])
    z, cycles = array(np.moveaxis(w, 1, 2), t["a"], t["width"], t["keep"], c.OUT, saturate=bool(c.SATURATE))
    return z, np.where(missing[:, None], 0, cycles)


def absent(c: Config, t: Batch) -> Array:
    """Find the groups that short frames lack, (rows, groups): where there are any, groups of zeros at the end."""
    some = (t["a"] != 0).any(axis=2)
    some[:, 0] = True  # each frame has a group
    return ~np.maximum.accumulate(some[:, ::-1], axis=1)[:, ::-1] & ("short" in c)


def golden(c: Config, t: Batch) -> Batch:
    """Results and cycles of the model."""
    z, cycles = model(c, t)
    return {"z": z, "cycles": cycles.sum(axis=2)}


def stimuli(c: Config) -> Stimuli:
    """Weights of all kinds, for floating or for fixed point, new ones every few frames; activations of all kinds."""

    def bulk(draw: Draw) -> Batch:
        rng, rows = draw.rng, draw.n
        w, a = np.zeros((rows, c.groups, c.M, c.N), np.int64), np.zeros((rows, c.groups, c.N), np.int64)
        width = np.zeros(rows, int)
        loads = -(-rows // STAY)
        for load, at in enumerate(rng.permutation(loads)):
            own = np.arange(at * STAY, min(rows, (at + 1) * STAY))
            fixed = load % 2
            kinds = _pe.FIXED if fixed else _pe.FLOATS
            words = kinds[load // 2 % len(kinds)]
            stationary, _ = words(rng, (1, c.groups * c.M, c.N))
            w[own] = stationary.reshape(c.groups, c.M, c.N)
            # elements with less to do: some weights are zero, in another share of each
            w[own] &= np.where(rng.random((c.groups, c.M, c.N)) < rng.random((c.M, 1)), -1, _pe.SIGN)
            a[own] = words(rng, (len(own), c.groups, c.N))[1]
            width[own] = fixed * rng.integers(1, 25, len(own))
        keep = np.where(rng.random(rows) < 0.7, 0, rng.integers(1, 25, rows))
        if "short" in c:
            a[(a == 0).all(axis=2), 0] = 1  # or it would pass for one that is not there
        return {"w": w, "a": a, "width": width, "keep": keep}

    def normal(draw: Draw) -> Batch:
        """One set of weights, normally distributed, for all frames: those of the figures."""
        rng, rows = draw.rng, max(1, draw.n // 4)
        w, _ = _pe.gauss(rng, (1, c.groups * c.M, c.N))
        _, a = _pe.gauss(rng, (rows, c.groups, c.N))
        stationary = np.broadcast_to(w.reshape(c.groups, c.M, c.N), (rows, c.groups, c.M, c.N))
        return {"w": stationary, "a": a, "width": np.zeros(rows, int), "keep": np.zeros(rows, int)}

    return {"bulk": bulk, "normal": normal}


def cover(c: Config) -> list[CoverGroup]:
    """Formats and their changes, which come with new weights; each element as the slowest; how far apart they are."""

    def spread(t: Batch) -> Array:
        return np.ptp(model(c, t)[1], axis=1)

    def slowest(t: Batch) -> Array:
        cycles = model(c, t)[1]
        tie = (cycles == cycles.max(axis=1, keepdims=True)).sum(axis=1) > 1
        return np.where(tie & (c.M > 1), -1, cycles.argmax(axis=1))

    def sign(t: Batch) -> Array:
        return t["z"].astype(np.uint64) >> np.where(t["width"] == 0, 31, 63).astype(np.uint64)[:, None] & np.uint64(1)

    return [
        CoverGroup(
            "frame",
            [
                Point("format", lambda t: t["width"] > 0, {"float": 0, "fixed": 1}),
                Point("keep", lambda t: t["keep"] > 0, {"all": 0, "some": 1}),
                Point("change", lambda t: t["width"] > 0, transitions(*product((0, 1), repeat=2))),
                Point("slowest", slowest, values(*range(c.M))),
                Point("spread", spread, ranges((1, c.N - 1)) + values(*[0] * (c.N <= 8)) if c.M > 1 else values(0)),
                Point("sign", lambda t: sign(t).astype(int), values(0, 1)),
            ],
            [Cross("mode", "format", "keep")],
        )
    ]


def figures(c: Config, name: str, inputs: Batch, actual: Batch, expected: Batch) -> dict[str, str]:
    """How evenly the elements were loaded by weights that are normally distributed."""
    del actual, expected
    if name != "normal":
        return {}
    found = balance(model(c, inputs)[1])
    return {
        "balance (lane cycles, mean of the elements by the slowest)": f"{found.share:.1%}",
        "cycles a group, of them waiting, in lockstep": f"{found.slowest:.2f}, {found.lost:.2f}",
        "cycles a group, of them waiting, as they run": f"{found.taken:.2f}, {found.taken - found.mean:.2f}",
    }


bench = Bench(
    top="bitlet_array",
    configs={
        "m1": {"M": 1, "N": 4, "GROUPS": 1, "OUT": 64, "SATURATE": 1, "groups": 1},
        "m1_n1": {"M": 1, "N": 1, "GROUPS": 4, "OUT": 8, "SATURATE": 0, "groups": 4},
        "m2": {"M": 2, "N": 2, "GROUPS": 3, "OUT": 32, "SATURATE": 0, "groups": 2, "short": 1},
        "m3": {"M": 3, "N": 2, "GROUPS": 3, "OUT": 32, "SATURATE": 0, "groups": 2, "short": 1},
        "m4": {"M": 4, "N": 4, "GROUPS": 5, "OUT": 16, "SATURATE": 1, "groups": 5},
        "m3_g1": {"M": 3, "N": 6, "GROUPS": 2, "OUT": 64, "SATURATE": 1, "groups": 1},
        "m4_n16": {"M": 4, "N": 16, "GROUPS": 2, "OUT": 64, "SATURATE": 1, "groups": 2},
    },
    interface=interface,
    golden=golden,
    stimuli=stimuli,
    cover=cover,
    plan={
        "floating and fixed point, all significances and some": ["frame.mode"],
        "new weights behind old ones, also of the other format": ["frame.change"],
        "each element is the slowest, or all are as fast": ["frame.slowest", "frame.spread"],
        "results of either sign": ["frame.sign"],
    },
    figures=figures,
    volume=lambda c: 400 // (c.groups * (c.M + c.N)),  # large cores are slow
    timing=lambda c, t: _timing.elements(model(c, t)[1]),
    quick=("m2",),
    guards=[
        Limit(
            "M", 1, 64, given={"N": 1, "GROUPS": 1}, left={64: "elements are alike, and so many take Icarus minutes"}
        ),
        Limit(
            "N",
            1,
            128,
            given={"M": 1, "GROUPS": 1},
            by="bitlet_align.N",
            left={128: "bitlet_pe runs it; an array hands words on as they are"},
        ),
        Limit(
            "GROUPS",
            1,
            1024,
            given={"M": 1, "N": 1},
            left={1024: "frames of so many groups take Icarus minutes; m1_n1 fills a power of two, too"},
        ),
        Limit("OUT", 8, 64, given={"M": 1, "N": 1}, by="bitlet_pack.OUT"),
        Limit("SATURATE", 0, 1, given={"M": 1, "N": 1}, by="bitlet_pack.SATURATE"),
    ],
)
