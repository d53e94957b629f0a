"""Bench of unrolled_network: handwritten digits by pruned weights and by dense ones, and small networks of any kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import accumulate
from pathlib import Path

import numpy as np
import pytest

from models.unrolled import trained
from models.unrolled.layers import Integers
from models.unrolled.network import Layer, Shape, forward, random_network
from models.unrolled.pack import pack_weights
from tests.unrolled import _linear as linear
from tests.unrolled import _timing as clock
from ulpwise import (
    Array,
    Axis,
    Batch,
    Bench,
    Config,
    CoverGroup,
    Exclusion,
    Limit,
    Point,
    Refused,
    Signed,
    Streams,
    values,
)
from ulpwise.bench.stimuli import Draw, Stimuli

TESTS = Path(__file__).parents[1]
DIGITS, DENSE = range(2)
FILES = {DIGITS: TESTS / "data" / "kratos_digits.json", DENSE: TESTS / "data" / "kratos_digits_dense.json"}
"""Trained networks by kind; any other kind is the seed of a random one."""
TABLES = ("FH", "FW", "STRIDE", "PAD", "O", "WB", "YB", "AB")
SAMPLE = 2_000  # images that tell what a random network can do


def sample(c: Mapping[str, int]) -> Integers:
    """Images: all digits, or random ones, of few values and of all."""
    if c["kind"] in FILES:
        return trained.images()[0]
    low, high = linear.ends(c["XB"], c["SIGNED"])
    rng = np.random.default_rng(c["kind"])
    x = rng.integers(low, high + 1, (SAMPLE, c["IH"], c["IW"], c["IC"]))
    x[::2] = rng.choice([low, 0, high], x[::2].shape)
    return x


def network(c: Mapping[str, int]) -> tuple[Layer, ...]:
    """Read a trained network, or draw one."""
    return _network(tuple((name, c[name]) for name in ("kind", "LAYERS", "IH", "IW", "IC", "XB", "SIGNED", "zeros")))


@cache
def _network(traits: tuple[tuple[str, int], ...]) -> tuple[Layer, ...]:
    c = dict(traits)
    if c["kind"] in FILES:
        return trained.load(FILES[c["kind"]])
    rng = np.random.default_rng(c["kind"])
    return random_network(rng, c["LAYERS"], sample(c), zeros=c["zeros"] / 100, dense=c["kind"] % 2 == 0)


def build(
    kind: int,
    layers: int,
    ih: int,
    iw: int,
    ic: int,
    xb: int,
    signed: int = 0,
    impl: int = 0,
    registers: int = 0,
    zeros: int = 0,
    frame: int = 2,
) -> dict[str, int]:
    """Return a configuration.

    Args:
        kind: one of FILES, or the seed of a random network, whose last layer is dense if the seed is even.
        layers: how many.
        ih: rows of the image.
        iw: its columns.
        ic: its channels.
        xb: bits of a pixel.
        signed: whether pixels are.
        impl: 0 plain, 1 to 3 adder graphs for the first to the third target of the optimiser.
        registers: 1 for a pipelined plain network, for adder graphs the adders between two registers.
        zeros: percent of the weights that are zero, in random networks.
        frame: images of a frame.
    """
    c = {"LAYERS": layers, "IMPL": int(impl > 0), "IH": ih, "IW": iw, "IC": ic, "XB": xb, "SIGNED": signed}
    c |= {"REGISTERS": registers, "kind": kind, "zeros": zeros, "frame": frame}
    net = network(c)
    c |= constants(net)
    made = [matrix(layer, given, impl, registers) for layer, given in zip(net, inputs(net, c), strict=True)]
    numbers = []
    for layer, shape, part in zip(net, shapes(net, c), made, strict=False):
        fh, fw, _, outputs = layer.filter(shape)
        bits = max(part["YB"], c["BB"]) + 1 if layer.form is None else layer.form.bits  # none of the logits saturates
        numbers.append((fh, fw, layer.stride, layer.padding, outputs, layer.bits, part["YB"], bits))
    tables = dict(zip(TABLES, (pack_weights(column, 32) for column in zip(*numbers, strict=True)), strict=True))
    most = {name: max(part[name] for part in made) for name in ("MB", "PB")}
    word = "PROGRAM" if impl else "WEIGHTS"
    words = {f"{word}{i}": part[word] for i, part in enumerate(made, 1)}
    results = int(np.prod(shapes(net, c)[-1]))
    return {**c, **tables, **most, **words, "RESULTS": results, "latency": sum(part["latency"] + 1 for part in made)}


def shapes(net: Sequence[Layer], c: Mapping[str, int]) -> list[Shape]:
    """Shapes of the image and of each layer's results."""
    return list(accumulate(net, lambda shape, layer: layer.shape(shape), initial=(c["IH"], c["IW"], c["IC"])))


def inputs(net: Sequence[Layer], c: Mapping[str, int]) -> list[tuple[int, int]]:
    """Bits of each layer's inputs, and whether they are signed."""
    return [(c["XB"], c["SIGNED"]), *((layer.form.bits, 0) for layer in net if layer.form is not None)]


