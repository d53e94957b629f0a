"""Bench of register_file: programs on a few registers, on those at the ends, and beyond them."""

from __future__ import annotations

import numpy as np

from models.common.register_file import run
from ulpwise import Array, AxiLite, Batch, Bench, Config, CoverGroup, Cross, Limit, Point, Refused, values
from ulpwise.bench.stimuli import Stimuli, corners, random

LENGTH = 16


def interface(c: Config) -> AxiLite:
    """Programs, each from a reset on."""
    return AxiLite(c.ADDR, c.DATA, LENGTH)


def golden(c: Config, t: Batch) -> Batch:
    """What reads give, and the responses."""
    found, resp = run(c.REGISTERS, c.RESET, t["en"], t["we"], t["addr"], t["data"], t["strb"])
    return {"rdata": found, "resp": resp}


def stimuli(c: Config) -> Stimuli:
    """Programs on three registers, most of whose writes are of all bytes; and any programs."""
    size = c.DATA // 8
    top = min((1 << c.ADDR) // size, c.REGISTERS + 2)  # seldom beyond

    def few(rng: np.random.Generator, rows: int) -> Array:
        chosen = rng.integers(0, top, (rows, 3))
        return np.take_along_axis(chosen, rng.integers(0, 3, (rows, LENGTH)), axis=1) * size

    def whole(rng: np.random.Generator, rows: int) -> Array:
        return rng.integers(0, 2, (rows, LENGTH, size)) | rng.integers(0, 2, (rows, LENGTH, 1))

    def mostly(rng: np.random.Generator, rows: int) -> Array:
        return (rng.integers(0, 8, (rows, LENGTH)) > 0).astype(np.int64)

    return {"corners": corners, "any": random(), "few registers": random(en=mostly, addr=few, strb=whole)}


def cover(c: Config) -> list[CoverGroup]:
    """What follows on what, where, and whether there is a register."""
    size = c.DATA // 8
    full = (1 << c.ADDR) // size == c.REGISTERS  # there is nothing beyond

    def kind(t: Batch) -> Array:
        return np.where(t["en"] == 0, 0, 1 + t["we"])  # nothing, a read, a write

    def place(t: Batch) -> Array:
        index = (t["addr"] // size).astype(np.int64)
        return np.select([index == 0, index == c.REGISTERS - 1, index >= c.REGISTERS], [1, 2, 3], 0)

    def strobes(t: Batch) -> Array:
        share = np.where(kind(t) == 2, t["strb"].sum(axis=2), -1)
        return np.select([share < 0, share == 0, share == size], [0, 1, 2], 3)

    return [
        CoverGroup(
            "command",
            [
                Point("before", lambda t: kind(t)[:, :-1], values(0, 1, 2)),
                Point("this", lambda t: kind(t)[:, 1:], values(0, 1, 2)),
                Point("kind", kind, values(1, 2)),
                Point("place", place, values(1, *[2] * (c.REGISTERS > 1), *[3] * (not full))),
                Point("strobes", strobes, values(1, 2, 3)),
            ],
            [Cross("order", "before", "this"), Cross("where", "kind", "place")],
        )
    ]


bench = Bench(
    top="register_file",
    configs={
        "8_of_32": {"DATA": 32, "ADDR": 8, "REGISTERS": 8, "RESET": 0},
        "2_of_64_full": {"DATA": 64, "ADDR": 4, "REGISTERS": 2, "RESET": 0x1234567},
        "1_of_32_far": {"DATA": 32, "ADDR": 32, "REGISTERS": 1, "RESET": 0x7FFFFFFF},
        "256_of_32": {"DATA": 32, "ADDR": 10, "REGISTERS": 256, "RESET": 1},
    },
    interface=interface,
    golden=golden,
    stimuli=stimuli,
    cover=cover,
    plan={
        "reads, writes and idle cycles in any order": ["command.order"],
        "the first register, the last, and addresses beyond, read and written": ["command.where"],
        "writes of no byte, of some and of all": ["command.strobes"],
    },
    volume=lambda _: 1000,
    ignore=["registers"],
    guards=[
        Limit("ADDR", 4, 32, given={"REGISTERS": 1}),
        Limit("REGISTERS", 1, 256, given={"ADDR": 12}),
        Refused({"REGISTERS": 5}, legal={"REGISTERS": 4}, given={"ADDR": 4}),
        Refused({"DATA": 33}, legal={"DATA": 32}),
    ],
)
