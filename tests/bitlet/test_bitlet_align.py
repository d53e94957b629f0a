"""Bench of bitlet_align: words of every class and distance of exponents, every width, every number of lanes kept."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np

from models.bitlet.align import Group, align
from models.bitlet.parts import from_bits, side_by_side, significances, to_bits
from models.bitlet.parts import values as contributions
from models.bitlet.words import split
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
from ulpwise.bench import timing
from ulpwise.bench.stimuli import Draw, Stimuli

REST = {"exponent": 9, "flags": 4, "lanes": 5}  # of a beat, above bits and values
INFINITY = 0x7F80_0000
LEAST_ROWS = 64  # of a directed sequence
WORDS = {  # one of each class
    "zero": 0,
    "least": 1,
    "subnormal": 0x007F_FFFF,
    "normal": 0x0080_0000,
    "one": 0x3F80_0000,
    "most": 0x7F7F_FFFF,
    "infinity": INFINITY,
    "nan": 0x7FC0_0000,
    "signalling": 0x7F80_0001,
}


def word(c: Config) -> int:
    """Bits of a word of the field `bits`; more than 64 pairs need two of them."""
    return c.N if c.N <= 64 else c.N // 2


def interface(c: Config) -> Streams:
    """N weights, then N activations, a beat a group; the aligned group, by name when a frame has only one."""
    user = {"width": Unsigned(5), "keep": Unsigned(5)}
    beats = Axis({"p": Unsigned(32, (c.groups, 2, c.N))}, c.groups, user)
    bits = {"bits": Unsigned(word(c), (24, c.N // word(c))), "values": Unsigned(25, (c.N,))}
    whole = Axis({**bits, **{name: Unsigned(size) for name, size in REST.items()}})
    raw = Axis({"beat": Unsigned(1, (c.groups, 49 * c.N + sum(REST.values())))}, c.groups)
    return Streams({"p": beats}, {"g": whole if c.groups == 1 else raw})


def aligned(t: Batch) -> Group:
    """Align a batch: arrays of (rows, groups)."""
    return align(t["p"][:, :, 0], t["p"][:, :, 1], t["width"][:, None], t["keep"][:, None])


def golden(c: Config, t: Batch) -> Batch:
    """Aligned groups, laid out as the port has them."""
    group = aligned(t)
    lanes = np.repeat(np.where(t["width"] == 0, 24, t["width"])[:, None], c.groups, axis=1)
    rest = {"exponent": group.exponent, "flags": group.flags, "lanes": lanes}
    bits = significances(group)
    if c.groups == 1:
        words = from_bits(bits[:, 0].reshape(-1, 24, c.N // word(c), word(c)))
        return {"bits": words, "values": contributions(group)[:, 0], **{name: rest[name][:, 0] for name in REST}}
    above = [to_bits(rest[name], size) for name, size in REST.items()]
    return {"beat": side_by_side(bits, to_bits(contributions(group), 25), *above).astype(np.int64)}


def floats(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Draw finite words, (rows, groups, 2, N): exponents alike, near each other, anywhere, or none; any fraction."""
    rows = (shape[0], 1, 1, 1)
    spread = rng.choice([0, 1, 4, 12, 30, 60, 254], rows)
    middle = rng.integers(0, 255, (shape[0], 1, 2, 1))
    spread[::30], middle[::30] = 1, 0  # the least exponents
    near = middle + rng.integers(-spread, spread + 1, shape)
    exponent = np.clip(near, 0, 254)
    exponent[rng.random(shape) < rng.choice([0, 0.1, 0.9], rows, p=[0.6, 0.3, 0.1])] = 0  # subnormal, or zero
    fraction = rng.integers(0, 1 << 23, shape)
    kind = rng.random(shape)
    fraction = np.where(kind < 0.1, 0, np.where(kind > 0.9, 0x7F_FFFF, fraction))
    return rng.integers(0, 2, shape) << 31 | exponent << 23 | fraction


def batch(p: Array, width: Array | int, keep: Array | int) -> Batch:
    """Join the fields of transactions."""
    return {"p": p, "width": np.broadcast_to(width, len(p)), "keep": np.broadcast_to(keep, len(p))}


def share(c: Config, draw: Draw, rows: int, sure: Array) -> Array:
    """Choose all rows in any order, or, of wide groups, which take Icarus long, those that are sure and some others."""
    others = draw.rng.permutation(np.setdiff1d(np.arange(rows), sure))
    picks = np.r_[sure, others][: rows if c.N < 64 else max(draw.n, LEAST_ROWS, len(sure))]
    return draw.rng.permutation(picks)


