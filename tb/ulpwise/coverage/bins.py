"""Bins of cover points: what they are called, and which values or transitions fall into them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ulpwise.system.names import fault, shown

Number: TypeAlias = int | float
Codes: TypeAlias = NDArray[np.intp]


class CoverageError(ValueError):
    """A wrong declaration, sample, name or record of coverage; the message is one line."""


@dataclass(frozen=True)
class Bin:
    """A named range of values, or one transition between two values on consecutive rows."""

    name: str
    low: Number
    """Least value; of a transition the value before."""
    high: Number
    """Greatest value; of a transition the value after."""
    transition: bool = False


Bins: TypeAlias = tuple[Bin, ...]
Named: TypeAlias = Mapping[str, Number | tuple[Number, Number]]


def values(*numbers: Number) -> Bins:
    """Make one bin a value, named after it: `values(-1, 0, 1)`."""
    return tuple(Bin(str(number), number, number) for number in numbers)


def ranges(*pairs: tuple[Number, Number]) -> Bins:
    """Make one bin an inclusive range, named `0..3`: `ranges((0, 3), (4, 15))`."""
    return tuple(Bin(f"{low}..{high}", low, high) for low, high in pairs)


def transitions(*pairs: tuple[Number, Number]) -> Bins:
    """Make one bin a pair of values on consecutive rows, named `0=>1`: `transitions((0, 1), (1, 0))`."""
    return tuple(Bin(f"{before}=>{after}", before, after, transition=True) for before, after in pairs)


def as_bins(bins: Bins | Named) -> Bins:
    """Turn named bins `{"negative": (-128, -1), "zero": 0}` into a tuple; leave a tuple as it is."""
    if not isinstance(bins, Mapping):
        return bins
    pairs = {name: value if isinstance(value, tuple) else (value, value) for name, value in bins.items()}
    return tuple(Bin(name, low, high) for name, (low, high) in pairs.items())


def check(where: str, legal: Bins, illegal: Bins) -> None:
    """Refuse bins of a point that are none, mixed, empty, overlap or share a name."""
    bins = (*legal, *illegal)
    if not legal:
        raise CoverageError(f"{where}: no bins")
    if len({item.transition for item in bins}) > 1:
        raise CoverageError(f"{where}: mixes bins of values and of transitions")
    names = [item.name for item in bins]
    for i, name in enumerate(names):
        if name in names[:i]:
            raise CoverageError(f"{where}: bin '{name}' occurs twice")
        _check_name(where, name)
    ordered = sorted(bins, key=lambda item: (item.low, item.high))
    for item in ordered:
        if not (item.transition or item.low <= item.high):
            raise CoverageError(f"{where}: bin '{item.name}' is empty: {item.low} is above {item.high}")
    for a, b in pairwise(ordered):
        same = (a.low, a.high) == (b.low, b.high)
        if same if a.transition else b.low <= a.high:
            raise CoverageError(f"{where}: bins '{a.name}' and '{b.name}' overlap")


def _check_name(where: str, name: str) -> None:
    """Refuse a name that a cross could not spell, or no report show."""
    if not name or (isinstance(name, str) and "," in name):
        raise CoverageError(f"{where}: bin name '{name}' is empty or holds a comma")
    wrong = fault(name)
    if wrong:
        raise CoverageError(f"{where}: bin name {shown(name)} {wrong}")


class Values:
    """Finds the bin of each value: codes 0.. for the legal bins, then one for other, then the illegal bins."""

    def __init__(self, legal: Bins, illegal: Bins) -> None:
        self.other = len(legal)
        coded = enumerate((*legal, *illegal))
        self._rows = sorted((item.low, item.high, i + (i >= self.other)) for i, item in coded)
        self._tables: dict[np.dtype[Any], tuple[NDArray[Any], NDArray[Any], Codes]] = {}

    def __call__(self, samples: NDArray[Any]) -> Codes:
        """Classify numbers of any shape; NaN is other."""
        wide = samples if samples.dtype.kind in "iu" else samples.astype(np.float64)
        lows, highs, codes = self._tables.get(wide.dtype) or self._table(wide.dtype)
        place = np.searchsorted(lows, wide, side="right")
        return np.where(wide <= highs[place], codes[place], self.other)

    def _table(self, dtype: np.dtype[Any]) -> tuple[NDArray[Any], NDArray[Any], Codes]:
        """Build sorted bounds in the samples' own type; entry 0 of highs and codes is for values below all bins."""
        rows = self._rows
        if dtype.kind in "iu":
            least, most = int(np.iinfo(dtype).min), int(np.iinfo(dtype).max)
            clipped = [(math.ceil(max(low, least)), math.floor(min(high, most)), code) for low, high, code in rows]
            rows = [row for row in clipped if row[0] <= row[1]]
        lows = np.array([row[0] for row in rows], dtype=dtype)
        highs = np.array([0, *(row[1] for row in rows)], dtype=dtype)
        codes = np.array([self.other, *(row[2] for row in rows)], dtype=np.intp)
        return self._tables.setdefault(dtype, (lows, highs, codes))


class Transitions:
    """Finds the bin of each pair of values, coded like those of `Values`."""

    def __init__(self, legal: Bins, illegal: Bins) -> None:
        self.other = len(legal)
        numbers = sorted({number for item in (*legal, *illegal) for number in (item.low, item.high)})
        self._values = Values(values(*numbers), ())
        self._table = np.full((len(numbers) + 1, len(numbers) + 1), self.other, dtype=np.intp)
        for i, item in enumerate((*legal, *illegal)):
            self._table[numbers.index(item.low), numbers.index(item.high)] = i + (i >= self.other)

    def __call__(self, samples: NDArray[Any]) -> Codes:
        """Classify each row with the row after it: (rows, k) numbers give (rows - 1, k) codes."""
        places = self._values(samples)
        return np.asarray(self._table[places[:-1], places[1:]], dtype=np.intp)
