"""Failures that are alike, found by their messages less all that differs from run to run."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ulpwise.run.record import Record

# what differs between runs of one fault: places first, then names of the design, then numbers of every form
_VARIABLE = (
    (re.compile(r"(?:/[\w.+-]+)+/(?=[\w.+-])"), ""),
    (re.compile(r"\bseed \d+"), "seed #"),
    (re.compile(r"0x[0-9a-fA-F]+|\b\d+'[bdh][0-9a-fA-FxXzZ_]+"), "#"),
    (re.compile(r"-?\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?"), "#"),
)


@dataclass(frozen=True)
class Bucket:
    """Failures of one kind.

    Attributes:
        message: The reasons, normalised.
        records: The failed runs, the smallest seed first.
    """

    message: str
    records: tuple[Record, ...]

    def to_json(self, replay: str, waves: str | None) -> dict[str, Any]:
        """Return the bucket as the report reads it."""
        names = [record.spec.name for record in self.records]
        return {
            "message": self.message,
            "count": len(names),
            "runs": names,
            "first": names[0],
            "replay": replay,
            "waves": waves,
        }


def normalise(reason: str) -> str:
    """Take out of a message what differs from run to run: folders, seeds and numbers."""
    for pattern, text in _VARIABLE:
        reason = pattern.sub(text, reason)
    return " ".join(reason.split())


def message(record: Record) -> str:
    """Return the normalised reasons of a run; empty when it passed."""
    return "; ".join(dict.fromkeys(map(normalise, record.reasons)))


def sort(records: Iterable[Record], order: Callable[[Record], Any] | None = None) -> list[Bucket]:
    """Group the failed runs of each module by message.

    Args:
        records: Finished runs, passed ones among them.
        order: Sorts the runs of a bucket; by seed, then volume unless given, so that the first is quick to repeat.

    Returns:
        The largest bucket first.
    """
    order = order or (lambda record: (record.spec.seed, record.spec.n or 0, record.transactions, record.spec.name))
    found: dict[tuple[str, str], list[Record]] = {}
    for record in records:
        if not record.passed:
            found.setdefault((record.spec.module, message(record)), []).append(record)
    buckets = [Bucket(text, tuple(sorted(same, key=order))) for (_, text), same in found.items()]
    return sorted(buckets, key=lambda bucket: (-len(bucket.records), bucket.records[0].spec.name))


def replay(record: Record, root: Path, folder: Path) -> str:
    """Return the command that repeats a failure with waves, from the smallest batch that is there.

    Args:
        record: The failed run.
        root: Top of the project.
        folder: Where the files of the run are kept.
    """
    spec = replace(record.spec, waves=False)  # with its coverage, which decides on what registers start with
    for name in ("shrunk.npz", "failing.npz"):
        if (folder / name).exists():
            path = folder / name
            spec = replace(spec, vectors=path.relative_to(root) if path.is_relative_to(root) else path)
            break
    return spec.make_line() + " WAVES=1"
