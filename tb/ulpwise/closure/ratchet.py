"""Coverage must not fall: a regression is compared with those of its level before it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from ulpwise.bench.select import parts
from ulpwise.closure.measure import SLACK

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ulpwise.history.database import History, Row

_CHOICE = ("seeds", "family", "module", "sim")  # options that decide what a regression of a level runs


class Miss(TypedDict):
    """A target that was missed, or a share that fell."""

    module: str
    kind: str
    percent: float
    target: float
    text: str


def falls(history: History, regression: str) -> list[Miss]:
    """Find the shares that fell.

    Args:
        history: Holds the coverage of the regression, and of those before.
        regression: Its id.

    Returns:
        A miss for each module and kind whose percentage is below its mark, which is the target: the most that it came
        to in the finished regressions of the same level, seeds, family, module and simulator, back to the last one
        that passed. So a fall does not become the standard by being run twice. A regression with the option `accept`
        accepts what it comes to; one that was interrupted, or repeats failures only, is not held to anything.
    """
    known = {row["id"]: row for row in history.regressions()}
    now = known.get(regression)
    if now is None or now["options"].get("accept") or now["options"].get("partial") or now["status"] == "interrupted":
        return []
    before = [row for row in known.values() if _comparable(row, now)]
    shares: dict[str, dict[tuple[str, str], float]] = {}
    for row in history.coverage():
        if row["points"]:
            share = 100.0 * row["hit"] / row["points"]
            shares.setdefault(row["regression"], {})[row["module"], row["kind"]] = share
    found = []
    for (module, kind), share in sorted(shares.get(regression, {}).items()):
        mark = _mark(before, {name: each.get((module, kind)) for name, each in shares.items()})
        if mark is not None and share < mark[0] - SLACK:
            found.append(_fall(module, kind, share, *mark))
    return found


def _mark(before: list[Row], shares: dict[str, float | None]) -> tuple[float, str] | None:
    """Return the share that must be reached, and the regression that reached it."""
    best: tuple[float, str] | None = None
    for row in before:
        share = shares.get(row["id"])
        if share is None:
            continue
        if best is None or share > best[0]:
            best = (share, row["id"])
        if row["status"] == "passed" or row["options"].get("accept"):
            break
    return best


def _comparable(row: Row, now: Row) -> bool:
    """Tell whether an earlier regression, the newest first, ran what this one runs."""
    options, wanted = row["options"], now["options"]
    # a core alone is not covered by those that instantiate it, nor the main job's bursts by Icarus
    same = row["level"] == now["level"] and all(_option(options, name) == _option(wanted, name) for name in _CHOICE)
    done = row["status"] in {"passed", "failed"} and not options.get("partial")
    return bool(same and done and row["id"] != now["id"] and row["started"] <= now["started"])


def _option(options: Mapping[str, object], name: str) -> object:
    value = options.get(name)
    if name in {"family", "module"} and isinstance(value, str):
        return sorted(parts(value))  # in whatever order they were given
    return None if value == "both" else value


def _fall(module: str, kind: str, share: float, mark: float, name: str) -> Miss:
    text = f"{module}: {kind} coverage fell from {mark:.2f} % (regression {name}) to {share:.2f} %"
    return {"module": module, "kind": kind, "percent": share, "target": mark, "text": text}
