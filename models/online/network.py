"""Golden model of rtl/online/fgie_network.v."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.online.digits import Digits, to_integers
from models.online.layer import layer
from models.online.neuron import Ints, Shape


@dataclass(frozen=True)
class Weights:
    """What a layer holds."""

    y: Ints
    """int64 (M, K)."""
    bias: Ints
    """int64 (M,)."""
    growth: int
    """Result digits in front of the point; operands of the next layer are results / 2**growth."""


@dataclass(frozen=True)
class Answers:
    """What a network makes of a batch of frames."""

    y: Ints
    """int64 (rows, M): the results of the last layer, their last digit of weight 1."""
    saved: Ints
    """int64 (rows, layers): digit cycles saved by stopping."""
    total: Ints
    """int64 (rows, layers): all digit cycles, those included."""


def network(
    x: Digits,
    layers: Sequence[Weights],
    precision: Ints,
    *,
    wb: int,
    merged: bool = True,
    pool: int = 1,
    terminate: bool = True,
) -> Answers:
    """Compute fully connected layers, with ReLU and pooling behind all but the last.

    Args:
        x: int8 (rows, K, n), digit i = 1..n of weight 2**-i.
        layers: their weights, first layer first.
        precision: int64 (rows, layers + 1): digits of x that count, then result digits of each layer, 1 to 61.
        wb: bits of a weight.
        merged: whether the neurons have one residual, or a tree of adders.
        pool: neighbours that are pooled.
        terminate: whether neurons stop when their result is negative: the results are the same.

    Returns:
        Answers: result m of frame r is y[r, m] / 2**(precision[r, -1] - growth of the last layer).

    Raises:
        ValueError: a wrong shape, a digit other than -1, 0, 1, a weight or a number out of range.
    """
    if precision.shape != (len(x), len(layers) + 1):
        raise ValueError(f"precision must have shape {(len(x), len(layers) + 1)}, not {precision.shape}")
    saved, total = (np.zeros((len(x), len(layers)), np.int64) for _ in range(2))
    for i, weights in enumerate(layers):
        final = i == len(layers) - 1
        operands, digits = precision[:, i], precision[:, i + 1]
        shape = Shape(wb, weights.growth, merged, relu=not final)
        wide = 1 if final else pool
        length = int(digits.max(initial=1))
        done = layer(x, weights.y, weights.bias, operands, digits, length, shape, pool=wide, terminate=terminate)
        x, saved[:, i], total[:, i] = done.z, done.saved, done.total
    behind = x.shape[2] - precision[:, -1]  # zeros that are no digits
    return Answers(to_integers(x) >> behind[:, None], saved, total)
