"""Golden model of rtl/bitlet/bitlet_align.v."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.bitlet.words import BITS, Flags, Ints, split


@dataclass(frozen=True)
class Group:
    """Aligned groups of N pairs.

    Attributes:
        weight: Magnitudes of the weights, shifted and masked, (..., N).
        activation: Magnitudes of the activations, (..., N).
        minus: Whether a product is negative, (..., N).
        exponent: Emax, the greatest sum of two biased exponents, 2 to 508 (...); 2 for fixed point.
        fixed: Fixed point (...).
        nan: The sum is NaN, whatever the finite products are (...).
        plus_infinite: A positive product has an infinite or a NaN operand: the sum is +inf, unless it is NaN (...).
        minus_infinite: A negative one has: the sum is -inf, unless it is NaN (...).
    """

    weight: Ints
    activation: Ints
    minus: Flags
    exponent: Ints
    fixed: Flags
    nan: Flags
    plus_infinite: Flags
    minus_infinite: Flags

    @property
    def flags(self) -> Ints:
        """The flags as bits {fixed, NaN, -inf, +inf} (...)."""
        joined = (self.fixed, self.nan, self.minus_infinite, self.plus_infinite)
        return np.asarray(np.stack(joined, axis=-1).astype(np.int64) @ np.array([8, 4, 2, 1]))


def lanes(width: NDArray[Any], keep: NDArray[Any]) -> Ints:
    """Return the mask of the lanes that take part: `keep` from the top one down, or all.

    Args:
        width: 0 for float32, which has 24 lanes, else the lanes of a fixed-point number.
        keep: 0 or more than there are: all.
    """
    top = np.where(np.asarray(width) == 0, BITS, width).astype(np.int64)
    low = np.where((np.asarray(keep) == 0) | (keep > top), 0, top - keep)
    return ((1 << top) - 1) & ~((1 << low) - 1)


def align(weights: NDArray[Any], activations: NDArray[Any], width: NDArray[Any], keep: NDArray[Any]) -> Group:
    """Match the exponents of groups.

    Lu et al., MICRO 2021, section 4: E_i = EW_i + EA_i, MW_i >>= max E - E_i, bits past the 24th dropped.

    Args:
        weights: Words of 32 bits, (..., N).
        activations: Likewise.
        width: 0 for float32, 1 to 24 for fixed point, (...).
        keep: Significances that take part, from the top one down; 0 for all, (...).
    """
    width, keep = np.asarray(width)[..., None], np.asarray(keep)[..., None]
    w, a = split(weights, width), split(activations, width)
    exponent = w.exponent + a.exponent
    most = exponent.max(axis=-1, keepdims=True)
    shifted = w.magnitude >> np.minimum(most - exponent, 63)
    minus = w.minus ^ a.minus
    infinite = w.infinite | a.infinite
    zero = (w.magnitude == 0) | (a.magnitude == 0)
    some_nan = (w.nan | a.nan | (infinite & zero)).any(axis=-1)
    special = infinite | w.nan | a.nan  # beside NaN nobody looks at the infinities
    plus = np.asarray((special & ~minus).any(axis=-1))
    negative = np.asarray((special & minus).any(axis=-1))
    return Group(
        weight=shifted & lanes(width, keep),
        activation=a.magnitude,
        minus=minus,
        exponent=most[..., 0],
        fixed=np.broadcast_to(width[..., 0] != 0, most.shape[:-1]),
        nan=some_nan | (plus & negative),
        plus_infinite=plus,
        minus_infinite=negative,
    )
