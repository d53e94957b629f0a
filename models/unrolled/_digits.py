# SPDX-License-Identifier: Apache-2.0
"""Signed digits of integers: weights +-2^shift, as few of them as can be."""

from __future__ import annotations

from functools import lru_cache
from typing import TypeAlias

Digit: TypeAlias = tuple[int, int]  # (shift, sign): sign * 2**shift


@lru_cache(maxsize=1 << 18)
def csd(value: int) -> tuple[Digit, ...]:
    """Writes a number in canonic signed digits, no two of them neighbours, lowest first (Reitwiesner 1960)."""
    digits = []
    shift = 0
    while value:
        if value & 1:
            sign = 2 - (value & 3)
            digits.append((shift, sign))
            value -= sign
        value >>= 1
        shift += 1
    return tuple(digits)


@lru_cache(maxsize=1 << 18)
def weight(value: int) -> int:
    """Counts the fewest signed digits that a number can be written in."""
    return len(csd(value))


@lru_cache(maxsize=1 << 18)
def within(value: int) -> tuple[Digit, ...]:
    """Lists the digits that appear in any shortest way to write a number, lowest first.

    Each one can be taken out of the number and leaves a number one digit shorter; two of them together not always.
    """
    if not value:
        return ()
    fewer = weight(value) - 1
    shifts = range(abs(value).bit_length() + 1)
    return tuple((t, s) for t in shifts for s in (1, -1) if weight(value - s * (1 << t)) == fewer)
