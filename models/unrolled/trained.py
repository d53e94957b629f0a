# SPDX-License-Identifier: Apache-2.0
"""The pruned and quantised convolutional network on handwritten digits: its weights, its images, what counts as right.

`tests/data/kratos_digits.py` trains it and says how.
"""

from __future__ import annotations

import json
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.online import classifier
from models.unrolled.network import Integers, Layer
from models.unrolled.requantise import MAX_SHIFT, Format

IMAGE = (8, 8, 1)
"""Height, width, channels; a pixel is 0..16."""
PIXEL_BITS = 5
CLASSES = 10
TRAINING = 1297
"""The first images trained the network, and the last 500 are held out."""
MAX_BITS = 16
_BIAS = (1 << 31) - 1
_STEPS = (("stride", 1), ("padding", 0))  # and their least values, which a dense layer has


@cache
def images() -> tuple[Integers, Integers]:
    """Returns the pixels (1797, 8, 8, 1), 0..16, and the labels (1797,) of all images.

    Raises:
        ModuleNotFoundError: scikit-learn, which ships them, is not installed.
    """
    pixels, labels = classifier.load_images()
    return pixels.reshape(-1, *IMAGE), labels


def choose(n: int) -> tuple[Integers, Integers]:
    """Returns the pixels and the labels of at most n images, evenly chosen from all."""
    pixels, labels = images()
    rows = np.linspace(0, len(pixels) - 1, min(len(pixels), n)).astype(np.int64)
    return pixels[rows], labels[rows]


def load(path: Path) -> tuple[Layer, ...]:
    """Reads the network.

    Args:
        path: a JSON file, {"layers": [...]}. A layer has a name, the shape of its weights ([Fh, Fw, Ic, Oc] or [n, k]),
            the weights as a matrix (rows = inputs, a window's flattened row, column, channel; columns = outputs),
            weight_bits and a bias a column; a convolution has a stride and a padding; all layers but the last have
            result_bits, of unsigned results, and a shift a column.

    Returns:
        Its layers, first layer first.

    Raises:
        ValueError: what the file holds is no network that makes 10 logits of an 8 x 8 image.
    """
    try:
        layers = tuple(_layer(entry) for entry in json.loads(path.read_text())["layers"])
        _check(layers)
    except (KeyError, TypeError) as error:
        raise ValueError(f"{path.name}: no network in it ({type(error).__name__}: {error})") from error
    except ValueError as error:
        raise ValueError(f"{path.name}: {error}") from error
    return layers


def accuracy(logits: npt.ArrayLike, labels: Integers) -> float:
    """Returns the share of images whose greatest logit is that of their label; of equal logits the first counts.

    Args:
        logits: (rows, ..., 10), a last layer's y.
        labels: (rows,).
    """
    scores = np.asarray(logits).reshape(len(labels), CLASSES)
    return float((scores.argmax(axis=1) == labels).mean())


def _layer(entry: dict[str, Any]) -> Layer:
    """Reads one layer."""
    name, shape, bits = str(entry["name"]), tuple(entry["shape"]), entry["weight_bits"]
    if len(shape) not in {2, 4} or not all(isinstance(size, int) and size > 0 for size in shape):
        raise ValueError(f"{name}: shape must be [Fh, Fw, Ic, Oc] or [n, k], not {list(shape)}")
    if not isinstance(bits, int) or not 1 <= bits <= MAX_BITS:
        raise ValueError(f"{name}: weight_bits must lie between 1 and {MAX_BITS}, not {bits}")
    rows, columns, half = int(np.prod(shape[:-1])), shape[-1], 1 << (bits - 1)
    weights = _table(f"{name}: weights", entry["weights"], (rows, columns), -half, half - 1)
    bias = _table(f"{name}: bias", entry["bias"], (columns,), -_BIAS, _BIAS)
    stride, padding = (_at_least(name, entry, key, least) if len(shape) == 4 else least for key, least in _STEPS)
    form, shift = None, np.zeros(columns, np.int64)
    if "result_bits" in entry:
        form = Format(entry["result_bits"])
        shift = _table(f"{name}: shift", entry["shift"], (columns,), 0, MAX_SHIFT)
    return Layer(name, weights.reshape(shape), bits, bias, shift, form, stride, padding)


def _at_least(name: str, entry: dict[str, Any], key: str, least: int) -> int:
    """Reads an integer."""
    value = entry[key]
    if not isinstance(value, int) or value < least:
        raise ValueError(f"{name}: {key} must be an integer of at least {least}, not {value}")
    return value


def _check(layers: tuple[Layer, ...]) -> None:
    """Checks that the layers fit one another."""
    if not layers:
        raise ValueError("there must be a layer")
    shape = IMAGE
    for layer in layers:
        shape = layer.shape(shape)
    if shape != (1, 1, CLASSES):
        raise ValueError(f"the last layer must make {CLASSES} logits, not {shape}")
    for layer, _ in pairwise(layers):
        if layer.form is None:
            raise ValueError(f"{layer.name}: result_bits must be given, since another layer follows")


def _table(name: str, values: object, shape: tuple[int, ...], low: int, high: int) -> Integers:
    """Checks the shape, the type and the range of some numbers."""
    try:
        table = np.array(values)
    except ValueError as error:
        raise ValueError(f"{name} must have shape {shape}, and rows of one length") from error
    if table.shape != shape:
        raise ValueError(f"{name} must have shape {shape}, not {table.shape}")
    if table.dtype.kind != "i":
        raise ValueError(f"{name} must be integers of 64 bits")
    if table.min() < low or table.max() > high:
        raise ValueError(f"{name} must lie between {low} and {high}, not {table.min()}..{table.max()}")
    return table.astype(np.int64)