def somewhere(draw: Draw, p: Array, w: Array, a: Array) -> Array:
    """Put one pair a row into each place in turn, or with fewer rows into places from the first to the last."""
    row, (groups, _, pairs) = np.arange(len(p)), p.shape[1:]
    places = row % pairs if len(p) >= pairs else np.linspace(0, pairs - 1, len(p)).astype(np.int64)
    group, pair = draw.rng.integers(0, groups, len(p)), draw.rng.permutation(places)
    p[row, group, 0, pair], p[row, group, 1, pair] = w, a
    return p


def classify(code: Array) -> Array:
    """Tell zeros, subnormals, normals, infinities and NaN from each other: 0 to 4."""
    field, rest = code >> 23 & 255, code & 0x7F_FFFF
    return np.where(field == 0, rest != 0, np.where(field == 255, 3 + (rest != 0), 2))


def stimuli(c: Config) -> Stimuli:
    """Classes of words against each other, distances one by one, widths and lanes; random groups of both formats."""

    def classes(draw: Draw) -> Batch:
        """Pair each class with each, of either sign, among small numbers or next to another such pair."""
        codes = np.array([word | sign << 31 for word in WORDS.values() for sign in (0, 1)])
        w, a = (axis.ravel() for axis in np.meshgrid(codes, codes, indexing="ij"))
        picks = share(c, draw, len(w), np.unique(classify(w) * 5 + classify(a), return_index=True)[1])
        w, a = w[picks], a[picks]
        p = floats(draw.rng, (len(w), c.groups, 2, c.N))
        again = draw.rng.random(len(w)) < 0.3
        p[again] = somewhere(draw, p[again], draw.rng.choice(w, again.sum()), draw.rng.choice(a, again.sum()))
        fixed = draw.rng.random(len(w)) < 0.1  # the same codes mean nothing special there
        return batch(somewhere(draw, p, w, a), np.where(fixed, draw.rng.integers(1, 25, len(w)), 0), 0)

    def distances(draw: Draw) -> Batch:
        """Each distance of all pairs but one from the greatest exponent, which is 508 or 254; fractions at random."""
        distance, most = (axis.ravel() for axis in np.meshgrid(np.r_[0:40, 60:70, 120:130, 240:253], [508, 254]))
        distance, most = np.r_[distance, distance, 254:507], np.r_[most, most, np.full(253, 508)]
        picks = share(c, draw, len(most), np.r_[np.unique(distance[:80], return_index=True)[1], len(most) - 1])
        distance, most = distance[picks], most[picks]
        p = draw.rng.integers(0, 1 << 32, (len(most), c.groups, 2, c.N)) & ~INFINITY
        low = (most - distance)[:, None, None]
        p[:, :, 0] |= low // 2 << 23
        p[:, :, 1] |= low - low // 2 << 23
        ends = draw.rng.integers(0, 1 << 32, (2, len(most))) & ~INFINITY | most // 2 << 23
        return batch(somewhere(draw, p, *ends), 0, 0)

    def formats(draw: Draw) -> Batch:
        """Each width with each number of lanes kept, in any order; all bits of the words at random."""
        # float32 with each number, then each with each, and each of both in the first 32 of those
        width, keep = np.r_[np.zeros(32, np.int64), np.arange(800) % 25], np.r_[np.arange(32), 3 * np.arange(800) % 32]
        order = draw.rng.permutation(len(width) if c.N < 64 else min(len(width), max(draw.n, LEAST_ROWS)))
        p = draw.rng.integers(0, 1 << 32, (len(order), c.groups, 2, c.N))
        real = width[order] == 0
        p[real] = floats(draw.rng, p[real].shape)
        return batch(p, width[order], keep[order])

    def bulk(draw: Draw) -> Batch:
        rng, rows = draw.rng, draw.n
        shape = (rows, c.groups, 2, c.N)
        width = np.where(rng.random(rows) < 0.6, 0, rng.integers(1, 25, rows))
        keep = np.where(rng.random(rows) < 0.5, 0, rng.integers(0, 32, rows))
        p = floats(rng, shape)
        special = rng.random(shape) < rng.choice([0, 0.5 / c.N, 0.2], (rows, 1, 1, 1), p=[0.8, 0.15, 0.05])
        p = np.where(special, rng.choice([*WORDS.values()], shape) | p & 1 << 31, p)
        size = rng.integers(0, 1 << 24, shape) >> rng.integers(0, 24, shape)
        return batch(np.where((width == 0)[:, None, None, None], p, size | p & 1 << 31), width, keep)

    return {"classes": classes, "distances": distances, "formats": formats, "bulk": bulk}


