"""What the benches of bitlet_pe, of its baselines and of bitlet_array share: words worth trying, and cover points."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from pathlib import Path

import numpy as np

from models.bitlet import baselines
from models.bitlet.align import align
from models.bitlet.pe import LEAST, cycles, group_sum, total
from models.bitlet.words import float_words
from tests.bitlet import _timing
from ulpwise import Array, Axis, Batch, Config, CoverGroup, Cross, Point, Streams, Unsigned, ranges, transitions, values
from ulpwise.bench.stimuli import Draw, Stimuli

DATA = Path(__file__).parents[1] / "data"
Pairs = tuple[Array, Array]
Words = Callable[[np.random.Generator, tuple[int, ...]], Pairs]
INFINITY, NAN, SIGN = 0x7F80_0000, 0x7FC0_0000, 1 << 31

# the worked example of the paper: three cycles for six weights
PAPER = np.array([12.625, 5.15625, 9.75, 1.625, 0.25, 76.25], np.float32)
# the golden vectors: result and cycles with all significances, result with the top eight
PUBLISHED = {
    "T01": (-3.6667754650115967, 35, -3.7001364231),
    "T02": (0.3855160176753998, 42, 0.3847264946),
    "T03": (-1.4899426698684692, 37, -1.4869604111),
}


def interface(c: Config) -> Streams:
    """Groups of words on both streams; result and cycles."""
    shape = (c.groups, c.N)
    return Streams(
        {
            "w": Axis({"w": Unsigned(32, shape)}, c.groups, tlast="ignored"),
            "a": Axis({"a": Unsigned(32, shape)}, c.groups, {"width": Unsigned(5), "keep": Unsigned(5)}),
        },
        {"z": Axis({"z": Unsigned(64), "cycles": Unsigned(32)})},
    )


def golden(engine: int, c: Config, t: Batch) -> Batch:
    """Exact sums, packed, and the cycles of an engine."""
    parts = (t["w"], t["a"], t["width"], t["keep"], c.OUT)
    z, spent = baselines.processing_element(engine, *parts, saturate=bool(c.SATURATE))
    return {"z": z, "cycles": spent.sum(axis=1)}


def compose(minus: Array, exponent: Array, fraction: Array) -> Array:
    """Write float32 words; the biased exponent is clipped to those of finite numbers."""
    return minus * SIGN | np.clip(exponent, 0, 254) << 23 | fraction


def around(rng: np.random.Generator, w: Array, a: Array) -> Pairs:
    """Words of these biased exponents, any sign and fraction."""
    shape = np.broadcast_shapes(w.shape, a.shape)
    first, second = (compose(rng.integers(0, 2, shape), e, rng.integers(0, 1 << 23, shape)) for e in (w, a))
    return first, second


def gauss(rng: np.random.Generator, shape: tuple[int, ...]) -> Pairs:
    """Normally distributed numbers."""
    w, a = (float_words(rng.normal(size=shape).astype(np.float32)) for _ in range(2))
    return w, a


def wide(rng: np.random.Generator, shape: tuple[int, ...]) -> Pairs:
    """Any exponents."""
    return around(rng, rng.integers(0, 255, shape), rng.integers(0, 255, shape))


def apart(rng: np.random.Generator, shape: tuple[int, ...]) -> Pairs:
    """Groups whose exponents differ by hundreds."""
    places = np.array([0, 1, 2, 64, 127, 190, 252, 254])
    near = [rng.choice(places, (*shape[:-1], 1)) - rng.integers(0, 3, shape) for _ in range(2)]
    return around(rng, *near)


def matched(rng: np.random.Generator, shape: tuple[int, ...]) -> Pairs:
    """Products whose exponents differ by 20 to 70: shifts around the last one that leaves a bit."""
    far = rng.integers(20, 71, (*shape[:-1], 1)) * rng.integers(0, 2, shape)
    return around(rng, 150 - far // 2, 150 - (far - far // 2) + rng.integers(-1, 2, shape))


def cancel(rng: np.random.Generator, shape: tuple[int, ...]) -> Pairs:
    """Large products that cancel, within a group or from the first to the last; sometimes something small is left."""
    rows, groups, n = shape
    high = rng.integers(100, 255, (rows, 1, 1))
    w, a = around(rng, high - rng.integers(0, 9, shape), high - rng.integers(0, 9, shape))
    if groups > 1:
        w[:, 1:-1], a[:, 1:-1] = around(rng, *(rng.integers(1, 130, (rows, groups - 2, n)) for _ in range(2)))
        w[:, -1], a[:, -1] = w[:, 0], a[:, 0] ^ SIGN
    else:
        half = n // 2
        w[..., half : 2 * half], a[..., half : 2 * half] = w[..., :half], a[..., :half] ^ SIGN
        w[..., 2 * half :] = 0
    change = rng.random(rows) < 0.5
    w[change, -1, -1] ^= 1 << rng.integers(0, 23)
    return w, a


def special(rng: np.random.Generator, shape: tuple[int, ...]) -> Pairs:
    """Now and then a zero, a subnormal number, an infinity, a NaN, or the end of the normal range."""
    rare = [0, SIGN, 1, SIGN | 1, 0x7F_FFFF, 0x40_0000, 0x80_0000, 0x7F7F_FFFF]
    rarest = [INFINITY, SIGN | INFINITY, NAN, INFINITY | 1, SIGN | 0x7FFF_FFFF]
    size = shape[1] * shape[2]

    def one(words: Array) -> Array:
        words = np.where(rng.random(shape) < 0.3, rng.choice(rare, shape), words)
        return np.where(rng.random(shape) < 0.7 / size, rng.choice(rarest, shape, p=[0.4, 0.4, 0.1, 0.05, 0.05]), words)

    w, a = gauss(rng, shape)
    return one(w), one(a)


def nothing(rng: np.random.Generator, shape: tuple[int, ...]) -> Pairs:
    """Zeros of either sign, in some groups or all; the exponents of the activations count nevertheless."""
    w, a = gauss(rng, shape)
    empty = (rng.random((*shape[:-1], 1)) < 0.7) | (rng.random((shape[0], 1, 1)) < 0.3)
    return np.where(empty, w & SIGN, w), a


def ends(rng: np.random.Generator, shape: tuple[int, ...]) -> Pairs:
    """Results at the ends of the range: too small to show, subnormal, around the greatest; some negative ones alone."""
    zones = rng.permutation(np.arange(shape[0]) % 3)[:, None, None]
    both = rng.integers(np.choose(zones, [80, 104, 378]), np.choose(zones, [104, 132, 384]))  # sum of two exponents
    first = np.clip(both // 2 + rng.integers(-30, 31, shape), np.maximum(both - 254, 1), np.minimum(both - 1, 254))
    w, a = around(rng, first, both - first)
    some = (rng.random((shape[0], 1, 1)) < 0.5) | (np.arange(shape[2]) == 0)
    negative = rng.random((shape[0], 1, 1)) < 0.5
    return np.where(negative, w | SIGN, w) & np.where(some, -1, SIGN), np.where(negative, a & ~SIGN, a)


def dense(rng: np.random.Generator, shape: tuple[int, ...]) -> Pairs:
    """All ones: the most cycles."""
    w, a = gauss(rng, shape)
    return w & SIGN | 0x3FFF_FFFF, a & SIGN | rng.choice([0x3FFF_FFFF, 0x3F80_0000], shape)


def sparse(rng: np.random.Generator, shape: tuple[int, ...]) -> Pairs:
    """One or two ones a weight, many zeros."""
    w, a = gauss(rng, shape)
    few = compose(rng.integers(0, 2, shape), rng.integers(120, 130, shape), 1 << rng.integers(0, 23, shape))
    return np.where(rng.random(shape) < 0.5, few, w & SIGN), a


# the first ones also fit into a short run
FLOATS: tuple[Words, ...] = (dense, gauss, apart, cancel, ends, nothing, wide, special, special, ends, matched, sparse)


def fixed(minus: Array, size: Array) -> Array:
    """Write fixed-point words."""
    return minus * SIGN | size


def anything(rng: np.random.Generator, shape: tuple[int, ...]) -> Pairs:
    """Any magnitudes, also above the width."""
    w, a = (fixed(rng.integers(0, 2, shape), rng.integers(0, 1 << 24, shape)) for _ in range(2))
    return w, a


def most(rng: np.random.Generator, shape: tuple[int, ...]) -> Pairs:
    """The greatest magnitudes, of one sign or any: the most cycles, the greatest sums."""
    minus = rng.integers(0, 2, (shape[0], 1, 1)) | rng.integers(0, 2, shape) * rng.integers(0, 2, (shape[0], 1, 1))
    full = np.full(shape, (1 << 24) - 1)
    return fixed(minus, full), fixed(rng.integers(0, 2, (shape[0], 1, 1)), full)


def few(rng: np.random.Generator, shape: tuple[int, ...]) -> Pairs:
    """One bit a weight or none, zeros of either sign."""
    w = fixed(rng.integers(0, 2, shape), rng.integers(0, 2, shape) << rng.integers(0, 24, shape))
    return w, anything(rng, shape)[1]


def small(rng: np.random.Generator, shape: tuple[int, ...]) -> Pairs:
    """Small magnitudes, normally distributed."""
    w, a = (np.rint(rng.normal(size=shape) * 2.0 ** rng.integers(0, 6, (shape[0], 1, 1))).astype(int) for _ in range(2))
    return fixed(w < 0, abs(w)), fixed(a < 0, abs(a))


def empty(rng: np.random.Generator, shape: tuple[int, ...]) -> Pairs:
    """Groups without a one."""
    w, a = anything(rng, shape)
    return np.where(rng.random((*shape[:-1], 1)) < 0.7, w & SIGN, w), a


FIXED: tuple[Words, ...] = (anything, most, few, small, small, empty)


def limits(c: Config, rng: np.random.Generator, rows: int) -> Pairs:
    """Sums at and around the ends of the range of fixed-point results."""
    shape = (rows, c.groups * c.N)
    w, a = np.zeros(shape, int), np.zeros(shape, int)
    high = min(c.OUT - 1, 46)
    w[:, 0], a[:, 0] = 1 << high // 2, 1 << high - high // 2
    if shape[1] > 1:
        w[:, -1], a[:, -1] = rng.integers(-2, 3, rows), 1
    else:  # the greatest product below
        below = rng.integers(0, 2, rows)
        w[:, 0] -= below
        a[:, 0] += below
    minus = rng.integers(0, 2, (rows, 1))
    shape = (rows, c.groups, c.N)
    return fixed((w < 0) ^ minus, abs(w)).reshape(shape), a.reshape(shape)


def bulk(c: Config, rng: np.random.Generator, rows: int) -> Batch:
    """Frames of all kinds; each kind, width and number of lanes gets its share."""

    def shares(count: int, share: int) -> Array:
        return rng.permutation(np.arange(share) % count)

    shape = (rows, c.groups, c.N)
    w, a = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    part = rng.permutation(np.arange(rows) % 12)  # float32 in 6 of 12, in 1 fixed point at its limits
    width = np.zeros(rows, int)
    width[part > 6] = 1 + shares(24, (part > 6).sum())
    width[part == 6] = 24
    keep, pruned = np.zeros(rows, int), np.isin(part, [1, 3, 5, 8, 9, 11])
    keep[pruned] = 1 + shares(24, pruned.sum())
    keep[part == 8] = 1 + keep[part == 8] % np.maximum(1, width[part == 8] - 1)
    for at, words in ((np.flatnonzero(part < 6), FLOATS), (np.flatnonzero(part > 6), FIXED)):
        kind = shares(len(words), len(at))
        for number, draw in enumerate(words):
            own = at[kind == number]
            w[own], a[own] = draw(rng, (len(own), c.groups, c.N))
    w[part == 6], a[part == 6] = limits(c, rng, (part == 6).sum())
    within = (rng.random(rows) < 0.5) & (width > 0)  # elsewhere there are ones above the width, of which none counts
    w[within] &= SIGN | ((1 << width[within, None, None]) - 1)
    return {"w": w, "a": a, "width": width, "keep": keep}


def known(c: Config) -> tuple[Batch, Batch]:
    """Transactions whose results were published, and these; there may be none."""
    rows = []

    def add(w: Array, a: Array, keep: int, z: float, spent: int) -> None:
        pairs = np.zeros((2, c.groups, c.N), np.float32)
        pairs[0, 0, : len(w)], pairs[1, 0, : len(a)] = w, a
        code = int(float_words(np.array([z], np.float32))[0])
        rows.append((*float_words(pairs), 0, keep, code, spent and spent + c.groups - 1))  # empty groups take a cycle

    if len(PAPER) <= c.N:
        add(PAPER, np.ones(len(PAPER)), 0, float(PAPER.sum()), 3)
    if c.N == 64:
        for name, (z, spent, pruned) in PUBLISHED.items():
            w, a = np.loadtxt(DATA / f"bitlet_fp32_{name}.csv", delimiter=",", skiprows=1).astype(np.float32).T
            add(w, a, 0, z, spent)
            add(w, a, 8, pruned, 0)  # cycles not published
    columns = [np.array(column) for column in zip(*rows, strict=True)] or [np.zeros(0)] * 6
    return dict(zip(("w", "a", "width", "keep"), columns, strict=False)), {"z": columns[4], "cycles": columns[5]}


def stimuli(c: Config) -> Stimuli:
    """What was published, and frames of all kinds."""
    inputs, outputs = known(c)

    def published(_: Draw) -> Batch:
        return inputs

    return {
        **({"published": published} if len(outputs["z"]) else {}),
        "bulk": lambda draw: bulk(c, draw.rng, draw.n if c.N <= 16 else min(draw.n, 12)),  # large cores are slow
    }


def recognised(engine: int, c: Config, t: Batch) -> Array:
    """Return for a published transaction its number from 1 on, or -1 when its result is another; 0 for others."""
    inputs, outputs = known(c)
    found = np.zeros(len(t["z"]), int)
    for i, (z, spent) in enumerate(zip(outputs["z"], outputs["cycles"], strict=True)):
        same = [(t[name] == column[i]).reshape(len(found), -1).all(axis=1) for name, column in inputs.items()]
        right = (t["z"] == np.uint64(z)) & ((t["cycles"] == spent) | (spent == 0) | (engine != baselines.DISTILLING))
        found = np.where(np.logical_and.reduce(same), np.where(right, i + 1, -1), found)
    return found


RESULTS = {name: i for i, name in enumerate(["nan", "inf", "overflow", "0", "-0", "subnormal", "normal"])}
SUMS = {name: 8 + i for i, name in enumerate(["sum 0", "sum", "saturated", "wrapped"])}


def kinds(c: Config, t: Batch) -> Array:
    """Tell what kind of number a result is, as RESULTS and SUMS list them."""
    code = t["z"].astype(np.uint64)
    size = code & np.uint64(0x7FFF_FFFF)
    infinite = ((t["w"] & INFINITY == INFINITY) | (t["a"] & INFINITY == INFINITY)).any(axis=(1, 2))
    real = np.select(
        [size > INFINITY, size == INFINITY, size == 0, size < 1 << 23],
        [0, np.where(infinite, 1, 2), np.where(code == 0, 3, 4), 5],
        6,
    )
    group = align(t["w"], t["a"], np.minimum(t["width"], 24)[:, None], t["keep"][:, None])
    exact = total(group_sum(group), np.full(group.exponent.shape, LEAST))
    same = np.array([int(x) % (1 << 64) == int(z) for x, z in zip(exact, code, strict=True)], bool)
    return np.where(t["width"] == 0, real, 8 + np.where(same, code != 0, 3 - c.SATURATE))


def results(c: Config) -> dict[str, int]:
    """The kinds of numbers that a configuration is to show."""
    if c.N > 16:  # runs that are short
        return {"normal": RESULTS["normal"], "sum": SUMS["sum"]}
    full = (c.N * c.groups * ((1 << 24) - 1) ** 2).bit_length() >= c.OUT
    never = {"saturated", "wrapped"} - ({"saturated" if c.SATURATE else "wrapped"} if full else set())
    return {name: code for name, code in (RESULTS | SUMS).items() if name not in never}


def spent(t: Batch) -> Array:
    """Cycles of each group in the lanes, (rows, groups)."""
    return cycles(align(t["w"], t["a"], t["width"][:, None], t["keep"][:, None]))


def moves(engine: int, c: Config, t: Batch) -> Batch:
    """When beats move: a result leaves 8 cycles, or 6 with the engines of the baselines, behind those of its groups."""
    del c
    parts = (t["w"], t["a"], t["width"], t["keep"])
    _, taken = baselines.processing_element(engine, *parts)
    return _timing.element(taken, 8 if engine == baselines.DISTILLING else 6)


def cover(engine: int, c: Config) -> list[CoverGroup]:
    """Formats, lanes that take part, what comes out, how long it takes, and what follows what."""
    full, count = c.N <= 16, len(known(c)[1]["z"])
    widths = values(*range(25)) if full else values(0) + ranges((1, 24))
    keeps = values(*range(25)) if full else values(0) + ranges((1, 24))

    def pruned(t: Batch) -> Array:
        lanes = np.where(t["width"] == 0, 24, t["width"])
        return np.where(t["keep"] == 0, 0, np.where(t["keep"] < lanes, 1, 2))

    points = [
        Point("width", lambda t: t["width"], widths),
        Point("keep", lambda t: t["keep"], keeps),
        Point("format", lambda t: t["width"] > 0, {"float": 0, "fixed": 1}),
        Point("lanes", pruned, {"all": 0, "some": 1, "more": 2} if full else {"all": 0, "some": 1}),
        Point("result", lambda t: kinds(c, t), results(c)),
        Point("change", lambda t: t["width"] > 0, transitions(*product((0, 1), repeat=2))),
        Point("known", lambda t: recognised(engine, c, t), values(*range(count + 1)), illegal=values(-1)),
        _cycles(engine, c),
    ]
    ignore = [("float", "more")] if full else []  # a format of 24 lanes has no more
    return [CoverGroup("frame", points, [Cross("mode", "format", "lanes", ignore=ignore)])]


def _cycles(engine: int, c: Config) -> Point:
    """Cycles of groups: of the distilling engine the fewest, the most, and some between; of others those they take."""
    if engine == baselines.PARALLEL:
        return Point("cycles", lambda t: t["cycles"] // c.groups, values(c.N))
    if engine == baselines.SERIAL:
        return Point("cycles", lambda t: t["cycles"] // c.groups, values(*range(1, 25)) if c.N <= 16 else values(24))
    return Point("cycles", spent, values(*sorted({1, c.N})) + (ranges((2, c.N - 1)) if c.N > 2 else ()))


PLAN = {
    "float32 and every width of fixed point": ["frame.width"],
    "one format behind another": ["frame.change"],
    "any number of significances, from the top one down": ["frame.keep", "frame.mode"],
    "results of every kind": ["frame.result"],
    "published results": ["frame.known"],
    "groups of any number of cycles": ["frame.cycles"],
}
