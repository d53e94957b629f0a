"""Codes that people write in another notation: what fixed point and enumerations share."""

from __future__ import annotations

from abc import abstractmethod
from functools import cache
from typing import Any

import numpy as np

from ulpwise.data._format import Array, convert
from ulpwise.data._integers import Integer


def are_codes(given: Array) -> bool:
    """Tell codes, which are integers, from what people write in the notation of a format."""
    return given.dtype.kind in "biu" or (given.dtype == object and all(isinstance(each, int) for each in given.ravel()))


class Coded(Integer):
    """Integers that stand for something else: golden models get codes, people read and write what they stand for.

    An array of integers is one of codes wherever people give one; all else is in the notation of the format.
    """

    @abstractmethod
    def _code(self, written: Any) -> int:  # noqa: ANN401 (whatever stands in somebody's list)
        """Return the code of what somebody wrote; FormatError, one line without its place, when there is none."""

    @abstractmethod
    def _text(self, code: int) -> str:
        """Write a code as `_code` reads it."""

    def take(self, given: Array, name: str) -> Array:
        """Turn the notation of the format into codes, and leave codes to `validate`; FormatError as of `Format`."""
        return given if are_codes(given) else convert(given, self._code, name).astype(self.dtype)

    def texts(self, codes: Array) -> Array:
        """Write codes of any shape as `take` reads them: an array of texts of the same shape."""
        text = cache(self._text)  # large tables mostly have few codes
        return convert(codes, lambda code: text(int(code)), "codes").astype(np.str_)
