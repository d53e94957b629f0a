"""A linear classifier of 8x8 images of handwritten digits as inner products of online_dot.

score_c = sum_k w_ck pixel_k + 16 b_c: 64 pixels and a constant 16 that carries the bias inside the digit stream, as an
operand like any other, so that K = 65. Pixels 0..16 travel as pixel / 32 in 5 digits, weights as w / 128 in 8 bits.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.online.digits import Digits, Integers, from_sign_magnitude

CLASSES = 10
PIXELS = 64
ONE = 16  # a white pixel, and what the bias is multiplied by
K = PIXELS + 1
N = 5  # digits of an operand
WB = 8  # bits of a weight


def load_images() -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Read the handwritten digits that scikit-learn ships, from its file: to import scikit-learn takes seconds.

    Returns:
        Pixels (1797, 64), 0..16, and labels (1797,), both int64.

    Raises:
        ModuleNotFoundError: scikit-learn is not installed.
    """
    package = find_spec("sklearn")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("scikit-learn, which ships the images, is not installed")
    path = Path(package.origin).parent / "datasets" / "data" / "digits.csv.gz"
    table = np.loadtxt(path, delimiter=",").astype(np.int64)
    return table[:, :PIXELS], table[:, PIXELS]


def load_weights(path: Path) -> npt.NDArray[np.int64]:
    """Read the weights: a header, then a row a class of 64 weights and the bias in units of a white pixel.

    Returns:
        int64 (10, 65).

    Raises:
        ValueError: the file has another shape, or a weight is no integer of 8 bits.
    """
    weights = np.loadtxt(path, delimiter=",", skiprows=1, dtype=np.int64, ndmin=2)
    if weights.shape != (CLASSES, K):
        raise ValueError(f"{path} must hold {CLASSES} rows of {K} weights, not {weights.shape}")
    half = 1 << (WB - 1)
    if weights.min() < -half or weights.max() >= half:
        raise ValueError(f"{path}: weights must fit in {WB} bits, not {weights.min()}..{weights.max()}")
    return weights


def scores(weights: npt.NDArray[np.int64], pixels: Integers) -> npt.NDArray[np.int64]:
    """Compute W x + b in plain integers.

    Args:
        weights: int64 (10, 65).
        pixels: integers (rows, 64), 0..16.

    Returns:
        int64 (rows, 10).
    """
    product: npt.NDArray[np.int64] = pixels.astype(np.int64) @ weights[:, :PIXELS].T + ONE * weights[:, PIXELS]
    return product


def frames(weights: npt.NDArray[np.int64], pixels: Integers) -> tuple[Digits, npt.NDArray[np.int64]]:
    """Lay images out for online_dot: ten frames an image, one a class, image by image.

    Images 0, 2, 4, ... are written in binary, images 1, 3, 5, ... in non-adjacent form, which has negative digits.

    Args:
        weights: int64 (10, 65).
        pixels: integers (rows, 64), 0..16.

    Returns:
        Operands int8 (rows * 10, 65, 5) and weights int64 (rows * 10, 65).

    Raises:
        ValueError: the pixels have another shape or range.
    """
    if pixels.ndim != 2 or pixels.shape[1] != PIXELS:
        raise ValueError(f"pixels must have shape (rows, {PIXELS}), not {pixels.shape}")
    if pixels.size and (pixels.min() < 0 or pixels.max() > ONE):
        raise ValueError(f"pixels must lie between 0 and {ONE}, not {pixels.min()}..{pixels.max()}")
    values = np.pad(pixels.astype(np.int64), ((0, 0), (0, 1)), constant_values=ONE)
    x = from_sign_magnitude(values, N)
    x[1::2] = non_adjacent(values[1::2], N)
    return np.repeat(x, CLASSES, axis=0), np.tile(weights, (len(pixels), 1))


def pixels_of(x: Digits) -> npt.NDArray[np.int64]:
    """Return the pixels int64 (rows, 64) that operands int8 (rows, 65, 5) stand for."""
    return read(x[:, :PIXELS])


def non_adjacent(values: npt.NDArray[np.int64], n: int) -> Digits:
    """Write integers 0 <= value < 2**n / 1.5 as n digits of which no two neighbours are non-zero.

    value = 3 value / 2 - value / 2, bit by bit. Reitwiesner, Binary Arithmetic, 1960.
    """
    half = values >> 1
    both = values + half
    return from_sign_magnitude(both & ~half, n) - from_sign_magnitude(half & ~both, n)


def read(digits: Digits) -> npt.NDArray[np.int64]:
    """Read digits (..., n) as integers (...,), the last digit of weight 1: all digits of a sum are its score.

    A digit that does not exist, as a wrong core sends it, is no error: it makes a wrong number.
    """
    weights = 1 << np.arange(digits.shape[-1], dtype=np.int64)[::-1]
    total: npt.NDArray[np.int64] = digits.astype(np.int64) @ weights
    return total
