"""A finished run as a row of the history, and how it differs from earlier runs of the same inputs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ulpwise.history import buckets
from ulpwise.history.database import Row
from ulpwise.run.record import Record


def row(record: Record, regression: str | None, more: Mapping[str, Any]) -> Row:
    """Return a run as the history keeps it.

    Args:
        record: The finished run.
        regression: Id of the regression that it belongs to, if any.
        more: attempts and worker.
    """
    spec, summary = record.spec, record.result.get("summary") or {}
    return {
        "regression": regression,
        "module": spec.module,
        "config": spec.config,
        "sim": spec.sim,
        "mode": spec.mode,
        "seed": spec.seed,
        "n": spec.n,
        "coverage": int(spec.coverage),
        "verdict": "pass" if record.passed else "fail",
        "reasons": list(record.reasons),
        "bucket": buckets.message(record),
        "transactions": record.transactions,
        "cycles": record.cycles,
        "seconds": record.seconds,
        "build_seconds": record.build_seconds,
        "bins": summary.get("bins", 0),
        "hit": summary.get("hit", 0),
        "fingerprint": record.fingerprint,
        "digest": record.result.get("digest", ""),
        "attempts": more["attempts"],
        "worker": more["worker"],
        "replay": record.replay if not record.passed else "",
    }


def as_json(record: Record) -> Row:
    """Return a run as other programs read it: its record, and the bucket of its failure, empty when it passed."""
    return {**record.to_json(), "bucket": buckets.message(record)}


def flaky(before: Iterable[Row], kept: Row) -> str:
    """Tell how a run differs from earlier ones of the same inputs.

    Args:
        before: What `History.same_runs` returns for it.
        kept: The run, as `row` returns it.

    Returns:
        One line; empty when it does not differ, or has no earlier ones.
    """
    if not kept["fingerprint"]:
        return ""
    for other in before:
        if _verdict(other) != _verdict(kept):
            return f"{_verdict(kept)} now, {_verdict(other)} on {other['finished']} with the same inputs"
        if other["digest"] != kept["digest"] and _verdict(kept) == "pass":
            return f"other results than on {other['finished']} with the same inputs"
    return ""


def is_race(message: str) -> bool:
    """Tell from its normalised message whether a run failed only because another simulator gave other results."""
    return bool(message) and all(part.startswith("race: ") for part in message.split("; "))


def _verdict(row: Row) -> str:
    """Return the verdict on a run by itself: of a race the later of two runs is told, and which that is, is chance."""
    return "pass" if is_race(row["bucket"]) else row["verdict"]