def constants(net: Sequence[Layer]) -> dict[str, int]:
    """Biases and shifts of all channels, as many for each layer."""
    most = max(len(layer.bias) for layer in net)
    bias, shift = (
        np.array([np.pad(table, (0, most - len(table))) for table in tables])
        for tables in zip(*((layer.bias, layer.shift) for layer in net), strict=True)
    )
    bits = int(np.maximum(bias, ~bias).max()).bit_length() + 1
    return {"CM": most, "BB": bits, "BIAS": pack_weights(bias, bits), "SHIFT": pack_weights((shift + 32) % 64 - 32, 6)}


def matrix(layer: Layer, given: tuple[int, int], impl: int, registers: int) -> dict[str, int]:
    """What the matrix of a window, its inputs of those bits and signs, contributes to the parameters."""
    bits, signed = given
    flat = layer.weights.reshape(-1, layer.weights.shape[-1])
    found = {"XB": bits, "SIGNED": signed, "WB": layer.bits, "REGISTERS": registers}
    found = {"PB": 1, **linear.parameters(flat, found, impl), "MB": flat.size * layer.bits}
    levels = 1 + (len(flat) - 1).bit_length() if registers else 0
    return {"latency": levels, **found, "YB": max(2, found["YB"])}


def interface(c: Config) -> Streams:
    """An image a beat."""
    last = shapes(network(c), c)[-1]
    bits = c.AB >> 32 * (c.LAYERS - 1)
    return Streams(
        {"x": Axis({"x": linear.activation(c, c.frame, c.IH, c.IW, c.IC)}, c.frame)},
        {"y": Axis({"y": Signed(bits, (c.frame, *last))}, c.frame)},
    )


def images(c: Config, t: Batch) -> Integers:
    """The images of a batch (rows, IH, IW, IC)."""
    return t["x"].reshape(-1, c.IH, c.IW, c.IC).astype(np.int64)


def golden(c: Config, t: Batch) -> Batch:
    """The model's results."""
    y = forward(network(c), images(c, t))[-1].y
    return {"y": y.reshape(-1, c.frame, *y.shape[1:])}


