"""Bench of adder_graph: sparse matrices of mixed kinds, in all styles, with registers and without."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest

from models.unrolled.graph import Graph, optimise
from models.unrolled.layers import Integers
from tests.unrolled import _linear as linear
from tests.unrolled import _timing as clock
from ulpwise import Array, Axis, Batch, Bench, Config, CoverGroup, Point, Refused, Signed, Streams, Unsigned, values
from ulpwise.bench.stimuli import Draw, Stimuli

STYLES = ("lut6", "lut4", "carry")
ROWS = 3  # vectors of a frame, so that `tlast` has something to say


@lru_cache
def problem(i: int, o: int, wb: int, zeros: int, mixed: int, seed: int) -> tuple[Integers, Integers, Integers]:
    """Draw a matrix, and of each of its rows the input's width and whether it is signed.

    With `mixed`, inputs are of all kinds, weights of 1, 2, ... bits, a row and a column are zero, and columns come
    twice, negated, and shifted.
    """
    rng = np.random.default_rng(seed)
    matrix = linear.draw((i, o), wb, seed, zeros, holes=mixed, mixed=mixed)
    if not mixed:
        return matrix, np.full(i, wb), np.ones(i, bool)
    matrix[:, 1], matrix[:, 2], matrix[:, 3] = matrix[:, 0], -matrix[:, 0], 2 * matrix[:, 0]
    return matrix, rng.integers(1, 9, i), rng.random(i) < 0.5


def parts(c: Config) -> tuple[Integers, Integers, Integers]:
    """Return the matrix and the inputs of a configuration."""
    return problem(c.i, c.o, c.wb, c.zeros, c.mixed, c.seed)


def graph(c: Config, *, registers: bool = True) -> Graph:
    """Return the graph of a configuration."""
    matrix, widths, signed = parts(c)
    found = optimise(matrix, widths.tolist(), signed.tolist(), target=STYLES[c.style], effort=0)
    return found.pipelined(c.registers) if registers and c.registers else found


def build(i: int, o: int, wb: int, **traits: int) -> dict[str, int]:
    """Return a configuration."""
    base = {"style": 0, "registers": 0, "zeros": 50, "mixed": 0, "room": 0, "seed": i + 100 * o}
    c = {**base, "i": i, "o": o, "wb": wb, **traits}
    made = graph(Config("", c))
    packed = made.pack(STYLES[c["style"]])
    room = c["room"] + max(output.width for output in made.outputs)
    return {
        **c,
        "latency": made.latency,
        "PB": packed.bit_length(),
        "PROGRAM": packed,
        "XW": sum(made.widths[:i]),
        "O": o,
        "YB": room,
    }


def names(c: Config) -> list[str]:
    """Names of the elements of a frame, in order."""
    return [f"x{row}_{i}" for row in range(ROWS) for i in range(c.i)]


def ends(c: Config) -> tuple[Integers, Integers]:
    """Least and greatest values of the inputs."""
    _, widths, signed = parts(c)
    return np.where(signed, -(1 << (widths - 1)), 0), np.where(signed, (1 << (widths - 1)) - 1, (1 << widths) - 1)


def interface(c: Config) -> Streams:
    """A vector a beat, each element a field of its own."""
    _, widths, signed = parts(c)
    kinds = [(Signed if sign else Unsigned)(int(width)) for width, sign in zip(widths, signed, strict=True)]
    return Streams(
        {"x": Axis(dict(zip(names(c), kinds * ROWS, strict=True)), ROWS)},
        {"y": Axis({"y": Signed(c.YB, (ROWS, c.O))}, ROWS)},
    )


def vectors(c: Config, t: Batch) -> Array:
    """The vectors of a batch (rows, inputs)."""
    return np.stack([t[name].astype(np.int64) for name in names(c)], axis=1).reshape(-1, c.i)


def golden(c: Config, t: Batch) -> Batch:
    """Exact product."""
    return {"y": (vectors(c, t) @ parts(c)[0]).reshape(-1, ROWS, c.O)}


def frames(c: Config, x: Integers) -> Batch:
    """The batch of some vectors; the last frame is filled with the first ones."""
    x = np.resize(x, (-(-len(x) // ROWS) * ROWS, c.i)).reshape(-1, ROWS * c.i)
    return dict(zip(names(c), x.T.copy(), strict=True))


def stimuli(c: Config) -> Stimuli:
    """Inputs alone at their extremes, the extremes of every output, random ones."""
    low, high = ends(c)

    def alone(_: Draw) -> Batch:
        return frames(c, np.concatenate([np.diag(low), np.diag(high), np.zeros((1, c.i), int)]))

    def extremes(_: Draw) -> Batch:
        positive = parts(c)[0].T > 0
        return frames(c, np.concatenate([np.where(positive, low, high), np.where(positive, high, low)]))

    def bulk(draw: Draw) -> Batch:
        x = draw.rng.integers(low, high + 1, (ROWS * draw.n, c.i))
        x[::8] = np.where(draw.rng.random(x[::8].shape) < 0.5, low, high)
        return frames(c, x)

    return {sequence.__name__: sequence for sequence in (alone, extremes, bulk)}


def cover(c: Config) -> list[CoverGroup]:
    """Cover groups: every input, every output."""
    low, high = ends(c)
    matrix, _, _ = parts(c)
    least = np.minimum(matrix.T * low, matrix.T * high).sum(axis=1)
    greatest = np.maximum(matrix.T * low, matrix.T * high).sum(axis=1)
    signs = [0, *([-1] if least.min() < 0 else []), *([1] if greatest.max() > 0 else [])]

    def alone(t: Batch) -> Array:
        some = vectors(c, t) != 0
        return np.where(some.sum(axis=1) == 1, some.argmax(axis=1), -1).reshape(-1, ROWS)

    def hit(found: Array, bound: Integers) -> Array:
        return np.where(found == bound, np.arange(len(bound)), -1).reshape(-1, ROWS * len(bound))

    def y(t: Batch) -> Array:
        return t["y"].reshape(-1, c.O).astype(np.int64)

    points = [
        Point("alone", alone, values(*range(c.i))),
        Point("lowest", lambda t: hit(vectors(c, t), low), values(*range(c.i))),
        Point("highest", lambda t: hit(vectors(c, t), high), values(*range(c.i))),
        Point("greatest", lambda t: hit(y(t), greatest), values(*range(c.O))),
        Point("least", lambda t: hit(y(t), least), values(*range(c.O))),
        Point("sign", lambda t: np.sign(y(t)).reshape(-1, ROWS * c.O), values(*signs)),
    ]
    return [CoverGroup("graph", points)]


sizes = linear.sizes("i", "o", "wb")
# the core's own program: one output of 3 bits from two inputs of 2
SMALLEST = {"PB": 89, "PROGRAM": 0x10290410860880021002205, "XW": 2, "O": 1, "YB": 3}

bench = Bench(
    top="adder_graph",
    configs=linear.Configs(
        build,
        {
            "w4_lut6": sizes(6, 5, 4),
            "w4_lut4_pipe1": sizes(6, 5, 4, style=1, registers=1),
            "w4_carry_pipe2": sizes(6, 5, 4, style=2, registers=2),
            "mixed_lut6_pipe2": sizes(9, 8, 6, mixed=1, registers=2),
            "mixed_lut4": sizes(9, 8, 6, mixed=1, style=1, room=3),
            "mixed_carry": sizes(9, 8, 6, mixed=1, style=2),
            "mixed_carry_pipe1": sizes(9, 8, 6, mixed=1, style=2, registers=1),
            "w8_lut6_pipe1": sizes(10, 10, 8, zeros=80, registers=1),
            "w2_lut6_pipe1": sizes(16, 16, 2, zeros=60, registers=1),
            "w1_lut4_pipe2": sizes(12, 7, 1, style=1, registers=2),
            "dense_carry": sizes(8, 8, 3, zeros=0, style=2),
            "single_pipe1": sizes(1, 1, 8, zeros=0, registers=1),
            "zero_pipe1": sizes(4, 3, 4, zeros=100, registers=1),
        },
    ),
    interface=interface,
    golden=golden,
    timing=lambda c, t: clock.direct(t, ROWS, c.latency),
    stimuli=stimuli,
    cover=cover,
    plan={
        "every input alone, at its extremes": ["graph.alone"],
        "extreme inputs": ["graph.lowest", "graph.highest"],
        "the greatest and the least result that there is, of every output": ["graph.greatest", "graph.least"],
        "results of every sign there may be": ["graph.sign"],
    },
    volume=lambda _: 500,
    quick=("w4_lut6", "mixed_lut6_pipe2", "mixed_carry", "zero_pipe1"),
    guards=[
        Refused({"XW": 1}, given=SMALLEST),
        Refused({"XW": 3}, given=SMALLEST),
        Refused({"O": 2}, given=SMALLEST),
        Refused({"YB": 2}, legal={"YB": 3}, given=SMALLEST, edge=lambda c: c.room == 0),
        Refused({"YB": 0}, given=SMALLEST),
        Refused({"PB": 88}, legal={"PB": 89}, given=SMALLEST, edge=lambda c: c.PROGRAM >> c.PB - 1 == 1),
    ],
)


@pytest.mark.parametrize("config", bench.configs)
def test_registers_are_no_more_than_there_are_adders_in_a_row(config):
    c = bench.config(config)
    assert c.latency <= max(1, graph(c, registers=False).depth)
    assert (c.latency > 0) == (c.registers > 0 and parts(c)[0].any())
