"""Coverage and rankings as other programs read them; docs/json.md says what each key means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ulpwise.history.buckets import normalise
from ulpwise.run.record import RunSpec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ulpwise.closure.measure import ModuleCoverage
    from ulpwise.closure.rank import Ranking
    from ulpwise.closure.regression import RunData


def coverage(
    regression: str, modules: Sequence[ModuleCoverage], falls: Sequence[str], files: Sequence[str], *, judged: bool
) -> dict[str, Any]:
    """Return the coverage of a regression.

    Args:
        regression: Its id.
        modules: The cores that are shown.
        falls: Shares that fell, in words.
        files: The exports.
        judged: Whether the regression is held to the targets.
    """
    told = [_module(each, judged=judged) for each in modules]
    failed = bool(falls) or any(each["verdict"] == "fail" for each in told)
    return {
        "regression": regression,
        "verdict": "fail" if failed else "pass",
        "judged": judged,
        "falls": list(falls),
        "files": list(files),
        "modules": told,
    }


def ranking(regression: str, rankings: Mapping[str, Ranking], runs: Sequence[RunData]) -> list[dict[str, Any]]:
    """Return the chosen runs of each core of a regression."""
    return [
        {
            "regression": regression,
            "module": module,
            "verdict": "pass",
            "bucket": "",
            "replay": f"make rank MODULE={module} REACH={each.reach:g}",
            "of": sum(run.module == module for run in runs),
            "items": each.items,
            "reach": each.reach,
            "proved": each.proved,
            "runs": [
                {**_run(item.run), "adds": item.adds, "share": item.share, "seconds": item.run.seconds}
                for item in each.chosen
            ],
        }
        for module, each in rankings.items()
    ]


def _run(run: RunData) -> dict[str, Any]:
    spec = RunSpec(run.module, run.config, run.sim, run.mode, run.seed, run.n)
    named = {key: getattr(spec, key) for key in ("module", "config", "sim", "mode", "seed", "n")}
    return {**named, "verdict": "pass" if run.passed else "fail", "replay": spec.make_line()}


def _module(each: ModuleCoverage, *, judged: bool) -> dict[str, Any]:
    missed = [text for _, text in each.missed]
    failed = judged and bool(missed)
    return {
        "module": each.module,
        "family": each.family,
        "verdict": "fail" if failed else "pass",
        "bucket": "; ".join(dict.fromkeys(map(normalise, missed))) if failed else "",
        "replay": f"make coverage MODULE={each.module}",
        "kinds": {name: kind.to_json() for name, kind in each.kinds.items()},
        "bins": each.bins.to_json(),
        "missed": missed,
        "holes": [
            {"kind": hole.kind, "where": hole.where, "what": hole.what, "text": hole.text} for hole in each.holes()
        ],
        "assertions": [dict(item) for item in each.assertions],
        "unrun": list(each.unrun),
        "stale": list(each.stale),
        "mutation": None if each.mutation is None else dict(each.mutation),
    }
