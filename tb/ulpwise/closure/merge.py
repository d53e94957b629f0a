"""Adds up the coverage of many runs: functional by module and configuration, code by source point."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from ulpwise.coverage.codecov import CodePoint, Counts, join_lines
from ulpwise.coverage.record import check, points
from ulpwise.coverage.sampler import CoverageError, Record
from ulpwise.coverage.sampler import merge as add

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ulpwise.closure.regression import RunData

FileCounts: TypeAlias = dict[str, Counts]
"""Hits of each point by source file, relative to the project."""


@dataclass(frozen=True)
class Functional:
    """The functional coverage of one configuration.

    Attributes:
        record: As `ulpwise.coverage.sampler.merge` makes it.
        runs: How many runs it sums up.
    """

    record: Record
    runs: int


def functional(runs: Iterable[RunData]) -> dict[str, dict[str, Functional]]:
    """Add the functional coverage of all runs of a configuration.

    Returns:
        The sums by module and configuration; runs that left no coverage do not count.

    Raises:
        CoverageError: Counts do not add up, or the bins of two runs of a configuration differ.
    """
    total: dict[str, dict[str, Functional]] = {}
    samples: dict[tuple[str, str], int] = {}
    for run in runs:
        record = run.functional()
        if record is None:
            continue
        configs = total.setdefault(run.module, {})
        known = configs.get(run.config)
        try:
            check(record)
            joined = record if known is None else add(known.record, record)
        except CoverageError as fault:
            raise CoverageError(f"{run.name}: {fault}; repeat the regression") from None
        configs[run.config] = Functional(joined, 1 if known is None else known.runs + 1)
        samples[run.module, run.config] = samples.get((run.module, run.config), 0) + _samples(record)
    for (module, config), number in samples.items():
        if _samples(total[module][config].record) != number:
            raise CoverageError(f"{module} {config}: the merged samples are not the sum of those of its runs")
    return total


def code(runs: Iterable[RunData]) -> FileCounts:
    """Add the code coverage of all runs by source point, whatever parameters their builds had.

    Args:
        runs: Of any modules: a core counts wherever it is instantiated.

    Returns:
        Hits of each source point by file, points sorted by place.

    Raises:
        CoverageError: The sum of all counts is not the sum of those of the runs.
        PackError: A file is malformed.
    """
    total: dict[tuple[str, int, int, str, str], int] = {}
    lines: dict[tuple[str, int, int, str, str], str] = {}
    hits = 0
    for run in runs:
        for row in run.code():
            key, ranges, count = row[:5], row[5], row[6]
            hits += count
            if key in total:
                total[key] += count
                if lines[key] != ranges:
                    lines[key] = join_lines(lines[key], ranges)
            else:
                total[key], lines[key] = count, ranges
    if sum(total.values()) != hits:
        raise CoverageError(f"code coverage does not add up: {sum(total.values())} hits of {hits}")
    merged: FileCounts = {}
    for key in sorted(total):
        merged.setdefault(key[0], {})[CodePoint(*key, hierarchy="", lines=lines[key])] = total[key]
    return merged


def _samples(record: Record) -> int:
    return sum(point["samples"] for point in points(record).values())
