"""Bench of saturate: every word where there are few, else corners, random words, and those around the ends."""

from __future__ import annotations

import numpy as np

from models.common.saturate import ends
from models.common.saturate import saturate as clip
from ulpwise import (
    Array,
    Batch,
    Bench,
    Config,
    CoverGroup,
    Limit,
    Pipeline,
    Point,
    Refused,
    Signed,
    Unsigned,
    values,
)
from ulpwise.bench.stimuli import Stimuli, random, standard


def interface(c: Config) -> Pipeline:
    """All logic: a word goes in, another comes out with a flag."""
    result = Unsigned(c.YB) if c.POSITIVE else Signed(c.YB)
    return Pipeline({"x": Signed(c.XB)}, {"y": result, "clipped": Unsigned(1)})


def golden(c: Config, t: Batch) -> Batch:
    """The model's range of YB bits."""
    y, clipped = clip(t["x"], c.YB, positive=bool(c.POSITIVE))
    return {"y": y, "clipped": clipped.astype(np.int64)}


def stimuli(c: Config) -> Stimuli:
    """What any core deserves, and words up to three beyond the ends of the range or within it."""
    low, high = ends(c.YB, positive=bool(c.POSITIVE))

    def near(rng: np.random.Generator, rows: int) -> Array:
        words = rng.choice(np.array([low, high]), rows) + rng.integers(-3, 4, rows)
        return np.clip(words, *ends(c.XB))

    return {**standard(c), "ends": random(x=near)}


def cover(c: Config) -> list[CoverGroup]:
    """On which side of the range a word is, and the words at its ends."""
    low, high = ends(c.YB, positive=bool(c.POSITIVE))
    above = high < ends(c.XB)[1]  # else no word is

    def side(t: Batch) -> Array:
        return np.where(t["x"] < low, -1, np.where(t["x"] > high, 1, 0))

    def end(t: Batch) -> Array:
        return np.select([t["x"] == low - 1, t["x"] == low, t["x"] == high, t["x"] == high + 1], [1, 2, 3, 4], 0)

    return [
        CoverGroup(
            "word",
            [
                Point("side", side, values(-1, 0, *[1] * above)),
                Point("end", end, values(1, 2, 3, *[4] * above)),
                Point("clipped", lambda t: t["clipped"], values(0, 1)),
            ],
        )
    ]


bench = Bench(
    top="saturate",
    configs={
        "16_to_8": {"XB": 16, "YB": 8, "POSITIVE": 0},
        "16_to_8_positive": {"XB": 16, "YB": 8, "POSITIVE": 1},
        "9_to_8": {"XB": 9, "YB": 8, "POSITIVE": 0},
        "2_to_1": {"XB": 2, "YB": 1, "POSITIVE": 0},
        "64_to_63_positive": {"XB": 64, "YB": 63, "POSITIVE": 1},
    },
    interface=interface,
    golden=golden,
    stimuli=stimuli,
    cover=cover,
    plan={
        "words below the range, in it and above it": ["word.side", "word.clipped"],
        "the last words within the range and the first beyond it": ["word.end"],
    },
    volume=lambda _: 5000,
    guards=[
        Limit("XB", 2, 64, given={"YB": 1}),
        Limit("YB", 1, None, given={"XB": 16}),
        Refused({"YB": 16}, legal={"YB": 15}, given={"XB": 16}, edge=lambda c: bool(c.YB == c.XB - 1)),
        Limit("POSITIVE", 0, 1),
    ],
)
