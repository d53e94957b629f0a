"""Fixed point: codes, and the numbers that they stand for."""

from __future__ import annotations

import math
from dataclasses import KW_ONLY, dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from ulpwise.data import _rounding
from ulpwise.data._coded import Coded, are_codes
from ulpwise.data._format import Array, FormatError, convert, place
from ulpwise.system.names import nearest

ROUNDINGS = tuple(_rounding.MODES)
OVERFLOWS = ("saturate", "wrap", "error")
LETTERS = 80  # longer decimal numbers are no help in a report
WIDE = 62  # from so many bits on, int64 does not hold what is to be wrapped


@dataclass(frozen=True)
class Fixed(Coded):
    """Fixed point of 1 to 64 bits: a code, which is an integer, stands for code * 2**-fraction_bits.

    `integer_bits` of the bits stand before the point, the sign among them, as in ap_fixed and sc_fixed; from -512 to
    512, so the point may lie outside the bits. Values are codes, int64, or uint64 where int64 cannot hold them.
    `directed`, `.npz` and `.csv` take numbers which codes stand for exactly; of arrays, integers are codes.

    Attributes:
        rounding: How `quantise` rounds: nearest-even, nearest-away (a half goes away from zero), nearest-up (a half
            goes up), floor, ceil, or zero (towards it).
        overflow: What `quantise` makes of numbers out of range: saturate (the nearest code), wrap (the lowest bits
            are left), or error.
    """

    bits: int
    integer_bits: int
    shape: tuple[int, ...] = ()
    _: KW_ONLY
    signed: bool = True
    rounding: str = "nearest-even"
    overflow: str = "saturate"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.integer_bits not in range(-512, 513):
            raise FormatError(f"Fixed has -512 to 512 integer bits, not {self.integer_bits!r}")
        self._modes(self.rounding, self.overflow)

    @property
    def fraction_bits(self) -> int:
        """Bits behind the point: bits - integer_bits, which may be negative."""
        return self.bits - self.integer_bits

    def quantise(self, numbers: object, *, rounding: str | None = None, overflow: str | None = None) -> Array:
        """Round numbers to codes, exactly; floats beyond 2**62 steps one by one, and so slowly.

        Args:
            numbers: Floats, integers, Fraction or Decimal: an array of any shape, nested lists, or a single one.
            rounding: A mode other than the format's.
            overflow: Likewise.

        Returns:
            Codes of the same shape, int64, or uint64 where int64 cannot hold them.

        Raises:
            FormatError: No such mode; NaN; infinity, unless floats saturate; a number out of range, with "error".
        """
        modes = self._modes(rounding or self.rounding, overflow or self.overflow)
        return self._codes(_rounding.exact(numbers, "numbers"), *modes, "numbers")

    def to_real(self, codes: object) -> Array:
        """Return what codes stand for, as float64 of the same shape: exact up to 53 bits, else the nearest float.

        FormatError when they are no integers; they may be wider than the format, as sums and products are.
        """
        return np.asarray(np.ldexp(_integers(codes).astype(np.float64), -self.fraction_bits))

    def to_fractions(self, codes: object) -> Array:
        """Return what codes stand for, exactly, as objects (Fraction) of the same shape; FormatError as `to_real`."""
        return convert(_integers(codes), lambda code: int(code) * self._step, "codes")

    def take(self, given: Array, name: str) -> Array:
        """Turn numbers that codes stand for exactly into codes; FormatError names the first that is between codes."""
        if given.dtype.kind == "f" or given.dtype.name == "bfloat16":
            given = _rounding.exact(given, name)
            codes = self._codes(given, "floor", "wrap", name)
            if (self.to_real(codes) == given).all():
                return codes
        return super().take(given, name)

    @cached_property
    def _step(self) -> Fraction:
        """What code 1 stands for."""
        return Fraction(2) ** -self.fraction_bits

    @property
    def _range(self) -> str:
        return f"{self._show_element(self.low)} to {self._show_element(self.high)}"

    def _codes(self, numbers: Array, rounding: str, overflow: str, name: str) -> Array:
        """Do what `quantise` does, with numbers as `exact` returns them."""
        if overflow == "saturate" and numbers.dtype == np.float64:  # which keeps infinity, and float64 quick
            beyond = math.ldexp(1, self.integer_bits + 1)
            numbers = np.clip(numbers, -beyond, beyond)
        codes = _rounding.rounded(numbers, self.fraction_bits, rounding, name)
        wrong = np.asarray((codes < self.low) | (codes > self.high), np.bool_)
        if wrong.any():
            if overflow == "error":
                index = tuple(np.argwhere(wrong)[0].tolist())
                raise FormatError(f"{place(name, index)}: {numbers[index]} is out of range {self._range}")
            codes = codes.astype(object) if self.bits >= WIDE else codes
            wrapped = (codes - self.low) % (1 << self.bits) + self.low
            codes = wrapped if overflow == "wrap" else np.clip(codes, self.low, self.high)
        return np.asarray(codes, self.dtype)

    def _code(self, written: Any) -> int:  # noqa: ANN401 (as its base)
        steps = _rounding.fraction(written) / self._step
        below, above = math.floor(steps), math.ceil(steps)
        if not self.low <= below <= above <= self.high:
            raise FormatError(f"{str(written)[:40]} is out of range {self._range}")
        if below < above:
            near = " and ".join(self._show_element(code) for code in (below, above))
            raise FormatError(f"{str(written)[:40]} is no multiple of 2**{-self.fraction_bits}; the nearest are {near}")
        return below

    def _text(self, code: int) -> str:
        """Write the number, all of its decimals."""
        places = self.fraction_bits
        if places <= 0:
            return str(code << -places)
        digits = str(abs(code) * 5**places).zfill(places + 1)
        return f"{'-' * (code < 0)}{digits[:-places]}.{digits[-places:]}".rstrip("0").rstrip(".")

    def _show_element(self, value: Any) -> str:  # noqa: ANN401 (as its base)
        text = self._text(int(value))
        short = text if len(text) <= LETTERS else f"{int(value)} * 2**{-self.fraction_bits}"
        return f"{self._hex(int(value))} ({short})"

    @staticmethod
    def _modes(rounding: str, overflow: str) -> tuple[str, str]:
        """Refuse modes that do not exist."""
        for name, mode, known in (("rounding", rounding, ROUNDINGS), ("overflow", overflow, OVERFLOWS)):
            if mode not in known:
                raise FormatError(f"{name} is one of {', '.join(known)}, not {mode!r}{nearest(str(mode), known)}")
        return rounding, overflow


def _integers(codes: object) -> Array:
    given = np.asarray(codes)
    if not are_codes(given):
        raise FormatError(f"codes: expected integers, got {given.dtype}")
    return given
