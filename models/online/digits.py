"""Signed digits as arrays: int8, values -1, 0 and 1, the last axis runs over the digits, most significant first.

Digit i = 1..n of a frame has weight 2**-i unless a function says otherwise. The digits are canonical: a digit is its
value, and the rail code (1,1) does not exist.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

Digits = npt.NDArray[np.int8]
Integers = npt.NDArray[Any]

EXACT_BITS = 62  # integers of up to this many bits are int64, longer ones Python integers


def check_digits(digits: Digits, name: str, axes: int) -> None:
    """Raise ValueError unless `digits` is an int8 array of `axes` axes, one digit or more, with values -1, 0, 1."""
    if not isinstance(digits, np.ndarray) or digits.dtype != np.int8:
        raise ValueError(f"{name} must be an int8 array, not {getattr(digits, 'dtype', type(digits).__name__)}")
    if digits.ndim != axes or digits.shape[-1] < 1:
        raise ValueError(f"{name} must have {axes} axes and at least one digit, not shape {digits.shape}")
    if digits.size and (digits.min() < -1 or digits.max() > 1):
        raise ValueError(f"{name} must hold digits -1, 0 and 1, not {digits.min()}..{digits.max()}")


def integer_type(bits: int) -> type[np.int64 | object]:
    """Return the numpy type that holds signed integers below 2**bits exactly: int64, or object for Python integers."""
    return np.int64 if bits <= EXACT_BITS else object


def to_integers(digits: Digits) -> Integers:
    """Read n digits as integers, the last digit of weight 1.

    Args:
        digits: int8 (..., n).

    Returns:
        (...,): the values times 2**n; int64 up to 62 digits, Python integers beyond.
    """
    check_digits(digits, "digits", digits.ndim)
    dtype = integer_type(digits.shape[-1])
    total: Integers = np.zeros(digits.shape[:-1], dtype=dtype)
    for i in range(digits.shape[-1]):
        total = 2 * total + digits[..., i].astype(dtype)
    return total


def to_fraction(row: Digits, first_weight: Fraction = Fraction(1, 2)) -> Fraction:
    """Return the exact value of one row of digits (n,) whose first digit weighs `first_weight`."""
    check_digits(row, "row", 1)
    return first_weight * sum((Fraction(int(digit), 1 << i) for i, digit in enumerate(row)), Fraction(0))


def from_sign_magnitude(values: Integers, n: int) -> Digits:
    """Write integers as n digits, each the sign times a bit of the magnitude.

    Args:
        values: integers (...,), |value| < 2**n.
        n: number of digits, at least 1.

    Returns:
        int8 (..., n), the last digit of weight 1: as a frame, the values times 2**-n.

    Raises:
        ValueError: n is not positive or a value does not fit.
    """
    values = _checked(values, n)
    if values.size and max(abs(int(values.min())), abs(int(values.max()))) >= 1 << n:
        raise ValueError(f"values must lie between -2**{n} and 2**{n}, both excluded")
    return np.where(values < 0, -1, 1)[..., None].astype(np.int8) * _bits(abs(values), n)


def from_twos_complement(values: Integers, n: int) -> Digits:
    """Write integers as n digits: their two's complement bits, the sign bit counted negative.

    Args:
        values: integers (...,), -2**(n-1) <= value < 2**(n-1).
        n: number of digits, at least 1.

    Returns:
        int8 (..., n), the last digit of weight 1: as a frame, the values times 2**-n.

    Raises:
        ValueError: n is not positive or a value does not fit.
    """
    values = _checked(values, n)
    half = 1 << (n - 1)
    if values.size and (int(values.min()) < -half or int(values.max()) >= half):
        raise ValueError(f"values must lie between -2**{n - 1} and 2**{n - 1} - 1")
    digits = _bits(values, n)
    digits[..., 0] *= -1
    return digits


def every(n: int) -> Digits:
    """Return all 3**n rows of n digits, int8 (3**n, n), in rising lexical order."""
    grid = np.indices((3,) * n, dtype=np.int8).reshape(n, -1).T - np.int8(1)
    return np.ascontiguousarray(grid)


def _checked(values: Integers, n: int) -> Integers:
    if n < 1:
        raise ValueError(f"n must be at least 1, not {n}")
    values = np.asarray(values)
    if values.dtype.kind not in "iuO":
        raise ValueError(f"values must be integers, not {values.dtype}")
    return values.astype(np.int64 if values.dtype.kind == "i" and n <= EXACT_BITS else object)


def _bits(values: Integers, n: int) -> Digits:
    return np.stack([(values >> i) & 1 for i in reversed(range(n))], axis=-1).astype(np.int8)