def stimuli(c: Config) -> Stimuli:
    """Pixels alone, the extremes of the first layer's sums, and random images; of the digits' networks the digits."""
    low, high = linear.ends(c.XB, c.SIGNED)

    def frames(x: Integers) -> Batch:
        return {"x": np.resize(x, (-(-len(x) // c.frame), c.frame, c.IH, c.IW, c.IC))}

    def alone(_: Draw) -> Batch:
        size = c.IH * c.IW * c.IC
        return frames(np.concatenate([end * np.eye(size, dtype=np.int64) for end in (low, high)]))

    def extremes(_: Draw) -> Batch:
        positive = network(c)[0].matrix((c.IH, c.IW, c.IC)).T > 0
        return frames(np.concatenate([np.where(positive, low, high), np.where(positive, high, low)]))

    def bulk(draw: Draw) -> Batch:
        x = draw.fields["x"].random(draw.rng, draw.n)
        x[::2] = draw.rng.choice([low, 0, high], x[::2].shape)
        return {"x": x}

    def digits(draw: Draw) -> Batch:
        return frames(trained.choose(draw.n)[0])

    # a network in a cycle is slow to simulate: the digits' ones see no more than the digits
    return {sequence.__name__: sequence for sequence in ((digits,) if c.kind in FILES else (alone, extremes, bulk))}


def figures(c: Config, sequence: str, inputs: Batch, actual: Batch, expected: Batch) -> dict[str, str]:
    """Accuracy."""
    del expected
    if sequence != "digits" or not len(inputs["x"]):
        return {}
    pixels, labels = trained.images()
    known = {image.tobytes(): row for row, image in enumerate(pixels)}
    rows = np.array([known[image.tobytes()] for image in images(c, inputs)])
    right = actual["y"].reshape(len(rows), -1).argmax(axis=1) == labels[rows]
    held_out = rows >= trained.TRAINING
    return {
        "images": f"{len(right)}",
        "accuracy": f"{right.mean():.2%}",
        "accuracy, held out": f"{right[held_out].mean():.2%} of {held_out.sum()}",
    }


def cover(c: Config) -> list[CoverGroup]:
    """What each layer's results were; only what a sample of images shows to be possible is asked for."""
    net = network(c)
    low, high = linear.ends(c.XB, c.SIGNED)
    most = [0 if layer.form is None else layer.form.high for layer in net]

    def flat(x: Integers) -> list[Integers]:
        return [kept.y.reshape(len(x), -1) for kept in forward(net, x)]

    def kind(x: Integers) -> Array:
        """Layer by layer: 0 zero, 1 between, 2 saturated; of the last -1, 0, 1 are its signs."""
        hidden = [4 * i + (y > 0) + (y == m) for i, (y, m) in enumerate(zip(flat(x)[:-1], most, strict=False))]
        return np.concatenate([*hidden, 4 * len(net) - 2 + np.sign(flat(x)[-1])], axis=1)

    def channel(x: Integers) -> Array:
        parts, first = [], 0
        for layer, y in zip(net, flat(x), strict=True):
            some = (y.reshape(len(x), -1, len(layer.bias)) != 0).any(axis=1)
            parts.append(np.where(some, first + np.arange(len(layer.bias)), -1))
            first += len(layer.bias)
        return np.concatenate(parts, axis=1)

    def winner(x: Integers) -> Array:
        return flat(x)[-1].argmax(axis=1)

    def point(name: str, what: Callable[[Integers], Array]) -> Point:
        bins = np.unique(what(sample(c)))
        return Point(name, lambda t: what(images(c, t)).reshape(len(t["x"]), -1), values(*bins[bins >= 0].tolist()))

    high = min(high, int(sample(c).max()))
    pixel = Point("pixel", lambda t: images(c, t).reshape(len(t["x"]), -1), values(*sorted({low, 0, high})))
    return [CoverGroup("image", [pixel, point("result", kind), point("channel", channel), point("winner", winner)])]


sizes = linear.sizes("kind", "layers", "ih", "iw", "ic", "xb")
TRIAL = sizes(DIGITS, 3, 8, 8, 1, trained.PIXEL_BITS, frame=1)

bench = Bench(
    top="unrolled_network",
    configs=linear.Configs(
        build,
        {
            "digits": {**TRIAL, "impl": 1},
            "digits_carry": {**TRIAL, "impl": 3},
            "digits_plain": TRIAL,
            "digits_dense": {**TRIAL, "kind": DENSE},
            "l2_4x4_u4_graph": sizes(180, 2, 4, 4, 1, 4, impl=1, zeros=40),
            "l3_5x4x2_s3_graph_pipe": sizes(312, 3, 5, 4, 2, 3, signed=1, impl=2, registers=2, zeros=60),
            "l3_4x5_u1_pipe": sizes(372, 3, 4, 5, 1, 1, registers=1),
            "l4_4x4_s2": sizes(100, 4, 4, 4, 1, 2, signed=1),
            "l1_3x3_u6_carry": sizes(65, 1, 3, 3, 1, 6, impl=3),
            "l2_3x5x2_s5_conv_pipe": sizes(57, 2, 3, 5, 2, 5, signed=1, registers=1, zeros=30),
        },
    ),
    interface=interface,
    golden=golden,
    timing=lambda c, t: clock.direct(t, c.frame, c.latency),
    stimuli=stimuli,
    cover=cover,
    plan={
        "pixels of zero and at their extremes": ["image.pixel"],
        "results of zero, between and saturated in every hidden layer; every sign of the last one's": ["image.result"],
        "every channel of every layer at work": ["image.channel"],
        "every result the greatest that can be": ["image.winner"],
    },
    figures=figures,
    exclude=[
        Exclusion(kind, "*", "sizes of the layers, computed at elaboration and never in a simulation", source)
        for kind, source in (
            ("line", "function integer extent*"),
            ("line", "for (i = 0; i < layers*"),
            ("branch", "extent = columns*"),
            ("expr", "extent = *columns*"),
        )
    ],
    volume=lambda c: 1797 if c.kind in FILES else 100,
    quick=("l2_4x4_u4_graph", "l4_4x4_s2"),
    area=("l2_4x4_u4_graph", "l4_4x4_s2"),
    guards=[
        Limit(
            "LAYERS",
            1,
            4,
            slow=dict.fromkeys((1, 4), "other layers need other parameters; configurations of one and of four run"),
            early={5: "a replication of X"},
        ),
        Refused({"RESULTS": 1}),
        Limit("IMPL", None, 1),
        Limit("SIGNED", 0, 1),
        # plain: in a graph without inputs Verilator stops before it comes to the guard
        Refused({"IH": 0}, given={"IMPL": 0}),
        Refused({"IW": 0}, given={"IMPL": 0}),
        Refused({"IC": 0}, given={"IMPL": 0}),
        Refused({"FH": 0}, given={"IMPL": 0}),
        Refused({"FW": 0}, given={"IMPL": 0}),
        Refused({"STRIDE": 0}, given={"IMPL": 0}),
        # a filter of 7 rows, or columns, on an image of 4 with a zero on either side
        Refused({"FH": 2 << 32 | 7}, given={"IMPL": 0}),
        Refused({"FW": 2 << 32 | 7}, given={"IMPL": 0}),
        # one channel where the layers have two
        Refused({"CM": 1}, by="unrolled_network.CM"),
        Refused({"MB": 0}),
        # the largest matrix has 24 weights of 6 bits
        Refused({"MB": 143}, legal={"MB": 144}, given={"IMPL": 0}, edge=lambda c: not c.IMPL),
    ],
)


@pytest.mark.parametrize("config", bench.configs)
def test_a_layer_takes_a_cycle_unless_there_are_registers_in_its_matrices(config):
    c = bench.config(config)
    assert c.latency == c.LAYERS or (c.REGISTERS and c.latency > c.LAYERS)
