"""The trained 64-32-10 network on handwritten digits: its weights, its images, what counts as right."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.online import classifier
from models.online.digits import Integers

HIDDEN = 32
WB = 8  # bits of a weight
N = 5  # digits of a pixel, which enters as pixel / 32
GROWTHS = (4, 3)  # least power of two that bounds every sum, layer by layer


@cache
def images() -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the pixels (1797, 64), 0..16, and the labels (1797,) of all images."""
    return classifier.load_images()


def load_weights(folder: Path) -> npt.NDArray[np.int64]:
    """Read `digits_network_1.csv` and `digits_network_2.csv`.

    Returns:
        int64 (42, 65): a row a neuron, hidden ones first: weights, then the bias; zeros behind the shorter rows.

    Raises:
        ValueError: a file has another shape.
    """
    table = np.zeros((HIDDEN + classifier.CLASSES, classifier.PIXELS + 1), np.int64)
    for number, part, width in ((1, table[:HIDDEN], classifier.PIXELS + 1), (2, table[HIDDEN:], HIDDEN + 1)):
        path = folder / f"digits_network_{number}.csv"
        rows = np.loadtxt(path, delimiter=",", skiprows=1, dtype=np.int64, ndmin=2)
        if rows.shape != (len(part), width):
            raise ValueError(f"{path} must hold {len(part)} rows of {width} weights, not {rows.shape}")
        part[:, :width] = rows
    return table


def choose(n: int) -> npt.NDArray[np.int64]:
    """Return the pixels of at most n images, evenly chosen from all."""
    pixels, _ = images()
    return np.asarray(pixels[np.linspace(0, len(pixels) - 1, min(len(pixels), n)).astype(np.int64)])


def accuracy(pixels: Integers, predicted: Integers) -> float:
    """Return the share of images that are classified as they are labelled.

    Args:
        pixels: int64 (rows, 64), images of the set.
        predicted: (rows,) classes.
    """
    known = {image.tobytes(): label for image, label in zip(*images(), strict=True)}
    labels = np.array([known[np.ascontiguousarray(image, np.int64).tobytes()] for image in pixels])
    return float((labels == predicted).mean())


def real_network(weights: npt.NDArray[np.int64], pixels: Integers) -> npt.NDArray[np.float64]:
    """Compute the logits without any truncation: the quantised weights, real arithmetic.

    Args:
        weights: int64 (42, 65) of `load_weights`.
        pixels: int64 (rows, 64).

    Returns:
        float64 (rows, 10).
    """
    one = float(1 << (WB - 1))
    first, second = weights[:HIDDEN] / one, weights[HIDDEN:, : HIDDEN + 1] / one
    hidden = np.maximum(pixels / (1 << N) @ first[:, :-1].T + first[:, -1] / 2, 0) / (1 << GROWTHS[0])
    return np.asarray(hidden @ second[:, :-1].T + second[:, -1] / 2)
