# SPDX-License-Identifier: Apache-2.0
"""The optimiser of adder graphs: a constant integer matrix becomes the smallest graph of shifted sums that it finds.

Signed digits: Reitwiesner, 1960. Shared two-word patterns, most profitable first: Hartley, "Subexpression sharing in
filters using canonic signed digit multipliers", 1996. Both are in da4ml (Sun et al., 2025) as well. What is done here
besides: all shortest ways to write a factor stay open; sums are priced as heaps of bits, as they are built; and what
was found is taken apart at random and found again, for a while.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from models.unrolled._build import build
from models.unrolled._graph import Graph, Input, Integers, Node, Output, Term, level
from models.unrolled._search import PRICES, Search

__all__ = ["TARGETS", "Graph", "Input", "Integers", "Node", "Output", "Term", "level", "optimise"]

TARGETS = tuple(PRICES)
MAX_WIDTH = 16
_WORK = 3000  # patterns to count for each weight, about a millisecond
_MOST = 1024  # weights, however large the matrix is


def optimise(
    weights: npt.ArrayLike,
    widths: int | Sequence[int] = 8,
    signed: bool | Sequence[bool] = True,
    *,
    target: str = "lut6",
    depth: int | None = None,
    effort: float = 1.0,
    seed: int = 0,
) -> Graph:
    """Turns a constant matrix into an adder graph that is proved equal to it.

    Args:
        weights: integers (inputs, outputs), y_j = sum_i weights[i, j] x_i, each of -2^15..2^16 - 1.
        widths: bits of the inputs, 1 to 16; one number for all, or one each.
        signed: whether the inputs are two's complement; one for all, or one each.
        target: what the sums will be built of: "lut6" or "lut4", look-up tables of six or four inputs and nothing
            else, or "carry", look-up tables of six inputs and carry chains.
        depth: greatest depth in two-operand adders; None for any.
        effort: how long to search; the time grows in proportion, and 0 takes the first that is found.
        seed: of the search; same arguments, same graph.

    Raises:
        ValueError: an argument is out of range, or no graph of that depth exists.
    """
    matrix = _matrix(weights)
    inputs = _inputs(widths, signed, len(matrix))
    if target not in PRICES:
        raise ValueError(f"target must be one of {', '.join(PRICES)}, not {target!r}")
    if not effort >= 0:
        raise ValueError(f"effort must not be negative, not {effort}")
    search = Search([signal.range[1] - signal.range[0] for signal in inputs], PRICES[target], depth)
    search.random = random.Random(seed)
    columns = _roots(search, matrix)
    if search.too_deep():
        least = max(search.level(root, {}) for root in search.roots)
        raise ValueError(f"depth must be at least {least} for this matrix, not {depth}")
    search.greedy()
    search.improve(effort * _WORK * min(matrix.size, _MOST))
    graph = build(search, inputs, columns)
    if not np.array_equal(graph.matrix(), matrix):
        raise AssertionError("the graph is not equal to its matrix")
    return graph


def _matrix(weights: npt.ArrayLike) -> Integers:
    """Checks the weights."""
    matrix = np.asarray(weights)
    if matrix.ndim != 2 or not matrix.size:
        raise ValueError(f"weights must have shape (inputs, outputs), neither of them 0, not {matrix.shape}")
    if matrix.dtype.kind not in "iub":
        raise ValueError(f"weights must be integers, not {matrix.dtype}")
    low, high = int(matrix.min()), int(matrix.max())
    if low < -(1 << (MAX_WIDTH - 1)) or high >= 1 << MAX_WIDTH:
        raise ValueError(f"weights must fit in {MAX_WIDTH} bits, not {low}..{high}")
    return matrix.astype(np.int64)


def _inputs(widths: int | Sequence[int], signed: bool | Sequence[bool], count: int) -> tuple[Input, ...]:
    """Checks the inputs' widths and signs."""
    sizes = [widths] * count if isinstance(widths, int) else [int(width) for width in widths]
    signs = [signed] * count if isinstance(signed, bool) else [bool(sign) for sign in signed]
    for name, values in (("widths", sizes), ("signed", signs)):
        if len(values) != count:
            raise ValueError(f"{name} must be one for all inputs or {count}, not {len(values)}")
    if not all(1 <= size <= MAX_WIDTH for size in sizes):
        raise ValueError(f"widths must be 1 to {MAX_WIDTH}, not {min(sizes)}..{max(sizes)}")
    return tuple(Input(size, sign) for size, sign in zip(sizes, signs, strict=True))


def _roots(search: Search, matrix: Integers) -> list[tuple[int, int]]:
    """Makes the columns sums, each odd part once; one that differs in sign only is the other one, negated.

    Returns:
        Of each column its sum, -1 for none, and the zeros below.
    """
    found: dict[tuple[int, ...], int] = {}
    columns = []
    for column in matrix.T.tolist():
        bits = 0
        for value in column:
            bits |= abs(value)
        if not bits:
            columns.append((-1, 0))
            continue
        shift = (bits & -bits).bit_length() - 1
        vector = tuple(value >> shift for value in column)
        if vector not in found:
            opposite = found.get(tuple(-value for value in vector))
            factors = {i: v for i, v in enumerate(vector) if v} if opposite is None else {opposite: -1}
            found[vector] = search.root(vector, factors)
        columns.append((found[vector], shift))
    return columns
