"""Bench of bitlet_lane by itself: groups with any number of ones anywhere, distinct values."""

from __future__ import annotations

from itertools import product

import numpy as np

from models.bitlet.parts import from_bits, lane, to_bits
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
    transitions,
    values,
)
from ulpwise.bench import timing
from ulpwise.bench.stimuli import Draw, Stimuli


def word(c: Config) -> int:
    """Bits of a word of the field `bits`; more than 64 pairs need two of them."""
    return c.N if c.N <= 64 else c.N // 2


def interface(c: Config) -> Streams:
    """Weight bits and values in; a frame of as many values as there are ones, of one when there are none."""
    bits = Unsigned(word(c), (c.N // word(c),))
    return Streams(
        {"g": Axis({"bits": bits, "values": Unsigned(c.W, (c.N,))}, tlast="ignored")},
        {"v": Axis({"v": Unsigned(c.W, (c.N,))}, c.N, ragged=True)},
    )


def ones(c: Config, t: Batch) -> Array:
    """The weight bits of all pairs, (rows, N)."""
    return to_bits(t["bits"], word(c)).reshape(-1, c.N)


def golden(c: Config, t: Batch) -> Batch:
    """Values of the pairs whose bit is one, in order."""
    return {"v": lane(ones(c, t), t["values"])}


def moves(c: Config, t: Batch) -> Batch:
    """A value a cycle; the next group comes when the last value leaves."""
    count = np.maximum(ones(c, t).sum(axis=1, dtype=int), 1)
    start = timing.begins(len(count), count)
    return {"g": start, "v": timing.beats(start + 3, count)}


def stimuli(c: Config) -> Stimuli:
    """Directed sets of ones with a value of its own for each pair; then any number of ones and any values."""

    def batch(draw: Draw, bits: Array, contributions: Array | None = None) -> Batch:
        fmt = draw.fields["values"]
        rows = len(bits)
        if contributions is None:  # never zero: a value that is lost, or comes twice, shows in the frame's length
            contributions = np.maximum(fmt.random(draw.rng, rows), 1)
        words = from_bits(np.asarray(bits).reshape(rows, -1, word(c)))
        return {"bits": words, "values": contributions.astype(fmt.dtype)}

    def directed(draw: Draw) -> Batch:
        one, none, full = np.eye(c.N, dtype=int), np.zeros((1, c.N), int), np.ones((1, c.N), int)
        pairs = one[:-1] + one[1:]  # neighbours
        edge = one[:1] | one[-1:]
        halves = np.arange(c.N)[None] % 2 == np.arange(2)[:, None]
        runs = np.tri(c.N, dtype=int)
        mixed = [one, none, none, one[-1:], full, none, full, full, one[:1], none, edge, halves, pairs]
        some = slice(None, None, -(-c.N // 16))  # those with many ones take long
        return batch(draw, np.concatenate([*mixed, 1 - one[some], runs[some], 1 - runs[some]]))

    def bulk(draw: Draw) -> Batch:
        count = np.arange(draw.n) % (c.N + 1)
        count[c.N + 1 :: 3] //= 8  # many short groups
        count = draw.rng.permutation(count)[:, None]
        bits = draw.rng.permuted(np.broadcast_to(np.arange(c.N), (draw.n, c.N)), axis=1) < count
        fmt = draw.fields["values"]
        corners = draw.rng.choice(fmt.corners().reshape(-1), (draw.n, c.N))
        some = draw.rng.random((draw.n, 1)) < 0.2
        return batch(draw, bits, np.where(some, corners, np.maximum(fmt.random(draw.rng, draw.n), 1)))

    return {"directed": directed, "bulk": bulk}


def cover(c: Config) -> list[CoverGroup]:
    """How many ones, also from group to group; where the first, the last, and the only one is."""

    def kind(t: Batch) -> Array:
        """Return 0 for no ones, 1 for one, 2 for more, 3 for all (of at least three)."""
        count = ones(c, t).sum(axis=1, dtype=int)
        return np.where((count == c.N) & (c.N > 2), 3, np.minimum(count, 2))

    def first(t: Batch) -> Array:
        bits = ones(c, t)
        return np.where(bits.any(axis=1), bits.argmax(axis=1), -1)

    def last(t: Batch) -> Array:
        bits = ones(c, t)[:, ::-1]
        return np.where(bits.any(axis=1), c.N - 1 - bits.argmax(axis=1), -1)

    def alone(t: Batch) -> Array:
        bits = ones(c, t)
        return np.where(bits.sum(axis=1) == 1, bits.argmax(axis=1), -1)

    kinds = range({1: 2, 2: 3}.get(c.N, 4))
    ends = sorted({0, c.N - 1})
    return [
        CoverGroup(
            "ones",
            [
                Point("count", lambda t: ones(c, t).sum(axis=1, dtype=int), values(*range(c.N + 1))),
                Point("alone", alone, values(*range(c.N))),
                Point("next", kind, transitions(*product(kinds, repeat=2))),
                Point("first", first, values(*ends)),
                Point("last", last, values(*ends)),
            ],
            [Cross("ends", "first", "last", ignore=[(str(c.N - 1), "0")] if c.N > 1 else ())],
        ),
        CoverGroup("value", [Point("v", lambda t: t["v"], values(0, 1, (1 << c.W) - 1) if c.W > 1 else values(0, 1))]),
    ]


bench = Bench(
    top="bitlet_lane",
    configs={
        **{f"n{n}": {"N": n, "W": 25} for n in (1, 8, 13, 64, 128)},
        "n5_w1": {"N": 5, "W": 1},
        "n17_w64": {"N": 17, "W": 64},
    },
    interface=interface,
    golden=golden,
    stimuli=stimuli,
    cover=cover,
    plan={
        "every number of ones, none included": ["ones.count"],
        "each pair alone": ["ones.alone"],
        "groups of none, one, more or all ones right behind each other": ["ones.next"],
        "the first and the last pair, together and apart": ["ones.ends"],
        "extreme values": ["value.v"],
    },
    volume=lambda c: max(6_000 // (c.N + 12), c.N + 1),  # each number of ones once
    timing=moves,
    quick=(
        "n8",
        "n13",
    ),
    guards=[
        Limit("N", 1, 128),
        Limit("W", 1, 64),
        Limit(
            "LOCKSTEP",
            0,
            1,
            given={"N": 2},
            left={1: "works only while its sink is ready, so that it is no AXI4-Stream by itself; bitlet_pe runs it"},
        ),
    ],
)
