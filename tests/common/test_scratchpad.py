"""Bench of scratchpad: programs on few words, so that reads meet what was written, all or in part."""

from __future__ import annotations

import numpy as np

from models.common.scratchpad import run
from ulpwise import Array, Batch, Bench, Config, CoverGroup, Cross, Limit, Memory, Point, Refused, Unsigned, values
from ulpwise.bench.stimuli import Stimuli, corners, random


def interface(c: Config) -> Memory:
    """A word is a vector of its parts."""
    word = Unsigned(c.BITS // c.LANES, (c.LANES,))
    return Memory(word, c.WORDS, length=16, latency=c.LATENCY, valid=True, mask=c.LANES)


def golden(c: Config, t: Batch) -> Batch:
    """What the reads give."""
    return {"dout": run(c.WORDS, t["en"], t["we"], t["mask"], t["addr"], t["din"])}


def stimuli(c: Config) -> Stimuli:
    """Programs on three words, half of whose writes are of all parts; and any programs."""

    def few(rng: np.random.Generator, rows: int) -> Array:
        words = rng.integers(0, c.WORDS, (rows, 3))
        return np.take_along_axis(words, rng.integers(0, 3, (rows, 16)), axis=1)

    def whole(rng: np.random.Generator, rows: int) -> Array:
        return rng.integers(0, 2, (rows, 16, c.LANES)) | rng.integers(0, 2, (rows, 16, 1))

    def mostly(rng: np.random.Generator, rows: int) -> Array:
        return (rng.integers(0, 8, (rows, 16)) > 0).astype(np.int64)

    return {"corners": corners, "any": random(), "few words": random(en=mostly, addr=few, mask=whole)}


def cover(c: Config) -> list[CoverGroup]:
    """What follows on what, where, and which words are read."""

    def kind(t: Batch) -> Array:
        return np.where(t["en"] == 0, 0, 1 + t["we"])  # nothing, a read, a write

    def parts(t: Batch) -> Array:
        share = np.where(kind(t) == 2, t["mask"].sum(axis=2), -1)
        return np.select([share < 0, share == 0, share == c.LANES], [0, 1, 2], 3)

    def same(t: Batch) -> Array:
        return (t["addr"][:, 1:] == t["addr"][:, :-1]).astype(np.int64)

    return [
        CoverGroup(
            "command",
            [
                Point("before", lambda t: kind(t)[:, :-1], values(0, 1, 2)),
                Point("this", lambda t: kind(t)[:, 1:], values(0, 1, 2)),
                Point("same_word", same, values(0, 1)),
                Point("parts", parts, values(1, 2, *[3] * (c.LANES > 1))),
                Point("end", lambda t: np.select([t["addr"] == 0, t["addr"] == c.WORDS - 1], [1, 2], 0), values(1, 2)),
            ],
            [Cross("order", "before", "this", "same_word")],
        )
    ]


bench = Bench(
    top="scratchpad",
    configs={
        "64_of_32": {"BITS": 32, "WORDS": 64, "LANES": 4, "LATENCY": 1},
        "256_of_256_later": {"BITS": 256, "WORDS": 256, "LANES": 8, "LATENCY": 2},
        "5_of_3_by_bits": {"BITS": 3, "WORDS": 5, "LANES": 3, "LATENCY": 8},
        "2_of_1": {"BITS": 1, "WORDS": 2, "LANES": 1, "LATENCY": 1},
    },
    interface=interface,
    golden=golden,
    stimuli=stimuli,
    cover=cover,
    plan={
        "reads, writes and idle cycles in any order, of the same word and of others": ["command.order"],
        "writes of no part, of some and of all": ["command.parts"],
        "the first word and the last": ["command.end"],
    },
    volume=lambda _: 1000,
    guards=[
        Limit("BITS", 1, 4096, given={"LANES": 1, "WORDS": 2}),
        Limit("WORDS", 2, 65536, given={"BITS": 1, "LANES": 1}),
        Limit("LANES", 1, None),
        Refused({"LANES": 33}, legal={"LANES": 32}, given={"BITS": 32}),
        Limit("LATENCY", 1, 8),
    ],
)
