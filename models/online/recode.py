"""Golden model of rtl/online/online_recode.v, and the other ways to write a number in signed digits."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.online.digits import Digits, Integers, from_twos_complement, integer_type


def recode(x: npt.NDArray[np.int64], wb: int, digits: int) -> Digits:
    """Turn two's complement words into signed digits: the sign bit counts negative, all others positive.

    Args:
        x: int64 (rows,), -2**(wb-1) <= x < 2**(wb-1), X = x / 2**(wb-1).
        wb: bits of the words, 2..64.
        digits: number of digits, at least 1.

    Returns:
        int8 (rows, digits): z_0, z_1, ... of weights 1, 1/2, ...: Z = X from `wb` digits on, with fewer X rounded down.

    Raises:
        ValueError: a word or `wb` out of range, or `digits` not positive.
    """
    if not 2 <= wb <= 64:
        raise ValueError(f"wb must be 2 to 64, not {wb}")
    if digits < 1:
        raise ValueError(f"digits must be at least 1, not {digits}")
    whole = from_twos_complement(x, wb)
    return np.pad(whole, ((0, 0), (0, max(0, digits - wb))))[:, :digits]


def redundant(values: Integers, n: int, rng: np.random.Generator) -> Digits:
    """Write each integer as n signed digits in one of all the ways there are, drawn at random digit by digit.

    Args:
        values: integers (rows,), |value| < 2**n.
        n: number of digits, at least 1.
        rng: source of random numbers.

    Returns:
        int8 (rows, n), the last digit of weight 1.

    Raises:
        ValueError: n is not positive or a value does not fit.
    """
    if n < 1:
        raise ValueError(f"n must be at least 1, not {n}")
    rest = np.asarray(values).astype(integer_type(n + 1))
    if (abs(rest) >= 1 << n).any():
        raise ValueError(f"values must lie between -2**{n} and 2**{n}, both excluded")
    digits = np.zeros((len(rest), n), np.int8)
    for i in reversed(range(n)):
        away = (rng.integers(0, 2, len(rest)) == 1) & (abs(rest) <= (1 << (i + 1)) - 3)  # i digits can hold the rest
        digits[:, i] = rest % 2 * np.where((rest > 0) ^ away, 1, -1)
        rest = (rest - digits[:, i]) // 2
    return digits
