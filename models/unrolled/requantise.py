# SPDX-License-Identifier: Apache-2.0
"""Golden model of what turns a layer's full-precision sums into the next layer's inputs.

y = clip(floor((x + bias) * multiplier / 2^shift + 1/2), low, high): rounded to the nearest integer, halves up (towards
plus infinity), then saturated. With a multiplier of 1 the hardware is an addition of the constant
bias + 2^(shift - 1), a choice of bits and a saturation; where the bounds start at 0, the saturation is the ReLU too.

Source: Jacob et al., "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference",
CVPR 2018; there the product is rounded twice, here once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]
MAX_BITS = 32
MAX_SHIFT = 62


@dataclass(frozen=True)
class Format:
    """What values a result takes."""

    bits: int
    """Of a result, 1 to 32."""
    signed: bool = False
    """Two's complement, or unsigned."""
    relu: bool = False
    """Whether negative results become 0; unsigned results never are negative."""

    def __post_init__(self) -> None:
        """Checks the width.

        Raises:
            ValueError: bits is out of range.
        """
        if not 1 <= self.bits <= MAX_BITS:
            raise ValueError(f"bits must lie between 1 and {MAX_BITS}, not {self.bits}")

    @property
    def low(self) -> int:
        """Least result."""
        return -(1 << (self.bits - 1)) if self.signed and not self.relu else 0

    @property
    def high(self) -> int:
        """Greatest result."""
        return (1 << (self.bits - self.signed)) - 1


def requantise(
    x: npt.ArrayLike,
    form: Format,
    *,
    bias: npt.ArrayLike = 0,
    multiplier: npt.ArrayLike = 1,
    shift: npt.ArrayLike = 0,
) -> Integers:
    """Computes y = clip(((x + bias) * multiplier + 2^(shift - 1)) >> shift, low, high); shift 0 adds nothing.

    Args:
        x: integers (..., channels).
        form: of the results.
        bias: integers, one for all or (channels,), in units of x.
        multiplier: integers above 0, likewise.
        shift: integers 0..62, likewise.

    Returns:
        int64, shaped like x.

    Raises:
        ValueError: a parameter is out of range or no integer, or a product might not fit 64 bits.
    """
    data, offset, factor, places = (
        _integers(name, value)
        for name, value in (("x", x), ("bias", bias), ("multiplier", multiplier), ("shift", shift))
    )
    if places.size and (places.min() < 0 or places.max() > MAX_SHIFT):
        raise ValueError(f"shift must lie between 0 and {MAX_SHIFT}, not {places.min()}..{places.max()}")
    if factor.size and factor.min() < 1:
        raise ValueError(f"multiplier must be at least 1, not {factor.min()}")
    half = (np.int64(1) << places) >> 1
    if data.size and (_most(data) + _most(offset)) * _most(factor) + _most(half) >= 1 << 63:
        raise ValueError("a product might not fit 64 bits")
    y = np.clip(((data + offset) * factor + half) >> places, form.low, form.high)
    if y.shape != data.shape:
        raise ValueError(f"parameters must be single or one a channel of x {data.shape}")
    return np.asarray(y)


def _most(values: Integers) -> int:
    """Finds the greatest magnitude, in Python's own integers."""
    return max(abs(int(values.min())), abs(int(values.max())))


def _integers(name: str, values: npt.ArrayLike) -> Integers:
    """Checks the type."""
    array = np.asarray(values)
    if array.dtype.kind not in "iub":
        raise ValueError(f"{name} must hold integers, not {array.dtype}")
    return array.astype(np.int64)
