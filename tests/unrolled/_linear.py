"""What the benches of the unrolled layers share: all of them are linear maps, with weights drawn from a seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial

import numpy as np

from models.unrolled.graph import TARGETS, optimise
from models.unrolled.layers import Integers, bounds
from models.unrolled.pack import pack_weights, random_weights, unpack_weights
from ulpwise import Array, Batch, Config, CoverGroup, Point, Signed, Unsigned, values
from ulpwise.bench.stimuli import Draw, Stimuli

Layer = Callable[[Config, Array], Array]
"""From a configuration and inputs (rows, *shape) to exact results (rows, *shape)."""
Build = Callable[..., dict[str, int]]

PLAN = {
    "every input alone, at its extremes": ["layer.alone"],
    "extreme activations": ["layer.activation"],
    "the greatest and the least result that there is, of every output": ["layer.greatest", "layer.least"],
    "results of every sign there may be": ["layer.sign"],
}


class Configs(Mapping[str, Mapping[str, int]]):
    """Configurations that are made when they are asked for, since adder graphs take their time."""

    def __init__(self, build: Build, wanted: Mapping[str, Mapping[str, int]]) -> None:
        """Take the builder and its arguments by the configurations' names."""
        self._made = {name: partial(build, **arguments) for name, arguments in wanted.items()}

    def __getitem__(self, name: str) -> dict[str, int]:
        return self._made[name]()

    def __iter__(self) -> Iterator[str]:
        return iter(self._made)

    def __len__(self) -> int:
        return len(self._made)


def sizes(*names: str) -> Callable[..., dict[str, int]]:
    """Return a function that names a configuration's sizes, given in this order, and adds what else it is given."""
    return lambda *numbers, **rest: {**dict(zip(names, numbers, strict=True)), **rest}


def volume(rows: int) -> Callable[[Config], int]:
    """Return the random transactions of a burst: fewer for adder graphs, whose single bits keep Icarus busy."""
    return lambda c: rows // 20 if c.get("IMPL") else rows


def draw(shape: tuple[int, ...], bits: int, seed: int, zeros: int = 0, holes: int = 0, mixed: int = 0) -> Integers:
    """Draw weights (..., outputs).

    Args:
        shape: of the weights, outputs last.
        bits: of a weight.
        seed: of the draw.
        zeros: percent of the weights that are zero, 100 for none left.
        holes: 1 to clear all weights of the first row and of the last output.
        mixed: 1 to give the outputs weights of 1, 2, ... bits in turn.
    """
    w = random_weights(np.random.default_rng(seed), shape, bits, zeros / 100)
    if mixed:
        w >>= np.arange(shape[-1])[::-1] % bits
    if holes:
        w.reshape(-1, shape[-1])[0] = 0
        w[..., -1] = 0
    return w


def parameters(matrix: Integers, c: Mapping[str, int], impl: int = 0, room: int = 0) -> dict[str, int]:
    """Return a core's parameters for a matrix: its weights, bits of a result and, for an adder graph, that graph.

    Args:
        matrix: (inputs, outputs).
        c: XB, SIGNED, WB and REGISTERS, which for an adder graph says how many adders there are between two registers.
        impl: 0 plain, 1 to 3 an adder graph for the first to the third target of the optimiser.
        room: bits of a result beyond those that it needs; below 0 results wrap. There is always one.
    """
    least, most = bounds(matrix, *ends(c["XB"], c["SIGNED"]))
    bits = max(
        int(~least.min()).bit_length(), int(most.max()).bit_length()
    )  # ~ of 0 or less, as no sum's least is above
    chosen = {**c, "YB": max(1, bits + 1 + room), "WEIGHTS": pack_weights(matrix, c["WB"])}
    if impl:
        target = TARGETS[impl - 1]
        graph = optimise(matrix, c["XB"], bool(c["SIGNED"]), target=target, effort=0)
        if every := c["REGISTERS"]:
            graph = graph.pipelined(every)
        program = graph.pack(target)
        chosen |= {"IMPL": 1, "PB": program.bit_length(), "PROGRAM": program, "latency": graph.latency}
    return chosen


