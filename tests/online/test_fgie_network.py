"""Bench of fgie_network: small networks of any weights, and handwritten digits by a trained one."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np

from models.online import classifier, trained
from models.online.network import Answers, Weights, network
from tests.online import _schedule as schedule
from tests.online._schedule import Layer
from ulpwise import (
    Array,
    Axis,
    Batch,
    Bench,
    Config,
    CoverGroup,
    Cross,
    Exclusion,
    Limit,
    Point,
    Signed,
    SignedDigits,
    Streams,
    Unsigned,
    transitions,
    values,
)
from ulpwise.bench.stimuli import Draw, Stimuli

WEIGHTS = trained.load_weights(Path(__file__).parents[1] / "data")


def sizes(c: Config) -> list[tuple[int, int, int]]:
    """Operands, neurons and growth of each layer."""
    neurons = [c[f"M{i}"] for i in range(1, c.LAYERS + 1)]
    growths = [c[f"G{i}"] for i in range(1, c.LAYERS + 1)]
    return list(zip([c.K, *(m // c.POOL for m in neurons[:-1])], neurons, growths, strict=True))


def interface(c: Config) -> Streams:
    """Weights once, a beat a neuron; operand digits by significance; result words."""
    widest, rows = max(k for k, _, _ in sizes(c)) + 1, sum(m for _, m, _ in sizes(c))
    precision = {f"p{i}": Unsigned(6) for i in range(c.LAYERS + 1)}
    counts = {f"{name}{i}": Unsigned(16) for i in range(1, c.LAYERS + 1) for name in ("saved", "total")}
    return Streams(
        inputs={"x": Axis({"x": SignedDigits(c.N, (c.K,))}, c.N, precision, planes=True, tlast="delimits")},
        outputs={"y": Axis({"logit": Signed(c.DY + 1, (sizes(c)[-1][1],))}), "stat": Axis(counts)},
        setup={"w": Axis({"y": Signed(c.WB, (rows, widest))}, rows)},
    )


def layers(c: Config, table: Array) -> list[Weights]:
    """Cut the weights (rows, widest) into layers."""
    parts, low = [], 0
    for k, m, growth in sizes(c):
        rows = table[low : low + m].astype(np.int64)
        parts.append(Weights(rows[:, :k].copy(), rows[:, k].copy(), growth))
        low += m
    return parts


def answers(c: Config, t: Batch, **options: bool) -> Answers:
    """The model's; all frames share their weights."""
    precision = np.stack([t[f"p{i}"] for i in range(c.LAYERS + 1)], axis=1).astype(np.int64)
    return network(t["x"], layers(c, t["y"][0]), precision, wb=c.WB, merged=bool(c.MERGED), pool=c.POOL, **options)


def golden(c: Config, t: Batch) -> Batch:
    """Words and counts of the model."""
    found = answers(c, t)
    counts = {f"saved{i}": found.saved[:, i - 1] for i in range(1, c.LAYERS + 1)}
    logit = found.y.astype(np.int64)
    return {"logit": logit, **counts, **{f"total{i}": found.total[:, i - 1] for i in range(1, c.LAYERS + 1)}}


def cycles(c: Config, t: Batch) -> dict[str, Array]:
    """Those of the layers' control: a layer that is busy makes those in front of it wait."""
    layers, last = [], c.LAYERS - 1
    for at, (k, _, _) in enumerate(sizes(c)):
        layers.append(Layer(k, c.N if at == 0 else 63, bool(c.MERGED), c.PIPE, c.POOL if at < last else 1))
    users = np.stack([t[f"p{i}"] for i in range(c.LAYERS + 1)], axis=1).astype(int).tolist()
    found = schedule.network(layers, [(c.N, *user) for user in users])
    return {name: np.array(beats).reshape(len(users), -1) for name, beats in found.items()}


