"""Golden model of rtl/common/byte_pack.v."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def pack(data: Array, mask: Array) -> tuple[Array, Array]:
    """Move the bytes of frames that count together, in their order.

    Args:
        data: Bytes, (rows, bytes).
        mask: Which of them count, (rows, bytes).

    Returns:
        The bytes that count, zeros behind them, (rows, bytes); and how many they are, (rows,).
    """
    order = np.argsort(mask == 0, axis=1, kind="stable")
    count = (mask != 0).sum(axis=1)
    moved = np.take_along_axis(data, order, axis=1)
    return np.where(np.arange(data.shape[1]) < count[:, None], moved, 0), count