def ends(bits: int, signed: int) -> tuple[int, int]:
    """Least and greatest activation."""
    return (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)


def weights(c: Config, *shape: int) -> Integers:
    """Read the weights that the core was given."""
    return unpack_weights(c.WEIGHTS, shape, c.WB)


def activation(c: Config, *shape: int) -> Signed | Unsigned:
    """Format of a frame of activations."""
    return (Signed if c.SIGNED else Unsigned)(c.XB, shape)


def wrap(y: Array, bits: int) -> Array:
    """Cut to two's complement."""
    return (y << (64 - bits)) >> (64 - bits)


def golden(layer: Layer) -> Callable[[Config, Batch], Batch]:
    """Return the golden function of a layer."""
    return lambda c, t: {"y": wrap(layer(c, t["x"].astype(np.int64)), c.YB)}


def full(layer: Layer, c: Config, shape: tuple[int, ...]) -> Integers:
    """Find the matrix of a whole frame by feeding one input at a time: (inputs, outputs)."""
    size = int(np.prod(shape))
    return layer(c, np.eye(size, dtype=np.int64).reshape(size, *shape)).reshape(size, -1)


def stimuli(layer: Layer) -> Callable[[Config], Stimuli]:
    """Return the sequences of a layer: inputs alone, the extremes of every output, random ones."""

    def alone(c: Config, draw: Draw) -> Batch:
        shape = draw.fields["x"].shape
        size = int(np.prod(shape))
        unit = np.eye(size, dtype=np.int64)
        return {"x": np.concatenate([end * unit for end in ends(c.XB, c.SIGNED)]).reshape(2 * size, *shape)}

    def extremes(c: Config, draw: Draw) -> Batch:
        shape = draw.fields["x"].shape
        columns = full(layer, c, shape).T
        low, high = ends(c.XB, c.SIGNED)
        rows = [np.where(s * columns + (columns == 0) * draw.rng.choice([-1, 1]) > 0, high, low) for s in (-1, 1)]
        return {"x": np.concatenate(rows).reshape(-1, *shape)}

    def bulk(c: Config, draw: Draw) -> Batch:
        x = draw.fields["x"].random(draw.rng, draw.n)
        x[::8] = draw.rng.choice([*ends(c.XB, c.SIGNED), 0], x[::8].shape)
        return {"x": x}

    return lambda c: {sequence.__name__: partial(sequence, c) for sequence in (alone, extremes, bulk)}


def cover(layer: Layer, shape: Callable[[Config], tuple[int, ...]]) -> Callable[[Config], list[CoverGroup]]:
    """Return the cover groups of a layer whose frames of inputs have that shape."""

    def flat(name: str, t: Batch) -> Array:
        return t[name].reshape(len(t[name]), -1).astype(np.int64)

    def groups(c: Config) -> list[CoverGroup]:
        matrix = full(layer, c, shape(c))
        low, high = ends(c.XB, c.SIGNED)
        least, greatest = bounds(matrix, low, high)
        inputs, outputs = (range(size) for size in matrix.shape)
        wraps = (wrap(least, c.YB) != least).any() or (wrap(greatest, c.YB) != greatest).any()
        positive = c.YB > 1 and (wraps or greatest.max() > 0)
        signs = [0, *([-1] if wraps or least.min() < 0 else []), *([1] if positive else [])]

        def alone(t: Batch) -> Array:
            some = flat("x", t) != 0
            return np.where(some.sum(axis=1) == 1, some.argmax(axis=1), -1)

        def hit(bound: Integers, t: Batch) -> Array:
            return np.where(flat("y", t) == wrap(bound, c.YB), np.arange(len(bound)), -1)

        points = [
            Point("alone", alone, values(*inputs)),
            Point("activation", lambda t: flat("x", t), values(*sorted({low, 0, high}))),
            Point("greatest", lambda t: hit(greatest, t), values(*outputs)),
            Point("least", lambda t: hit(least, t), values(*outputs)),
            Point("sign", lambda t: np.sign(flat("y", t)), values(*signs)),
        ]
        return [CoverGroup("layer", points)]

    return groups
