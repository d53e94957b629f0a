"""Mutation scores as other programs read them; docs/json.md says what each key means."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from ulpwise.history.buckets import normalise

if TYPE_CHECKING:
    from ulpwise.mutate.score import Score


def measured(score: Score, asked: int, n: int | None) -> dict[str, Any]:
    """Return a score as other programs read it; it passes when nothing survived.

    Args:
        score: What was measured.
        asked: How many faults were to be seeded.
        n: Transactions of each random sequence that were asked for, if any.
    """
    found = score.survivors
    line = f"make mutate MODULE={score.spec.module} CONFIG={shlex.quote(score.spec.config)} SIM={score.spec.sim}"
    return {
        **score.to_json(),
        "percent": score.percent,
        "seconds": round(score.seconds, 3),
        "verdict": "fail" if found else "pass",
        "bucket": "# survivors" if found else "",
        "replay": f"{line} SEED={score.seed} MUTANTS={asked}" + (f" N={n}" if n else ""),
    }


def refused(module: str, config: str | None, text: str) -> dict[str, Any]:
    """Return a core that could not be measured."""
    line = f"make mutate MODULE={module}" + (f" CONFIG={shlex.quote(config)}" if config else "")
    told = {"module": module, "config": config, "error": text, "verdict": "fail"}
    return {**told, "bucket": normalise(text), "replay": line}
