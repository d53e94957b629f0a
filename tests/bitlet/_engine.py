"""What the benches of the baselines' engines share: aligned groups in, sums with their cycles out."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from models.bitlet.baselines import SERIAL
from models.bitlet.parts import from_bits, to_bits
from models.bitlet.words import BITS
from tests.bitlet import _timing
from ulpwise import Array, Axis, Batch, Config, CoverGroup, Point, Signed, Streams, Unsigned, transitions, values
from ulpwise.bench.stimuli import Draw, Stimuli
from ulpwise.data.formats import Format

MOST = (1 << BITS) - 1  # of a magnitude


def frame(c: Config, parts: dict[str, Format]) -> Axis:
    """A frame of groups: their parts, numbered."""
    return Axis({f"{name}{g}": fmt for g in range(c.groups) for name, fmt in parts.items()}, c.groups)


def word(c: Config) -> int:
    """Bits of a word of the field `bits`; more than 64 pairs need two of them."""
    return c.N if c.N <= 64 else c.N // 2


def interface(c: Config) -> Streams:
    """Groups as bitlet_align sends them; sums as bitlet_acc takes them."""
    values_of_pairs, bits = Unsigned(BITS + 1, (c.N,)), Unsigned(word(c), (BITS, c.N // word(c)))
    group = {
        "bits": bits,
        "value": values_of_pairs,
        "exponent": Unsigned(9),
        "flags": Unsigned(4),
        "lanes": Unsigned(5),
    }
    total = {"s": Signed(49 + (c.N - 1).bit_length()), "e": Unsigned(9), "f": Unsigned(4), "cycles": Unsigned(8)}
    return Streams({"g": frame(c, group)}, {"s": frame(c, total)})


def golden(engine: int, c: Config, t: Batch) -> Batch:
    """Exact sums; exponent and flags go along."""
    found = {}
    for g in range(c.groups):
        bits = to_bits(t[f"bits{g}"], word(c)).reshape(-1, BITS, c.N)
        weight = from_bits(np.moveaxis(bits, 1, 2))
        product = weight * (t[f"value{g}"] & MOST)
        found[f"s{g}"] = np.where(t[f"value{g}"] > MOST, -product, product).sum(axis=1)
        found[f"e{g}"], found[f"f{g}"] = t[f"exponent{g}"], t[f"flags{g}"]
        found[f"cycles{g}"] = spent(engine, c, t)[:, g]
    return found


def spent(engine: int, c: Config, t: Batch) -> Array:
    """Cycles of each group, (rows, groups)."""
    lanes = np.stack([t[f"lanes{g}"] for g in range(c.groups)], axis=1).astype(int)
    return lanes if engine == SERIAL else np.full(lanes.shape, c.N)


def moves(engine: int, c: Config, t: Batch) -> Batch:
    """When beats move: sums leave a cycle behind their groups."""
    return _timing.engine(spent(engine, c, t), 1)


def stimuli(c: Config) -> Stimuli:
    """Few ones, many, all or none, below every number of lanes; extreme and any values."""

    def words(bits: Array) -> Array:
        return from_bits(bits.reshape(len(bits), BITS, -1, word(c)))

    def group(draw: Draw) -> Batch:
        rng, rows = draw.rng, draw.n
        lanes = 1 + rng.permutation(np.arange(rows) % BITS)
        share = rng.choice([0, 0.1, 0.5, 1], (rows, 1, 1))
        bits = (rng.random((rows, BITS, c.N)) < share) & (np.arange(BITS)[:, None] < lanes[:, None, None])
        extreme = rng.choice([0, 1, MOST], (rows, c.N))
        size = np.where(rng.random((rows, 1)) < 0.4, extreme, rng.integers(0, MOST + 1, (rows, c.N)))
        size[rng.random(rows) < 0.2] = MOST
        minus = rng.integers(0, 2, (rows, 1)) ^ (rng.integers(0, 2, (rows, c.N)) * rng.integers(0, 2, (rows, 1)))
        return {
            "bits": words(bits),
            "value": size | minus << BITS,
            "exponent": np.where(rng.random(rows) < 0.2, rng.choice([2, 508], rows), rng.integers(2, 509, rows)),
            "flags": rng.permutation(np.arange(rows) % 16),
            "lanes": lanes,
        }

    def extremes(draw: Draw) -> Batch:
        """The greatest sums of either sign in turns, and nothing between them."""
        del draw
        kind = np.arange(12) % 4
        return frames(
            {
                "bits": words(np.broadcast_to((kind != 3)[:, None, None], (12, BITS, c.N))),
                "value": np.repeat((MOST | (kind == 1) << BITS)[:, None], c.N, axis=1),
                "exponent": np.full(12, 2),
                "flags": np.zeros(12, int),
                "lanes": np.full(12, BITS),
            }
            for _ in range(c.groups)
        )

    def frames(groups: Iterable[Batch]) -> Batch:
        return {f"{name}{g}": column for g, parts in enumerate(groups) for name, column in parts.items()}

    return {"extremes": extremes, "bulk": lambda draw: frames(group(draw) for _ in range(c.groups))}


def cover(c: Config) -> list[CoverGroup]:
    """Sums of either sign up to the greatest, what goes along, every number of lanes, short groups behind long ones."""

    def all_of(name: str, t: Batch) -> Array:
        return np.stack([t[f"{name}{g}"] for g in range(c.groups)], axis=1)

    greatest = c.N * MOST * MOST
    points = [
        Point("sum", lambda t: all_of("s", t), {"least": -greatest, "zero": 0, "greatest": greatest}),
        Point("sign", lambda t: np.sign(t["s0"]), transitions(*((a, b) for a in (-1, 0, 1) for b in (-1, 0, 1)))),
        Point("exponent", lambda t: all_of("e", t), values(2, 508)),
        Point("flags", lambda t: all_of("f", t), values(*range(16))),
        Point("lanes", lambda t: all_of("lanes", t), values(*range(1, BITS + 1))),
        Point("length", lambda t: t["lanes0"] > BITS // 2, transitions((0, 0), (0, 1), (1, 0), (1, 1))),
    ]
    return [CoverGroup("group", points)]


PLAN = {
    "sums from the least to the greatest, of any sign behind any other": ["group.sum", "group.sign"],
    "exponent and flags go along": ["group.exponent", "group.flags"],
    "every number of lanes": ["group.lanes", "group.length"],
}
