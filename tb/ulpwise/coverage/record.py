"""Coverage records: the JSON form of what was counted, added up over runs, and summed up."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any, TypeAlias, TypedDict

from ulpwise.coverage.bins import CoverageError

SCHEMA = 1

Record: TypeAlias = dict[str, Any]


class Summary(TypedDict):
    """What a record comes to."""

    bins: int
    hit: int
    percent: float
    holes: list[str]
    illegal: list[str]


def merge(a: Record, b: Record) -> Record:
    """Add the counts of two records of the same groups.

    Args:
        a: A record as `Coverage.to_json` makes it, whole or read back from a file.
        b: Another.

    Returns:
        A new record; samples, bins, other and illegal are the sums.

    Raises:
        CoverageError: The two differ in schema, groups, points or bins, or the counts of a point do not add up to
            its samples.
    """
    for record in (a, b):
        check(record)
    if a["groups"].keys() != b["groups"].keys():
        raise CoverageError(f"cannot merge coverage: groups {list(a['groups'])} and {list(b['groups'])} differ")
    groups = {
        name: {"points": _merge_points(name, group["points"], b["groups"][name]["points"])}
        for name, group in a["groups"].items()
    }
    total = {"schema": SCHEMA, "groups": groups}
    check(total)
    return total


def check(record: Record) -> None:
    """Refuse a record of another schema, or one whose counts do not add up; CoverageError."""
    if record.get("schema") != SCHEMA or not isinstance(record.get("groups"), dict):
        raise CoverageError(f"not a coverage record of schema {SCHEMA}: schema {record.get('schema')!r}")
    for name, point in points(record).items():
        counts = [*point["bins"].values(), point["other"], *point["illegal"].values()]
        if any(not isinstance(count, int) or count < 0 for count in counts) or sum(counts) != point["samples"]:
            raise CoverageError(
                f"coverage of {name} does not add up: {sum(counts)} counts of {point['samples']} samples"
            )


def points(record: Record) -> dict[str, Record]:
    """Return the points and crosses of a record by the name group.point."""
    return {
        f"{group}.{name}": point for group, body in record["groups"].items() for name, point in body["points"].items()
    }


def summary(record: Record) -> Summary:
    """Sum up a record.

    Args:
        record: As `Coverage.to_json` or `merge` makes it.

    Returns:
        bins, how many of them were hit at least `at_least` times, percent (0 to 100; 0 when there are no bins),
        and the names group.point.bin of the holes and of the illegal bins that were hit.
    """
    bins, holes, illegal = 0, [], []
    for name, point in points(record).items():
        bins += len(point["bins"])
        holes += [f"{name}.{item}" for item, count in point["bins"].items() if count < point["at_least"]]
        illegal += [f"{name}.{item}" for item, count in point["illegal"].items() if count]
    hit = bins - len(holes)
    return {
        "bins": bins,
        "hit": hit,
        "percent": 100.0 * hit / bins if bins else 0.0,
        "holes": holes,
        "illegal": illegal,
    }


def covered(record: Record, name: str) -> bool:
    """Tell whether an entry of a test plan was checked.

    Args:
        record: As `Coverage.to_json` or `merge` makes it.
        name: group.point (all its bins) or group.point.bin (that one); a cross is named like a point.

    Returns:
        Whether each named bin was hit at least `at_least` times.

    Raises:
        CoverageError: There is no such point or bin; the message gives the nearest name.
    """
    known = points(record)
    parts = name.split(".", 2)
    point = known.get(".".join(parts[:2]))
    if point is None:
        raise CoverageError(f"no cover point '{name}'{_nearest(name, list(known))}")
    if len(parts) < 3:
        return all(count >= point["at_least"] for count in point["bins"].values())
    if parts[2] not in point["bins"]:
        raise CoverageError(
            f"cover point '{parts[0]}.{parts[1]}' has no bin '{parts[2]}'{_nearest(parts[2], point['bins'])}"
        )
    return bool(point["bins"][parts[2]] >= point["at_least"])


def _merge_points(group: str, a: Record, b: Record) -> Record:
    """Add the points of one group."""
    if a.keys() != b.keys():
        raise CoverageError(f"cannot merge coverage: group {group} has points {list(a)} and {list(b)}")
    return {name: _merge_point(f"{group}.{name}", point, b[name]) for name, point in a.items()}


def _merge_point(where: str, a: Record, b: Record) -> Record:
    """Add one point."""
    for part in ("kind", "definition", "at_least"):
        if a[part] != b[part]:
            raise CoverageError(f"cannot merge coverage: {where} has {part} {a[part]!r} and {b[part]!r}")
    total = {part: a[part] for part in ("kind", "definition", "at_least")}
    total["samples"], total["other"] = a["samples"] + b["samples"], a["other"] + b["other"]
    for part in ("bins", "illegal"):
        if a[part].keys() != b[part].keys():
            raise CoverageError(f"cannot merge coverage: the {part} of {where} differ")
        total[part] = {item: count + b[part][item] for item, count in a[part].items()}
    return total


def _nearest(name: str, known: Any) -> str:  # noqa: ANN401 (any collection of names)
    close = get_close_matches(name, known, n=1)
    return f"; did you mean '{close[0]}'?" if close else f"; there are: {', '.join(known) or 'none'}"
