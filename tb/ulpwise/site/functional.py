"""Functional coverage as the pages show it: bins of points, and heat maps of crosses."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from ulpwise.site._text import percent, short, slug
from ulpwise.site.model import Module

CELLS = 1200  # a heat map of more combinations is drawn, not written
BUDGET = 40_000  # combinations that one page draws
HOLES = 100  # holes that are named
LEVELS = 5
WIDE = 24  # columns above which a map is turned, when that makes it narrower


@dataclass(frozen=True)
class Cell:
    """One combination of a cross.

    Attributes:
        text: Its count in a few characters.
        level: 0 for a hole, 1 to 5 for the logarithm of its count.
    """

    text: str
    level: int


@dataclass(frozen=True)
class Heat:
    """A cross as a map.

    Attributes:
        down: The points whose bins are rows.
        across: The point whose bins are columns.
        columns: Names of the columns.
        rows: Name and cells of each row; None for a combination that is ignored.
        drawing: An SVG in place of columns and rows, when there are too many cells for a table.
        skipped: Too many even for that.
    """

    down: str
    across: str
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, tuple[Cell | None, ...]], ...] = ()
    drawing: Markup | None = None
    skipped: bool = False


@dataclass(frozen=True)
class PointView:
    """One point or cross.

    Attributes:
        name: Its name in the group.
        anchor: Where it is on the page.
        kind: value, transition or cross.
        bins: Name, count, and whether it was hit often enough; of a cross empty.
        total: How many bins there are.
        hit: How many were hit often enough.
        at_least: How often that is.
        samples: How many values were sampled.
        other: How many of them fell into no bin.
        illegal: Illegal bins and their counts.
        heat: The map of a cross.
        holes: Names of the first holes of a cross.
        more: How many holes are not named.
    """

    name: str
    anchor: str
    kind: str
    bins: tuple[tuple[str, int, bool], ...]
    total: int
    hit: int
    at_least: int
    samples: int
    other: int
    illegal: tuple[tuple[str, int], ...]
    heat: Heat | None
    holes: tuple[str, ...]
    more: int


@dataclass(frozen=True)
class ConfigView:
    """The coverage of one configuration."""

    name: str
    anchor: str
    runs: int
    bins: int
    hit: int
    groups: tuple[tuple[str, tuple[PointView, ...]], ...]

    @property
    def percent(self) -> float:
        """Share of bins that were hit, rounded by nobody."""
        return 100.0 * self.hit / self.bins if self.bins else 0.0


def views(module: Module) -> list[ConfigView]:
    """Prepare the functional coverage of a module.

    Args:
        module: With what the coverage part wrote of it.

    Returns:
        One view a configuration, in the order of the bench.
    """
    budget = _Budget(BUDGET)
    merged: Mapping[str, Any] = module.coverage.get("functional") or {}
    ordered = [name for name in module.configs if name in merged]
    ordered += [name for name in merged if name not in module.configs]
    return [_config(module, name, merged[name], budget) for name in ordered]


def anchor(config: str, proof: str) -> str:
    """Name the place on the page of a proof `group.point` or `group.point.bin`."""
    group, _, rest = proof.partition(".")
    return "-".join(("cov", slug(config), slug(group), slug(rest.split(".", 1)[0])))


class _Budget:
    """What a page may still draw."""

    def __init__(self, cells: int) -> None:
        self._left = cells

    def take(self, cells: int) -> bool:
        """Take cells if there are so many left."""
        if cells > self._left:
            return False
        self._left -= cells
        return True


def _config(module: Module, name: str, body: Mapping[str, Any], budget: _Budget) -> ConfigView:
    groups = []
    for group, inner in body.get("record", {}).get("groups", {}).items():
        points = inner["points"]
        axes = {cross: module.axes.get((name, group, cross), ()) for cross in points}
        shown = [_point(name, group, point, points, axes[point], budget) for point in points]
        groups.append((group, tuple(shown)))
    every = [point for _, points in groups for point in points]
    bins, hit = sum(point.total for point in every), sum(point.hit for point in every)
    return ConfigView(name, "config-" + slug(name), int(body.get("runs", 0)), bins, hit, tuple(groups))


def _point(
    config: str, group: str, name: str, points: Mapping[str, Any], axes: Sequence[str], budget: _Budget
) -> PointView:
    body = points[name]
    bins, enough, cross = body["bins"], body["at_least"], body["kind"] == "cross"
    holes = [item for item, hits in bins.items() if hits < enough]
    return PointView(
        name=name,
        anchor=anchor(config, f"{group}.{name}"),
        kind=body["kind"],
        bins=() if cross else tuple((item, hits, hits >= enough) for item, hits in bins.items()),
        total=len(bins),
        hit=len(bins) - len(holes),
        at_least=enough,
        samples=body["samples"],
        other=body["other"],
        illegal=tuple(body["illegal"].items()),
        heat=_heat(name, bins, enough, [(axis, tuple(points[axis]["bins"])) for axis in axes if axis in points], budget)
        if cross
        else None,
        holes=tuple(holes[:HOLES]) if cross else (),
        more=max(0, len(holes) - HOLES) if cross else 0,
    )


def _heat(
    name: str,
    bins: Mapping[str, int],
    enough: int,
    axes: Sequence[tuple[str, tuple[str, ...]]],
    budget: _Budget,
) -> Heat:
    """Lay a cross out: the bins of its last point across, all others down; turned when it would be too wide."""
    split = {tuple(key.split(",")): hits for key, hits in bins.items()}
    wide = max(map(len, split), default=0)
    if len(axes) != wide:  # the bench is another one by now: take the names as they come
        sides = zip(*split, strict=False) if split else iter(())
        axes = [(f"part {i}", tuple(dict.fromkeys(side))) for i, side in enumerate(sides, start=1)]
    if len(axes) < 2:
        return Heat("", "", skipped=True)
    turn = len(axes) == 2 and len(axes[1][1]) > WIDE and len(axes[1][1]) > len(axes[0][1])
    down, across = ([axes[1]], axes[0]) if turn else (list(axes[:-1]), axes[-1])
    titles = " \u00d7 ".join(title for title, _ in down), across[0]
    if not budget.take(math.prod(len(side) for _, side in axes)):
        return Heat(*titles, skipped=True)
    most = max(bins.values(), default=0)

    def cells(row: tuple[str, ...]) -> Iterator[Cell | None]:
        for column in across[1]:
            hits = split.get((column, *row) if turn else (*row, column))
            yield None if hits is None else Cell(short(hits), _level(hits, enough, most))

    rows = [(", ".join(row), tuple(cells(row))) for row in itertools.product(*(side for _, side in down))]
    if len(rows) * len(across[1]) > CELLS:
        return Heat(*titles, drawing=_drawing(name, rows, bins, enough))
    return Heat(*titles, columns=across[1], rows=tuple(rows))


def _level(hits: int, enough: int, most: int) -> int:
    if hits < enough:
        return 0
    return min(LEVELS, 1 + int(LEVELS * math.log1p(hits) / (math.log1p(most) + 1e-9)))


def _drawing(
    name: str, rows: Sequence[tuple[str, tuple[Cell | None, ...]]], bins: Mapping[str, int], enough: int
) -> Markup:
    """Draw a map as one path a level, neighbours of one level as one box."""
    paths: dict[int, list[str]] = {}
    for y, (_, row) in enumerate(rows):
        x = 0
        for level, same in itertools.groupby(row, key=lambda cell: -1 if cell is None else cell.level):
            length = len(list(same))
            if level >= 0:
                paths.setdefault(level, []).append(f"M{x} {y}h{length}v1h-{length}z")
            x += length
    wide, high = len(rows[0][1]), len(rows)
    hit = sum(hits >= enough for hits in bins.values())
    size = max(2, min(12, 900 // wide))
    title = f"{name}: {hit:,} of {len(bins):,} combinations hit, {percent(100 * hit / len(bins))}"
    boxes = Markup("").join(
        Markup('<path class="h{}" d="{}"/>').format(level, "".join(parts)) for level, parts in sorted(paths.items())
    )
    return Markup(
        '<svg class="heatmap" role="img" viewBox="0 0 {w} {h}" width="{pw}" height="{ph}" '
        'preserveAspectRatio="none" shape-rendering="crispEdges"><title>{title}</title>{boxes}</svg>'
    ).format(w=wide, h=high, pw=wide * size, ph=high * size, title=title, boxes=boxes)
