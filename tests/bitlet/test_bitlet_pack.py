"""Bench of bitlet_pack: totals of every size, next to what rounds, carries, saturates or overflows; every flag."""

from __future__ import annotations

from itertools import product

import numpy as np

from models.bitlet.parts import total_words, words_total
from models.bitlet.pe import pack
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

BITS = 576
LEAST = 149  # bit of the total that weighs 2**-149
NORMAL = 172  # and 2**-126
OVER = 426  # and 2**128
FIXED, NAN, MINUS_INFINITE, PLUS_INFINITE = 8, 4, 2, 1


def interface(c: Config) -> Streams:
    """A total, its flags and its cycles; a result and its cycles."""
    del c
    return Streams(
        {"t": Axis({"total": Unsigned(64, (9,)), "flags": Unsigned(4), "cycles": Unsigned(32)}, tlast="ignored")},
        {"z": Axis({"z": Unsigned(64), "z_cycles": Unsigned(32)})},
    )


def golden(c: Config, t: Batch) -> Batch:
    """Truncated to float32, or brought into OUT bits."""
    z = pack(words_total(t["total"]), t["flags"], c.OUT, saturate=bool(c.SATURATE))
    return {"z": z, "z_cycles": t["cycles"]}


def integers(draw: Draw, rows: int, bits: Array) -> Array:
    """Draw Python integers of exactly `bits` bits each."""
    raw = draw.rng.integers(0, 1 << 32, (rows, BITS // 32), dtype=np.uint64)
    whole = [int.from_bytes(row.astype("<u4").tobytes(), "little") for row in raw]
    drawn = [
        value >> BITS - int(size) | (1 << int(size) - 1 if size else 0) for value, size in zip(whole, bits, strict=True)
    ]
    return np.array(drawn, object)


def stimuli(c: Config) -> Stimuli:
    """Powers of two and their neighbours; significands with a tail of ones or zeros; limits; totals of all sizes."""

    def batch(draw: Draw, totals: Array, flags: Array) -> Batch:
        cycles = draw.fields["cycles"].random(draw.rng, len(totals))
        return {"total": total_words(totals), "flags": flags, "cycles": cycles}

    def share(draw: Draw, totals: list[int]) -> Array:
        """Take them all in a long run, else some."""
        order = draw.rng.permutation(len(totals))[: max(4 * draw.n, 256)]
        return np.array(totals, object)[order]

    def powers(draw: Draw) -> Batch:
        """Count +-2^k, and one more or less than that, for every k."""
        totals = share(draw, [s * (1 << k) + d for k in range(BITS - 1) for s in (1, -1) for d in (-1, 0, 1)])
        return batch(draw, totals, np.zeros(len(totals), int))

    def tails(draw: Draw) -> Batch:
        """Draw significands, some of all ones, in front of zeros, ones, one bit anywhere, or ones down to anywhere."""
        rng, totals = draw.rng, []
        for place in range(LEAST - 30, OVER + 3):
            for kind in range(8):
                top = (1 << 24) - 1 if kind < 4 else int(rng.integers(1 << 23, 1 << 24))
                low = max(0, place - 23)
                bit = 1 << int(rng.integers(0, max(1, low)))
                tail = [0, (1 << low) - 1, bit, (1 << low) - bit][kind % 4]
                whole = (top << low | tail) if low else top >> max(0, 23 - place)
                totals += [whole, -whole]
        found = share(draw, totals)
        return batch(draw, found, np.zeros(len(found), int))

    def lowest(draw: Draw) -> Batch:
        """Draw significands in front of ones that end at every place, which decides on the carry of negatives."""
        low = draw.rng.integers(np.arange(OVER - 24), OVER - 24) + 1
        top = draw.rng.integers(1 << 23, 1 << 24, len(low))
        totals = [-((int(t) + 1 << int(at)) - (1 << end)) for end, (t, at) in enumerate(zip(top, low, strict=True))]
        return batch(draw, np.array(totals, object), np.zeros(len(low), int))

    def limits(draw: Draw) -> Batch:
        """Surround the ends of the fixed-point range; also what looks small or of the other sign once wrapped."""
        half = 1 << (c.OUT - 1)
        totals = [s * half + d for s in (-1, 1) for d in range(-3, 4)] + list(range(-4, 5))
        totals += [s * (1 << k) + d for s in (-1, 1) for k in range(1, BITS - 1) for d in (-1, 0)]
        found = np.concatenate([np.array(totals[:23], object), share(draw, totals)])
        return batch(draw, found, np.full(len(found), FIXED))

    def bulk(draw: Draw) -> Batch:
        rng, n = draw.rng, draw.n
        real = rng.integers(0, BITS, n)
        usual = rng.integers(LEAST - 10, OVER + 10, n)
        whole = np.minimum(rng.integers(0, BITS, n), rng.integers(1, 2 * c.OUT, n))
        fixed = rng.random(n) < 0.4
        bits = np.where(fixed, whole, np.where(rng.random(n) < 0.8, usual, real))
        totals = integers(draw, n, bits) * np.where(rng.random(n) < 0.5, 1, -1).astype(object)
        special = np.where(rng.random(n) < 0.25, rng.integers(0, 8, n), 0)
        return batch(draw, totals, special | FIXED * fixed)

    return {"limits": limits, "powers": powers, "tails": tails, "lowest": lowest, "bulk": bulk}


def cover(c: Config) -> list[CoverGroup]:
    """Leading bits and what becomes of them by sign, the carry of the complement, flags, and saturation."""
    half = 1 << (c.OUT - 1)

    def size(t: Batch) -> Array:
        """Return the place of the leading one of |T|; -1 for zero, -2 unless it is a plain float32."""
        found = np.array([abs(value).bit_length() - 1 for value in words_total(t["total"])])
        return np.where(t["flags"] == 0, found, -2)

    def sign(t: Batch) -> Array:
        return np.sign(words_total(t["total"])).astype(int)

    def carry(t: Batch) -> Array:
        """Tell whether a normal number's lower bits are all zero: of a negative one the complement then carries."""
        totals = words_total(t["total"])
        low = np.maximum(size(t) - 23, LEAST)
        zeros = np.array([value & (1 << int(place)) - 1 == 0 for value, place in zip(totals, low, strict=True)])
        return np.where(size(t) >= LEAST, zeros, 2)

    def ones(t: Batch) -> Array:
        """Tell whether the significand of a normal number is all ones."""
        return ((t["z"] & 0x7F_FFFF) == 0x7F_FFFF) & (t["flags"] == 0) & (size(t) >= NORMAL) & (size(t) < OVER)

    def fit(t: Batch) -> Array:
        """Return 0 and 1 for the range's ends, 2 within, 3 and 4 one beyond, 5 and 6 far from it; 7 for float32."""
        totals = words_total(t["total"])
        tests = [totals == half - 1, totals == -half, (totals > -half) & (totals < half - 1), totals == half]
        tests += [totals == -half - 1, totals > half, totals < -half - 1]
        return np.where(t["flags"] & FIXED, np.argmax(np.array(tests, bool), axis=0), 7)

    sizes = {
        "none": (0, LEAST - 1),
        **{str(k): k for k in range(LEAST, OVER + 1)},
        "over": (OVER + 1, BITS - 1),
    }
    fits = {"most": 0, "least": 1, "within": 2, "above": 3, "below": 4, "far_above": 5, "far_below": 6}
    return [
        CoverGroup(
            "real",
            [
                Point("size", size, sizes),
                Point("sign", sign, values(-1, 1)),
                Point("carry", carry, values(0, 1)),
                Point("zero", size, values(-1)),
                Point("ones", ones, values(1)),
                Point("word", lambda t: np.where(size(t) >= LEAST, (size(t) - LEAST) >> 6, -1), values(*range(5))),
            ],
            [Cross("sized", "size", "sign"), Cross("carried", "word", "carry", "sign"), Cross("full", "ones", "sign")],
        ),
        CoverGroup("whole", [Point("fit", fit, fits)]),
        CoverGroup(
            "flags",
            [
                Point("flags", lambda t: t["flags"], values(*range(16))),
                Point("order", lambda t: t["flags"] >> 3, transitions(*product((0, 1), repeat=2))),
                Point("cycles", lambda t: t["z_cycles"] >> 31, values(0, 1)),
            ],
        ),
    ]


bench = Bench(
    top="bitlet_pack",
    configs={
        **{f"out{out}": {"OUT": out, "SATURATE": 1} for out in (8, 32, 63, 64)},
        **{f"out{out}_wrap": {"OUT": out, "SATURATE": 0} for out in (8, 32, 64)},
    },
    interface=interface,
    golden=golden,
    stimuli=stimuli,
    cover=cover,
    plan={
        "a leading bit at every place of a float32, below and above, either sign": ["real.sized"],
        "zero": ["real.zero"],
        "exact numbers and others, of either sign, in every word that is looked at": ["real.carried"],
        "significands of all ones of either sign": ["real.full"],
        "fixed point at both ends of the range, within, one beyond, and far": ["whole.fit"],
        "every combination of flags": ["flags.flags"],
        "float32 and fixed point in every order": ["flags.order"],
    },
    volume=lambda _: 1_000,
    timing=lambda _, t: timing.steady(timing.rows(t), {"t": 1}, {"z": 1}, latency=2, period=1),
    quick=(
        "out64",
        "out8_wrap",
    ),
    guards=[
        Limit("OUT", 8, 64),
        Limit("SATURATE", 0, 1),
    ],
)