def cover(c: Config) -> list[CoverGroup]:
    """Classes of both words of a pair, distances, flags, formats and their order; where the greatest exponent is."""
    kinds = {name: i for i, name in enumerate(("zero", "subnormal", "normal", "infinity", "nan"))}

    def kind(side: int) -> Callable[[Batch], Array]:
        def sample(t: Batch) -> Array:
            code = t["p"][:, :, side].reshape(len(t["p"]), -1)
            return np.where(t["width"][:, None] == 0, classify(code), -1)

        return sample

    def exponents(t: Batch) -> Array:
        pairs = [split(t["p"][:, :, side], t["width"][:, None, None]).exponent for side in (0, 1)]
        return pairs[0] + pairs[1]

    def distance(t: Batch) -> Array:
        found = exponents(t)
        apart = (found.max(axis=2, keepdims=True) - found).reshape(len(found), -1)
        return np.where(t["width"][:, None] == 0, apart, -1)

    def at(t: Batch) -> Array:
        """Find the pair with the greatest exponent; -1 when there are several."""
        found = exponents(t)
        most = found == found.max(axis=2, keepdims=True)
        return np.where(most.sum(axis=2) == 1, most.argmax(axis=2), -1)

    def kept(t: Batch) -> Array:
        """Return 0 for all lanes, 1 for some, 2 for just as many as there are, 3 for more than there are."""
        top = np.where(t["width"] == 0, 24, t["width"])
        return np.where(t["keep"] == 0, 0, 2 + np.sign(t["keep"] - top))

    places = values(*range(c.N)) if c.N < 20 else values(0, c.N - 1) + ranges((1, c.N // 2), (c.N // 2 + 1, c.N - 2))
    single = Point("at", at, places)
    alike = Point("alike", lambda t: (distance(t) == 0).all(axis=1), values(0, 1) if c.N > 1 else values(1))
    far = {**{str(d): d for d in range(34)}, "far": (34, 255), "farthest": (256, 506)}
    return [
        CoverGroup(
            "float",
            [
                Point("w", kind(0), kinds),
                Point("a", kind(1), kinds),
                Point("distance", distance, far if c.N > 1 else values(0)),
                Point("emax", lambda t: np.where(t["width"][:, None] == 0, aligned(t).exponent, -1), values(2, 508)),
                Point("flags", lambda t: aligned(t).flags, values(0, 1, 2, 5, 6, *([7] if c.N > 1 else []), 8)),
                alike,
                single,
            ],
            [Cross("pair", "w", "a")],
        ),
        CoverGroup(
            "format",
            [
                Point("width", lambda t: t["width"], values(*range(25))),
                Point("keep", lambda t: t["keep"], values(*range(32))),
                Point("kept", kept, {"all": 0, "some": 1, "just": 2, "more": 3}),
                Point("fixed", lambda t: t["width"] != 0, values(0, 1)),
                Point("order", lambda t: t["width"] != 0, transitions(*product((0, 1), repeat=2))),
            ],
            [Cross("pruned", "fixed", "kept"), *([Cross("both", "width", "keep")] if c.N <= 8 else [])],
        ),
    ]


bench = Bench(
    top="bitlet_align",
    configs={
        **{f"n{n}": {"N": n, "groups": 1} for n in (1, 8, 13, 64, 128)},
        "n3_g3": {"N": 3, "groups": 3},
        "n9_g2": {"N": 9, "groups": 2},
    },
    interface=interface,
    golden=golden,
    stimuli=stimuli,
    cover=cover,
    plan={
        "each class of weight with each class of activation": ["float.pair"],
        "each distance from the greatest exponent up to 33, and far ones": ["float.distance"],
        "the greatest exponent in each pair, and in all": ["float.at", "float.alike"],
        "the least and the greatest exponent": ["float.emax"],
        "what infinities and NaN make of a sum": ["float.flags"],
        "every width of fixed point": ["format.width"],
        "every number of lanes kept, in either format": ["format.keep", "format.pruned"],
        "both formats in every order": ["format.order"],
    },
    volume=lambda c: (5_000 if c.N < 64 else 1_500) // (c.N + 8),  # Icarus takes 10 ms a group of 64 pairs
    timing=lambda c, t: timing.steady(timing.rows(t), {"p": c.groups}, {"g": c.groups}, latency=2, period=c.groups),
    quick=(
        "n8",
        "n3_g3",
    ),
    guards=[
        Limit("N", 1, 128),
    ],
)
