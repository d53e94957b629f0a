"""Golden model of bitlet_pe with another engine: rtl/bitlet/bitparallel_pe.v, stripes_pe.v and bitlet_shell.v."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.bitlet import pe
from models.bitlet.words import BITS, Ints

DISTILLING, PARALLEL, SERIAL = range(3)  # engines, as bitlet_shell numbers them


def processing_element(
    engine: int,
    weights: NDArray[Any],
    activations: NDArray[Any],
    width: NDArray[Any],
    keep: NDArray[Any],
    out: int = 64,
    *,
    saturate: bool = True,
) -> tuple[NDArray[np.uint64], Ints]:
    """Dot products of many groups, bit for bit the same with every engine.

    Args:
        engine: DISTILLING, PARALLEL (one multiplication a cycle) or SERIAL (one significance of all weights a cycle;
            Judd et al., Stripes, MICRO 2016).
        weights: As in `models.bitlet.pe.processing_element`, like all that follow.
        activations: Likewise.
        width: Likewise.
        keep: Likewise.
        out: Likewise.
        saturate: Likewise.

    Returns:
        Results of 64 bits, (rows,), and the cycles that each group takes in the engine, (rows, groups).
    """
    z, distilled = pe.processing_element(weights, activations, width, keep, out, saturate=saturate)
    if engine == DISTILLING:
        return z, distilled
    bits = np.where(np.asarray(width) == 0, BITS, width)[:, None]
    spent = bits if engine == SERIAL else weights.shape[-1]
    return z, np.broadcast_to(np.asarray(spent, np.int64), distilled.shape)