def stimuli(c: Config) -> Stimuli:
    """Random digits and weights that fit, frames as short as can be, or the images by the trained weights."""
    if c.name == "digits":
        return {"digits": lambda draw: images(c, draw)}
    return {"bulk": lambda draw: bulk(c, draw), "short": lambda draw: short(c, draw)}


def short(c: Config, draw: Draw) -> Batch:
    """One digit of everything: no more frames can be on their way at a time."""
    batch = {name: values[:64] for name, values in bulk(c, draw).items()}
    one = {f"p{i}": np.ones(len(batch["x"]), int) for i in range(c.LAYERS + 1)}
    return {**batch, "y": np.broadcast_to(batch["y"][:1], batch["y"].shape), **one}


def bulk(c: Config, draw: Draw) -> Batch:
    """Any operands at any precision; weights that fit their growth, new ones every 32 frames."""
    rng, rows = draw.rng, draw.n
    table = draw.fields["y"].random(rng, -(-rows // 32))
    low = 0
    for k, m, growth in sizes(c):
        y, room = table[:, low : low + m, : k + 1], 2 << (c.WB - 1 + growth)
        taken = (2 * abs(y[..., :-1]).sum(axis=2) + abs(y[..., -1]))[..., None]
        y[:] = np.where(taken > room, np.sign(y) * (abs(y) * room // taken), y)
        low += m
    most = [c.N, *(c.DY for _ in range(c.LAYERS))]
    precision = {f"p{i}": rng.integers(1, top + 1, rows) for i, top in enumerate(most)}
    return {"x": draw.fields["x"].random(rng, rows), "y": np.repeat(table, 32, axis=0)[:rows], **precision}


def images(c: Config, draw: Draw) -> Batch:
    """As many images as wanted, evenly chosen, pixels 0..16 as pixel / 32."""
    pixels = trained.choose(draw.n)
    x = np.zeros((len(pixels), c.K, c.N), np.int8)
    x[..., :5] = classifier.from_sign_magnitude(pixels, 5)
    # as many digits behind the point of the logits as hidden activations have
    precision = {"p0": 5, "p1": c.digits, "p2": c.digits + c.G2}
    return {
        "x": x,
        "y": np.broadcast_to(WEIGHTS, (len(pixels), *WEIGHTS.shape)),
        **{name: np.full(len(pixels), count) for name, count in precision.items()},
    }


def figures(c: Config, sequence: str, inputs: Batch, actual: Batch, expected: Batch) -> dict[str, str]:
    """Accuracy, and the share of digit cycles saved."""
    del expected
    if sequence != "digits" or not len(inputs["x"]):
        return {}
    pixels = classifier.read(inputs["x"][..., :5])
    right = trained.accuracy(pixels, actual["logit"].argmax(axis=1))
    shares = {
        f"digit cycles saved in layer {i}": f"{actual[f'saved{i}'].sum() / actual[f'total{i}'].sum():.1%}"
        for i in range(1, c.LAYERS + 1)
    }
    return {"images": f"{len(pixels)}", "accuracy": f"{right:.2%}", **shares}


def cover(c: Config) -> list[CoverGroup]:
    """Signs of results, what was saved and that it changes nothing; precision layer by layer, and its changes."""
    trial = c.name == "digits"

    def differs(t: Batch) -> Array:
        return (answers(c, t, terminate=False).y != t["logit"]).any(axis=1)

    def digits(name: str) -> Point:
        return Point(name, lambda t: t[name], values(*range(1, (c.N if name == "p0" else c.DY) + 1)))

    points = [
        Point("sign", lambda t: np.sign(t["logit"]), values(-1, 1) if trial else values(-1, 0, 1)),
        Point("saved", lambda t: t["saved1"] > 0, values(1) if trial else values(*range(min(c.LAYERS, 2)))),
        Point("same", differs, values(0), illegal=values(1)),
    ]
    if trial:
        return [CoverGroup("frame", points)]
    change = Point("change", lambda t: t["p1"] > c.DY // 2, transitions(*product((0, 1), repeat=2)))
    every = [digits(f"p{i}") for i in range(c.LAYERS + 1)]
    pairs = [Cross("layers", f"p{c.LAYERS - 1}", f"p{c.LAYERS}")] if c.DY <= 16 else []
    return [CoverGroup("frame", [*points, change, *every], pairs)]


PLAIN = {"LAYERS": 2, "WB": 6, "N": 5, "DY": 10, "MERGED": 1, "PIPE": 1, "POOL": 1}
DIGITS = {**PLAIN, "K": 64, "M1": 32, "G1": 4, "M2": 10, "G2": 3, "WB": 8, "N": 5, "DY": 16, "PIPE": 2}

bench = Bench(
    top="fgie_network",
    configs={
        "n4_3_2": {**PLAIN, "K": 4, "M1": 3, "G1": 2, "M2": 2, "G2": 1},
        "n4_3_2_tree": {**PLAIN, "K": 4, "M1": 3, "G1": 3, "M2": 2, "G2": 2, "MERGED": 0},
        "n3_4_4_2_pool": {
            **PLAIN,
            "LAYERS": 3,
            "K": 3,
            "M1": 4,
            "G1": 1,
            "M2": 4,
            "G2": 1,
            "M3": 2,
            "G3": 1,
            "POOL": 2,
        },
        "n1_1": {**PLAIN, "LAYERS": 1, "K": 1, "M1": 1, "G1": 0, "WB": 2, "N": 1, "DY": 2, "PIPE": 0},
        "n2_2_2_2_2": {
            **PLAIN,
            "LAYERS": 4,
            "K": 2,
            **{f"M{i}": 2 for i in range(1, 5)},
            **{f"G{i}": 1 for i in range(1, 5)},
            "WB": 32,
            "N": 63,
            "DY": 63,
        },
        "n16_24_8": {**PLAIN, "K": 16, "M1": 24, "G1": 5, "M2": 8, "G2": 5},
        "digits": {**DIGITS, "digits": 8},
    },
    interface=interface,
    golden=golden,
    timing=cycles,
    stimuli=stimuli,
    cover=cover,
    plan={
        "results of either sign": ["frame.sign"],
        "frames in which neurons stop, and frames in which none does": ["frame.saved"],
        "early termination changes no result": ["frame.same"],
    },
    figures=figures,
    exclude=[
        Exclusion(
            "toggle",
            f"{name}[{16 * field + bit}]:*",
            "digit cycles: the layers here take up to 256",
        )
        for name, fields in (("fifo_reg[*]", 2), ("stat_data", 2), ("m_axis_stat_tdata", 6))
        for field in range(fields)
        for bit in range(9, 16)
    ],
    volume=lambda c: {"digits": 12, "n16_24_8": 300, "n2_2_2_2_2": 200}.get(c.name, 1_000),
    quick=("n4_3_2", "n4_3_2_tree", "n3_4_4_2_pool"),
    area=("n4_3_2", "n4_3_2_tree", "n3_4_4_2_pool"),
    guards=[
        Limit("LAYERS", 1, 4, given={"M3": 2, "G3": 1, "M4": 2, "G4": 1}),
        Limit("DY", 2, 63),
        Limit(
            "K",
            1,
            1023,
            given={"G1": 0, "M1": 1, "M2": 1, "G2": 0, "WB": 2},
            by="fgie_neuron.K",
            left={1023: "minutes a run: 1,024 synapses; elaborated all the same"},
        ),
        Limit("WB", 2, 32, by="fgie_neuron.WB"),
        Limit("N", 1, 63, by="fgie_layer.N"),
        Limit("PIPE", 0, None, by="online_dot_merged.PIPE"),
        Limit("G1", 0, None, by="fgie_neuron.GROWTH"),
        Limit("POOL", 1, None),
    ],
)
