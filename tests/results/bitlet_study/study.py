"""What is studied: the tensors of a file, or the digits network, at one precision."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.bitlet import tally
from models.bitlet.tally import Tally
from models.bitlet.words import BITS
from models.online import trained
from tests.results.bitlet_study import files
from tests.results.bitlet_study.files import StudyError
from tests.results.bitlet_study.stimuli import check, source

DIGITS = Path(__file__).parents[2] / "data" / "digits_network.safetensors"

Watch = Callable[[str, int], None]  # a tensor's name, weights done since the last call


@dataclass(frozen=True)
class Layer:
    """A tensor and what meets it.

    Attributes:
        name: Of the tensor.
        size: Weights.
        weights: Reads them.
        activations: Reads what meets them; None for the stand-in.
    """

    name: str
    size: int
    weights: Callable[[], NDArray[Any]]
    activations: Callable[[], NDArray[Any] | None]


@dataclass(frozen=True)
class Study:
    """What was found at one precision.

    Attributes:
        title: Of the weights.
        bits: Of a magnitude; None for float32.
        shapes: Of each tensor, by name.
        rows: Tallies, by tensor.
        activations: Where they come from, by tensor.
    """

    title: str
    bits: int | None
    shapes: dict[str, tuple[int, ...]]
    rows: dict[str, Tally]
    activations: dict[str, str]

    @property
    def total(self) -> Tally:
        """All tensors together, each weight used equally often."""
        return tally.total(list(self.rows.values()))

    @property
    def precision(self) -> str:
        """In words."""
        return "float32" if self.bits is None else f"{self.bits} bits"


def precision(text: str) -> int | None:
    """Read BITS.

    Returns:
        Bits of a magnitude, or None for float32.

    Raises:
        StudyError: It is neither.
    """
    if text.lower() in {"32", "float", "float32"}:
        return None
    if text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= BITS:
        return int(text)
    raise StudyError(
        f"BITS={files.printable(text[:40])}: give 1 to {BITS} bits of magnitude, or 32 (float) for float32"
    )


def user_layers(weights: Path, activations: Path | None) -> list[Layer]:
    """List what a user gives, after a look at all of it.

    Raises:
        StudyError: as `files.tensors` and `files.values` do, or activations are missing.
    """
    listed = files.tensors(weights)
    met = {} if activations is None else {tensor.name: tensor for tensor in files.tensors(activations)}
    alone = next(iter(met.values())) if len(met) == 1 else None

    def layer(tensor: files.Tensor) -> Layer:
        stream = met.get(tensor.name, alone)
        if met and stream is None:
            raise StudyError(f"{activations}: no activations for tensor {tensor.name}; give it, or a single array")

        def stimuli() -> NDArray[Any] | None:
            return None if stream is None or activations is None else files.values(activations, stream)

        size = int(np.prod(tensor.shape, dtype=np.int64))
        return Layer(tensor.name, size, lambda: files.values(weights, tensor), stimuli)

    return [layer(tensor) for tensor in listed]


def digits_layers(bits: int | None) -> list[Layer]:
    """List the layers of the digits network with the activations that all images cause.

    The pixels are integers of 5 bits; hidden activations are real numbers.
    """
    floats = {tensor.name: files.values(DIGITS, tensor) for tensor in files.tensors(DIGITS)}
    pixels, _ = trained.images()
    hidden = np.maximum(pixels / 32 @ floats["hidden.weight"].T + floats["hidden.bias"], 0)
    whole = bits is not None and pixels.max() < 1 << bits
    met = {"hidden": pixels if whole else pixels / 32, "output": hidden}

    def layer(name: str) -> Layer:
        weights = floats[f"{name}.weight"]
        return Layer(name, weights.size, lambda: weights, lambda: met[name])

    return [layer(name) for name in met]


def run(title: str, layers: list[Layer], bits: int | None, watch: Watch = lambda *_: None) -> Study:
    """Study tensors one by one; only one is in memory at a time.

    Raises:
        StudyError: A tensor cannot be studied; a later one may be the one.
    """
    study = Study(title, bits, {}, {}, {})
    for layer, weights, met in _each(layers):
        try:
            check(weights, bits, f"tensor {layer.name} holds")
            rows = files.matrix(weights)
            stimuli = source(met, rows.shape[1], bits)
        except StudyError as error:
            raise StudyError(f"{title}: {error}") from None
        study.shapes[layer.name] = weights.shape
        study.activations[layer.name] = stimuli.text
        told = _told(watch, layer.name)
        study.rows[layer.name] = tally.measure(rows, bits, stimuli.columns, stimuli.windows, told)
    return study


def _each(layers: list[Layer]) -> Iterator[tuple[Layer, NDArray[Any], NDArray[Any] | None]]:
    return ((layer, layer.weights(), layer.activations()) for layer in layers)


def _told(watch: Watch, name: str) -> Callable[[int], None]:
    return lambda done: watch(name, done)


def inspect(layers: list[Layer], bits: int | None) -> None:
    """Read everything once, so that what is wrong shows before the first tensor is studied.

    Raises:
        StudyError: as `run` does.
    """
    for layer, weights, met in _each(layers):
        check(weights, bits, f"tensor {layer.name} holds")
        source(met, files.matrix(weights).shape[1], bits)
