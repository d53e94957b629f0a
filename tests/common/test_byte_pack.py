"""Bench of byte_pack: bytes missing anywhere, none at all, and all of them."""

from __future__ import annotations

import numpy as np

from models.common.byte_pack import pack
from ulpwise import (
    Array,
    Axis,
    Batch,
    Bench,
    Config,
    CoverGroup,
    Cross,
    Keep,
    Limit,
    Point,
    Streams,
    Unsigned,
    timing,
    values,
)
from ulpwise.bench.stimuli import Stimuli, corners, random


def interface(c: Config) -> Streams:
    """Frames of the same bytes on both sides: some count, or the first ones do."""
    beats = -(-c.size // c.LANES)
    sides = ({"id": Unsigned(c.IW)}, {"dest": Unsigned(c.DW)})
    given = Axis({"x": Unsigned(8, (c.size,))}, beats, id=sides[0], dest=sides[1], keep=Keep(c.LANES, mask="keep"))
    sides = ({"id_out": Unsigned(c.IW)}, {"dest_out": Unsigned(c.DW)})
    keep = Keep(c.LANES, count="count", least=0)
    return Streams(
        {"x": given}, {"y": Axis({"y": Unsigned(8, (c.size,))}, beats, id=sides[0], dest=sides[1], keep=keep)}
    )


def golden(c: Config, t: Batch) -> Batch:
    """The bytes that count, and the sides as they came."""
    del c
    packed, count = pack(t["x"], t["keep"])
    return {"y": packed, "count": count, "id_out": t["id"], "dest_out": t["dest"]}


def sums(c: Config, t: Batch) -> Array:
    """How many bytes have come with each beat of a frame, (rows, beats)."""
    filled = np.pad(t["keep"], ((0, 0), (0, -c.size % c.LANES)))
    return filled.reshape(len(filled), -1, c.LANES).sum(axis=2).cumsum(axis=1)


def moves(c: Config, t: Batch) -> dict[str, timing.Cycles]:
    """A beat leaves when more bytes than it has are there; the last one a cycle later if that fills a beat, too."""
    full = np.maximum(-(-sums(c, t) // c.LANES) - 1, 0)  # beats that are known to have one behind them
    before = np.pad(full, ((0, 0), (1, 0)))[:, :-1]
    rows, beats = full.shape
    late = full[:, -1] > before[:, -1]
    start = timing.begins(rows, beats + late)
    out = np.full((rows, beats), -1)
    row, at = np.nonzero(full > before)
    out[row, before[row, at]] = start[row] + at + 1
    out[np.arange(rows), full[:, -1]] = start + beats + late
    return {"x": timing.beats(start, beats), "y": out}


def stimuli(c: Config) -> Stimuli:
    """Frames of which any byte counts or not, half of all; and beats with any number of bytes, or with all or none."""
    beats = -(-c.size // c.LANES)

    def number(rng: np.random.Generator, rows: int) -> Array:
        most = rng.integers(0, c.LANES + 1, (rows, beats, 1))
        order = rng.permuted(np.broadcast_to(np.arange(c.LANES), (rows, beats, c.LANES)), axis=2)
        return (order < most).astype(np.int64).reshape(rows, -1)[:, : c.size]

    def whole(rng: np.random.Generator, rows: int) -> Array:
        return np.repeat(rng.integers(0, 2, (rows, beats)), c.LANES, axis=1)[:, : c.size]

    return {"corners": corners, "any": random(), "numbers": random(keep=number), "whole beats": random(keep=whole)}


def cover(c: Config) -> list[CoverGroup]:
    """How many bytes a beat has and how many wait for it; whether a frame's end completes a beat; the sides."""

    def waiting(t: Batch) -> Array:
        before = np.pad(sums(c, t), ((0, 0), (1, 0)))[:, :-1]
        return np.where(before > 0, (before - 1) % c.LANES + 1, 0)

    def coming(t: Batch) -> Array:
        return np.diff(sums(c, t), axis=1, prepend=0)

    def end(t: Batch) -> Array:
        return np.select([t["count"] == 0, t["count"] % c.LANES == 0], [0, 1], 2)

    ends = values(0, 1, 2) if c.LANES > 1 else values(0, 1)
    return [
        CoverGroup(
            "bytes",
            [
                Point("waiting", waiting, values(*range(c.LANES + 1))),
                Point("coming", coming, values(*range(c.LANES + 1))),
                Point("end", end, ends),
                Point("id", lambda t: t["id"] >> (c.IW - 1), values(0, 1)),
                Point("dest", lambda t: t["dest"] >> (c.DW - 1), values(0, 1)),
            ],
            [Cross("meet", "waiting", "coming")],
        )
    ]


bench = Bench(
    top="byte_pack",
    configs={
        "4_of_18": {"LANES": 4, "IW": 4, "DW": 2, "size": 18},
        "2_of_8": {"LANES": 2, "IW": 1, "DW": 8, "size": 8},
        "16_of_47": {"LANES": 16, "IW": 32, "DW": 32, "size": 47},
        "1_of_5": {"LANES": 1, "IW": 1, "DW": 1, "size": 5},
    },
    interface=interface,
    golden=golden,
    timing=moves,
    stimuli=stimuli,
    cover=cover,
    plan={
        "any number of bytes comes to any number that waits": ["bytes.meet"],
        "a frame that fills its last beat, one that does not, one without a byte": ["bytes.end"],
        "tid and tdest of the frame": ["bytes.id", "bytes.dest"],
    },
    volume=lambda c: max(1000, 250 * c.LANES),
    guards=[Limit("LANES", 1, 16), Limit("IW", 1, 32), Limit("DW", 1, 32)],
)
