"""Declarations of functional coverage: points, crosses and groups."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from numpy.typing import NDArray

from ulpwise.coverage.bins import Bins, CoverageError, Named, as_bins
from ulpwise.coverage.bins import check as check_bins
from ulpwise.data.formats import Batch
from ulpwise.system.names import alike, fault, shown

Sample: TypeAlias = Callable[[Batch], NDArray[Any]]

MAX_CROSS = 1 << 16  # bins of one cross


@dataclass(frozen=True)
class Point:
    """A quantity of a transaction and the bins that it must fall into.

    Values outside all bins are counted as other, which is no part of the percentage. Bins must not overlap.
    """

    name: str
    """Without a dot; unique in its group."""
    sample: Sample
    """From a batch to integers, floats or booleans (rows,) or (rows, k)."""
    bins: Bins | Named
    """`values(...)`, `ranges(...)`, `transitions(...)`, sums of these, or `{"negative": (-128, -1), "zero": 0}`."""
    illegal: Bins | Named = ()
    """Bins of the same sort that must never be hit: the run fails."""
    at_least: int = 1
    """How many hits make a bin covered."""

    def __post_init__(self) -> None:
        _check_name("point", self.name, self.at_least)
        check_bins(f"point {self.name}", self.legal_bins, self.illegal_bins)

    @property
    def legal_bins(self) -> Bins:
        """The bins in their order of declaration."""
        return as_bins(self.bins)

    @property
    def illegal_bins(self) -> Bins:
        """The illegal bins in their order of declaration."""
        return as_bins(self.illegal)


@dataclass(frozen=True, init=False)
class Cross:
    """Combinations of the legal bins of several points of the group, named `bin,bin` in the order of the points."""

    name: str
    points: tuple[str, ...]
    at_least: int = 1
    ignore: tuple[tuple[str, ...], ...] = field(default=())

    def __init__(self, name: str, *points: str, at_least: int = 1, ignore: Sequence[tuple[str, ...]] = ()) -> None:
        """Declare a cross.

        Args:
            name: Without a dot; unique among the points and crosses of the group.
            points: Two or more points of the same group.
            at_least: How many hits make a bin covered.
            ignore: Combinations that cannot occur, a bin name or "*" a point; their hits are counted as other.

        Raises:
            CoverageError: A bad name, fewer than two points, or one of them twice.
        """
        for attribute, value in (("name", name), ("points", points), ("at_least", at_least), ("ignore", tuple(ignore))):
            object.__setattr__(self, attribute, value)
        _check_name("cross", name, at_least)
        if len(points) < 2 or len(set(points)) < len(points):
            raise CoverageError(f"cross {name}: needs two or more different points, got {list(points)}")


@dataclass(frozen=True)
class CoverGroup:
    """Points and crosses that are sampled together."""

    name: str
    points: Sequence[Point]
    crosses: Sequence[Cross] = ()

    def __post_init__(self) -> None:
        _check_name("group", self.name, 1)
        if not self.points:
            raise CoverageError(f"group {self.name}: no points")
        known = {point.name: point for point in self.points}
        names = [*(point.name for point in self.points), *(cross.name for cross in self.crosses)]
        for i, name in enumerate(names):
            if name in names[:i]:
                raise CoverageError(f"group {self.name}: '{name}' is declared twice")
        pair = alike(names)
        if pair:
            raise CoverageError(f"group {self.name}: '{pair[0]}' and '{pair[1]}' would share a file: rename one")
        for cross in self.crosses:
            for name in cross.points:
                if name not in known:
                    raise CoverageError(f"group {self.name}: cross {cross.name} names unknown point '{name}'")
            _check_cross(self.name, cross, [known[name] for name in cross.points])


def _check_name(what: str, name: str, at_least: int) -> None:
    """Refuse a name that a test plan could not spell, and a bin that needs no hit."""
    if not name or (isinstance(name, str) and "." in name):
        raise CoverageError(f"{what} name {shown(name)} is empty or holds a dot")
    wrong = fault(name)
    if wrong:
        raise CoverageError(f"{what} name {shown(name)} {wrong}")
    if at_least < 1:
        raise CoverageError(f"{what} {name}: at_least is at least 1, not {at_least}")


def _check_cross(group: str, cross: Cross, points: list[Point]) -> None:
    """Refuse a cross of too many bins, and an ignored combination that no bins have."""
    names = [[item.name for item in point.legal_bins] for point in points]
    total = math.prod(len(bins) for bins in names)
    if total > MAX_CROSS:
        raise CoverageError(f"group {group}: cross {cross.name} has {total} bins, more than {MAX_CROSS}")
    for combination in cross.ignore:
        known = len(combination) == len(names) and all(
            name in {"*", *bins} for name, bins in zip(combination, names, strict=False)
        )
        if not known:
            raise CoverageError(f"group {group}: cross {cross.name} ignores unknown bins {combination}")
