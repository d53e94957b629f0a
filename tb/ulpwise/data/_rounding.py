"""Numbers of any kind rounded to integers: exact, whatever their size."""

from __future__ import annotations

import math
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from numbers import Rational
from typing import TYPE_CHECKING, Any

import numpy as np

from ulpwise.data._format import Array, FormatError, convert, place

if TYPE_CHECKING:
    from collections.abc import Callable

HALF = Fraction(1, 2)
QUICK = 2.0**62  # floats up to here are rounded as arrays
TINY = float(np.finfo(np.float64).tiny)
FAR = 400  # no format has steps or values of such a power of ten


def _up(numbers: Array) -> Array:
    whole = np.floor(numbers)
    return whole + (numbers - whole >= 0.5)  # to add a half first would itself be rounded


MODES: dict[str, tuple[Callable[[Array], Array], Callable[[Fraction], int]]] = {
    "nearest-even": (np.rint, round),
    "nearest-away": (
        lambda numbers: np.copysign(_up(np.abs(numbers)), numbers),
        lambda number: math.floor(abs(number) + HALF) * (1 if number > 0 else -1),
    ),
    "nearest-up": (_up, lambda number: math.floor(number + HALF)),
    "floor": (np.floor, math.floor),
    "ceil": (np.ceil, math.ceil),
    "zero": (np.trunc, math.trunc),
}
"""Of each mode what rounds an array of float64, and what a fraction."""


def exact(numbers: object, name: str) -> Array:
    """Return numbers as float64, or as objects where that would change one; FormatError when they are no numbers."""
    try:
        given = np.asarray(numbers)
    except ValueError:
        raise FormatError(f"{name}: expected an array, got rows of different lengths") from None
    if given.dtype.kind in "biu":
        wide = given.size and max(int(given.max()), -int(given.min())) > 1 << 53
        return given.astype(object if wide else np.float64)
    if given.dtype.kind == "f" or given.dtype.name == "bfloat16":
        return given.astype(object if given.dtype.itemsize > 8 else np.float64)
    if given.dtype != object:
        raise FormatError(f"{name}: expected numbers, got {given.dtype}")
    return given


def rounded(numbers: Array, shift: int, mode: str, name: str) -> Array:
    """Round what `exact` returns, times 2**shift.

    Args:
        numbers: Of any shape.
        shift: May be negative.
        mode: One of `MODES`.
        name: What a message calls the numbers.

    Returns:
        int64, or integers of Python where one of them is beyond 2**62.

    Raises:
        FormatError: One of them is not finite.
    """
    of_floats, of_fractions = MODES[mode]
    if numbers.dtype == np.float64:
        if not np.isfinite(numbers).all():
            index = tuple(np.argwhere(~np.isfinite(numbers))[0].tolist())
            raise FormatError(f"{place(name, index)}: {numbers[index]} is no finite number")
        with np.errstate(over="ignore", under="ignore"):
            scaled = np.ldexp(numbers, shift)
        lost = (scaled == 0) & (numbers != 0)  # too small for a float, and yet no zero
        scaled = np.where(lost, np.copysign(TINY, numbers), scaled)
        if (np.abs(scaled) <= QUICK).all():
            return of_floats(scaled).astype(np.int64)
    factor = Fraction(2) ** shift
    return convert(numbers, lambda number: of_fractions(fraction(number) * factor), name)


def fraction(written: Any) -> Fraction:  # noqa: ANN401 (whatever stands in somebody's list)
    """Return the exact value of a number, or of a decimal text; FormatError when it is none, or not finite."""
    number = _parsed(written) if isinstance(written, str) else written
    try:
        return Fraction(number) if isinstance(number, Rational) else Fraction(*number.as_integer_ratio())
    except (AttributeError, TypeError, ValueError, OverflowError):
        raise FormatError(f"{str(written)[:40]} is no finite number") from None


def _parsed(text: str) -> Decimal:
    """Read a decimal number; what is far out of the range of all formats only as far, lest it take all memory."""
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        raise FormatError(f"{text[:40]!r} is no number; write it like -1.25") from None
    if not number.is_finite() or abs(number.adjusted()) <= FAR:
        return number
    far = FAR if number.adjusted() > 0 else -FAR
    return Decimal(1).scaleb(far).copy_sign(number) if number else Decimal(0)
