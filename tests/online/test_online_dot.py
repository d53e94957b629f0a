"""Bench of online_dot: corners and random operands, and the main job: class scores of handwritten digits."""

from __future__ import annotations

from functools import cache
from itertools import product
from pathlib import Path

import numpy as np

from models.online import classifier
from models.online.classifier import read
from models.online.dot import dot, levels
from ulpwise import (
    Array,
    Batch,
    Bench,
    Config,
    CoverGroup,
    Cross,
    DigitSerial,
    Limit,
    Point,
    Signed,
    SignedDigits,
    transitions,
    values,
)
from ulpwise.bench.stimuli import Draw, Stimuli, corners, standard

WEIGHTS = classifier.load_weights(Path(__file__).parents[1] / "data" / "digits_linear.csv")


def interface(c: Config) -> DigitSerial:
    """K operands and weights, the whole sum, at the least period."""
    exact, depth = c.n + c.WB - 1, levels(c.K)
    operands, weights = SignedDigits(c.n, (c.K,)), Signed(c.WB, (c.K,))
    return DigitSerial(
        {"x": operands}, {"z": SignedDigits(exact + depth)}, exact + max(2, depth), {"y": weights}, {"z": 3 + 2 * depth}
    )


def golden(c: Config, t: Batch) -> Batch:
    """The digits of the recurrences."""
    return {"z": dot(t["x"], t["y"], c.WB, c.n + c.WB - 1, carry_save=c.get("CARRY_SAVE", 0) == 1)}


def stimuli(c: Config) -> Stimuli:
    """Corners and random operands, or corners and all the images."""
    return standard(c) if c.name != "digits" else {"digits": digits, "corners": corners}


@cache
def images() -> tuple[Array, Array]:
    """Read the images and their labels once."""
    return classifier.load_images()


def digits(draw: Draw) -> Batch:
    """Every image, or a random sample, by the weights of every class."""
    pixels, _ = images()
    count = min(len(pixels), max(1, draw.n // classifier.CLASSES))
    picks = np.sort(draw.rng.choice(len(pixels), count, replace=False))
    x, y = classifier.frames(WEIGHTS, pixels[picks])
    return {"x": x, "y": y}


def figures(c: Config, sequence: str, inputs: Batch, actual: Batch, expected: Batch) -> dict[str, str]:
    """Accuracy by the core's scores, by the golden model's, and by plain integers."""
    del c
    whole = len(inputs["x"]) // classifier.CLASSES
    if sequence != "digits" or not whole:
        return {}
    frames = whole * classifier.CLASSES
    pixels = classifier.pixels_of(inputs["x"][: frames : classifier.CLASSES])
    known = {image.tobytes(): label for image, label in zip(*images(), strict=True)}
    labels = np.array([known[image.tobytes()] for image in pixels])
    integers = classifier.scores(WEIGHTS, pixels)
    core, model = (read(t["z"][:frames]).reshape(integers.shape) for t in (actual, expected))
    ways = {"RTL": core, "golden model": model, "integers": integers}
    return {
        "images": f"{whole}",
        **{f"accuracy ({way})": f"{(found.argmax(axis=1) == labels).mean():.2%}" for way, found in ways.items()},
        "scores equal to W x + b": f"{(core == integers).sum()} of {frames}",
    }


def cover(c: Config) -> list[CoverGroup]:
    """Digits at both ends by extreme weights, each operand alone, growth, the order of results, and no error."""
    digit, most = values(-1, 0, 1), (1 << (c.WB - 1)) - 1

    def alone(t: Batch) -> Array:
        live = t["x"].any(axis=2) & (t["y"] != 0)
        return np.where(live.sum(axis=1) == 1, live.argmax(axis=1), -1)

    def error(t: Batch) -> Array:
        return (read(t["x"]) * t["y"]).sum(axis=1) - read(t["z"])

    points = [
        Point("x_first", lambda t: t["x"][:, :, 0], digit),
        Point("x_last", lambda t: t["x"][:, :, -1], digit),
        Point("y", lambda t: t["y"], values(*sorted({-most - 1, -1, 0, 1, most}))),
        Point("alone", alone, values(*range(c.K))),
        Point("z", lambda t: t["z"], digit, illegal=values(2)),
        Point("z_first", lambda t: t["z"][:, 0], digit),
        Point("odd", lambda t: t["z"][:, -1] != 0, values(0, 1)),
        Point("order", lambda t: np.sign(read(t["z"])), transitions(*product((-1, 0, 1), repeat=2))),
        Point("bound", lambda t: error(t) != 0, values(0), illegal=values(1)),
    ]
    return [CoverGroup("sum", points, [Cross("first", "x_first", "y"), Cross("last", "x_last", "y")])]


bench = Bench(
    top="online_dot",
    configs={
        **{f"n{n}": {"K": 16, "WB": 8, "n": n} for n in (4, 8, 16, 32)},
        **{f"k{k}": {"K": k, "WB": 8, "n": 8} for k in (1, 2, 3, 5, 64)},
        **{f"k3_wb{wb}": {"K": 3, "WB": wb, "n": 4} for wb in (2, 32)},
        "k5_save": {"K": 5, "WB": 8, "CARRY_SAVE": 1, "n": 16},
        "digits": {"K": classifier.K, "WB": classifier.WB, "n": classifier.N},
    },
    interface=interface,
    golden=golden,
    cover=cover,
    plan={
        "every leading digit by extreme weights, -2^(WB-1) included": ["sum.first"],
        "every trailing digit by extreme weights": ["sum.last"],
        "each operand reaches the sum alone": ["sum.alone"],
        "the sum grows to its first digit, in both directions": ["sum.z_first"],
        "every result digit, the last one included, never the code (1,1)": ["sum.z", "sum.odd"],
        "a sum of any sign right after one of any sign, or zero": ["sum.order"],
        "every sum is exact": ["sum.bound"],
    },
    stimuli=stimuli,
    figures=figures,
    headline="digits",
    volume=lambda c: 17_970 if c.name == "digits" else 24_000 // c.n,
    quick=("digits", "n4", "n8", "k1", "k3", "k5_save"),
    guards=[
        Limit("K", 1, 1024, given={"WB": 2}, left={1024: "minutes a run: 1,024 synapses; elaborated all the same"}),
        Limit("WB", 2, 32, given={"K": 2}),
        Limit("CARRY_SAVE", 0, 1, given={"K": 2}, by="online_mul_const.CARRY_SAVE"),
    ],
)
