"""Bench of bitlet_distil: any significance is the fullest, with any number of ones, groups right behind each other."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np

from models.bitlet.align import Group
from models.bitlet.parts import from_bits, side_by_side, significances, to_bits
from models.bitlet.parts import values as contributions
from models.bitlet.pe import cycles, group_sum, ones
from tests.bitlet import _timing
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
    Signed,
    Streams,
    Unsigned,
    ranges,
    transitions,
    values,
)
from ulpwise.bench.stimuli import Draw, Stimuli

LANES = 24
MOST = (1 << LANES) - 1
REST = {"exponent": 9, "flags": 4, "lanes": 5}  # of a beat, above bits and values
SUMS = {"exponent_out": 9, "flags_out": 4, "cycles": 8}  # of a result, above the sum


def word(c: Config) -> int:
    """Bits of a word of the field `bits`; more than 64 pairs need two of them."""
    return c.N if c.N <= 64 else c.N // 2


def width(c: Config) -> int:
    """Bits of a group's sum."""
    return 49 + (c.N - 1).bit_length()


def interface(c: Config) -> Streams:
    """A beat a group on both sides: its parts by name when a frame has only one, else its bits."""
    if c.groups > 1:
        group = {"beat": Unsigned(1, (c.groups, 49 * c.N + sum(REST.values())))}
        found = {"sum": Unsigned(1, (c.groups, width(c) + sum(SUMS.values())))}
        return Streams({"g": Axis(group, c.groups)}, {"s": Axis(found, c.groups)})
    bits = {"bits": Unsigned(word(c), (LANES, c.N // word(c))), "values": Unsigned(25, (c.N,))}
    return Streams(
        {"g": Axis({**bits, **{name: Unsigned(size) for name, size in REST.items()}})},
        {"s": Axis({"s": Signed(width(c)), **{name: Unsigned(size) for name, size in SUMS.items()}})},
    )


def pack(c: Config, group: Group, rest: Batch) -> Batch:
    """Lay groups, (rows, groups, N), out as fields of the interface."""
    bits = significances(group)
    if c.groups == 1:
        words = from_bits(bits[:, 0].reshape(-1, LANES, c.N // word(c), word(c)))
        return {"bits": words, "values": contributions(group)[:, 0], **{name: rest[name][:, 0] for name in REST}}
    above = [to_bits(rest[name], size) for name, size in REST.items()]
    return {"beat": side_by_side(bits, to_bits(contributions(group), 25), *above).astype(np.int64)}


def unpack(c: Config, t: Batch) -> tuple[Group, Batch]:
    """Take fields of the interface apart: the inverse of `pack`."""
    if c.groups == 1:
        bits = to_bits(t["bits"], word(c)).reshape(-1, 1, LANES, c.N)
        codes, rest = t["values"][:, None], {name: t[name][:, None] for name in REST}
    else:
        edges = np.cumsum([LANES * c.N, 25 * c.N, *REST.values()])[:-1]
        slices, codes, *above = np.split(t["beat"], edges, axis=2)
        bits = slices.reshape(-1, c.groups, LANES, c.N)
        codes = from_bits(codes.reshape(-1, c.groups, c.N, 25))
        rest = dict(zip(REST, map(from_bits, above), strict=True))
    weight = from_bits(np.moveaxis(bits, 2, 3))
    none = np.zeros(weight.shape[:2], bool)
    group = Group(weight, codes & MOST, codes >> LANES != 0, rest["exponent"], none, none, none, none)
    return group, rest


def golden(c: Config, t: Batch) -> Batch:
    """Exact sums, and the ones of the fullest significance."""
    group, rest = unpack(c, t)
    found = {"exponent_out": rest["exponent"], "flags_out": rest["flags"], "cycles": cycles(group)}
    s = group_sum(group)
    if c.groups == 1:
        return {"s": s[:, 0], **{name: found[name][:, 0] for name in SUMS}}
    parts = [to_bits(s, width(c)), *(to_bits(found[name], size) for name, size in SUMS.items())]
    return {"sum": side_by_side(*parts).astype(np.int64)}


def stimuli(c: Config) -> Stimuli:
    """Directed groups, then weights of any number of ones in each significance."""

    def batch(draw: Draw, weight: Array, activation: Array, minus: Array) -> Batch:
        shape = weight.shape[:2]
        rest = {name: draw.rng.integers(0, 1 << size, shape) for name, size in REST.items()}
        none = np.zeros(shape, bool)
        return pack(c, Group(weight, activation, minus, none, none, none, none, none), rest)

    def some(draw: Draw, rows: int) -> tuple[Array, Array]:
        """Draw activations, few of them zero, and signs."""
        shape = (rows, c.groups, c.N)
        activation = draw.rng.integers(0, 1 << LANES, shape) >> draw.rng.integers(0, LANES, (rows, 1, 1))
        return activation, draw.rng.random(shape) < draw.rng.choice([0, 0.5, 0.5, 0.9, 1], (rows, 1, 1))

    def drawn(draw: Draw, count: Array) -> Array:
        """Draw weights of which significance b has count[..., b] ones."""
        places = np.broadcast_to(np.arange(c.N), (*count.shape, c.N))
        return from_bits(np.moveaxis(draw.rng.permuted(places, axis=-1) < count[..., None], 2, 3))

    def frames(weight: Array) -> Array:
        """Cut a list of groups into frames; the last one is filled up from the start."""
        rows = -(-len(weight) // c.groups)
        return weight[np.arange(rows * c.groups) % len(weight)].reshape(rows, c.groups, c.N)

    def directed(draw: Draw) -> Batch:
        """Draw no ones, all ones, all in one significance, one in each, one pair alone; every order of short groups."""
        full, none = np.full((1, c.N), MOST), np.zeros((1, c.N), int)
        steps = (1 << np.arange(c.N) % LANES)[None]
        alone = np.eye(c.N, dtype=int) * draw.rng.integers(1, 1 << LANES, (c.N, 1))
        few = np.concatenate([none, none, full, none, alone[:1], alone[-1:], full, alone[:1], none])
        short = np.concatenate([steps, alone[:: -(-c.N // 24)], none, steps, full])
        column = 1 << draw.rng.integers(0, LANES, (1, 1)) + none  # as many cycles as pairs, and the other way round
        weight = frames(np.concatenate([few, short, column, few[:2], short, MOST - column]))
        activation, minus = some(draw, len(weight))
        return batch(draw, weight, np.maximum(activation, 1), minus)

    def each(draw: Draw) -> Batch:
        """Make each significance the only fullest one, with sums of either sign."""
        weight = np.zeros((2 * LANES, c.N), np.int64)
        weight[:, 0] = np.tile(1 << np.arange(LANES), 2)
        if c.N > 1:
            weight[:, -1] = weight[:, 0] | draw.rng.integers(0, 1 << LANES, 2 * LANES)
        minus = frames(np.repeat([0, 1], LANES)[:, None] + 0 * weight) != 0
        return batch(draw, frames(weight), draw.rng.integers(1, 1 << LANES, minus.shape), minus)

    def extremes(draw: Draw) -> Batch:
        """Draw greatest weights and activations of one sign: the ends of the sum's range; -0."""
        minus = np.array([False, True, True, False, True])[: 5 if c.N < 64 else 2, None, None]
        shape = (len(minus), c.groups, c.N)
        activation = np.array([MOST, MOST, 0, MOST, MOST])[: len(minus), None, None]
        return batch(draw, np.full(shape, MOST), np.broadcast_to(activation, shape), np.broadcast_to(minus, shape))

    def bulk(draw: Draw) -> Batch:
        rng, shape, total = draw.rng, (draw.n, c.groups), draw.n * c.groups
        limit = np.arange(total) % (c.N + 1) if total > c.N else np.linspace(0, c.N, total).astype(int)
        limit[c.N + 1 :] >>= rng.integers(0, 4, total)[c.N + 1 :]  # many short groups
        limit = rng.permutation(limit).reshape(shape)
        count = rng.integers(
            0, limit[..., None] + rng.integers(0, 2, (*shape, 1)).clip(limit[..., None] == 0), (*shape, LANES)
        )
        fullest = rng.integers(0, LANES, shape)
        np.put_along_axis(count, fullest[..., None], limit[..., None], axis=2)
        unused = rng.random((*shape, LANES)) < rng.choice([0, 0.5, 0.9], (*shape, 1))
        np.put_along_axis(unused, fullest[..., None], False, axis=2)
        return batch(draw, drawn(draw, np.where(unused, 0, count)), *some(draw, draw.n))

    return {"directed": directed, "each": each, "extremes": extremes, "bulk": bulk}


def cover(c: Config) -> list[CoverGroup]:
    """Cycles, also from group to group; each significance as the fullest one; sums of either sign, at their ends."""

    def time(t: Batch) -> Array:
        return cycles(unpack(c, t)[0])

    def length(t: Batch) -> Array:
        """Return 0 for no ones, 1 for one cycle, 2 for more, 3 for as many as there are pairs, of a frame's first."""
        group = unpack(c, t)[0]
        most = ones(group).max(axis=2)[:, 0]
        return np.where((most == c.N) & (c.N > 2), 3, np.minimum(most, 2))

    def fullest(t: Batch) -> Array:
        """Find the one significance that has most ones; -1 when there are several."""
        count = ones(unpack(c, t)[0])
        most = count == count.max(axis=2, keepdims=True)
        return np.where(most.sum(axis=2) == 1, most.argmax(axis=2), -1)

    def alone(t: Batch) -> Array:
        """Find the only pair with a weight; -1 when there are several."""
        some = unpack(c, t)[0].weight != 0
        return np.where(some.sum(axis=2) == 1, some.argmax(axis=2), -1)

    def sums(t: Batch) -> Array:
        return group_sum(unpack(c, t)[0])

    # of many pairs the ends, and eighths of what is between
    inner = [2 + (c.N - 2) * i // 8 for i in range(9)]
    eighths = [(a, b - 1) for a, b in pairwise(inner)]
    times = values(*range(1, c.N + 1)) if c.N < 20 else values(1, c.N) + ranges(*eighths)
    kinds = range({1: 2, 2: 3}.get(c.N, 4))
    most = c.N * MOST * MOST
    return [
        CoverGroup(
            "group",
            [
                Point("cycles", time, times),
                Point("next", length, transitions(*product(kinds, repeat=2))),
                Point("fullest", fullest, values(*range(LANES))),
                Point("alone", alone, values(*sorted({0, c.N - 1}))),
                Point("end", sums, {"least": -most, "zero": 0, "most": most}),
                Point("sign", lambda t: np.sign(sums(t)), values(-1, 1)),
            ],
            [Cross("either", "fullest", "sign")],
        ),
    ]


bench = Bench(
    top="bitlet_distil",
    configs={
        **{f"n{n}": {"N": n, "groups": 1} for n in (1, 8, 13, 64, 128)},
        "n4_g3": {"N": 4, "groups": 3},
        "n17_g2": {"N": 17, "groups": 2},
    },
    interface=interface,
    golden=golden,
    stimuli=stimuli,
    cover=cover,
    plan={
        "every number of cycles from one to N": ["group.cycles"],
        "groups of no ones, one cycle, more, and N right behind each other": ["group.next"],
        "each significance as the fullest one, with sums of either sign": ["group.either"],
        "the first and the last pair alone": ["group.alone"],
        "sums at both ends of their range": ["group.end"],
    },
    volume=lambda c: (4_000 if c.N < 64 else 1_000) // (c.N + 8) // c.groups,  # Icarus takes 4 ms a cycle for 64 pairs
    timing=lambda c, t: _timing.engine(cycles(unpack(c, t)[0]), 3),
    quick=(
        "n8",
        "n4_g3",
    ),
    guards=[
        Limit("N", 1, 128),
        Limit(
            "LOCKSTEP",
            0,
            1,
            given={"N": 2},
            left={1: "works only while its sink is ready, so that it is no AXI4-Stream by itself; bitlet_pe runs it"},
        ),
    ],
)
