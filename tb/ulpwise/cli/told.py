"""What `list`, `limits` and `doctor` tell other programs; docs/json.md says what each key means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ulpwise.bench.by_hand import file_of, tested
from ulpwise.history.buckets import normalise

if TYPE_CHECKING:
    from pathlib import Path

    from ulpwise.bench.declare import Bench
    from ulpwise.bench.project import Project
    from ulpwise.cli.limits_table import Row
    from ulpwise.toolchain.tools import Finding


def listed(
    project: Project,
    benches: Mapping[str, Bench],
    chosen: Mapping[str, Sequence[str]],
    broken: Mapping[str, str],
    stray: Mapping[Path, str],
) -> list[dict[str, Any]]:
    """Return a record a module: of benches that are broken as well, and of cocotb tests without one, behind others."""

    def tests(name: str) -> str | None:
        path = file_of(project, name)
        return None if path is None else str(path.relative_to(project.root))

    sound = [
        {
            **_verdict(name, project.family(name), ""),
            "configs": list(configs),
            "quick": [config for config in benches[name].quick if config in configs],
            "headline": benches[name].headline,
            "cocotb": tests(name),
            "replay": f"make sim MODULE={name}",
        }
        for name, configs in chosen.items()
    ]
    rest: dict[str, Any] = {"configs": [], "quick": [], "headline": None, "cocotb": None}
    faults = [_verdict(name, project.family(name), text) for name, text in broken.items()]
    lost = [_verdict(tested(path), path.parent.name, text) for path, text in stray.items()]
    more = [{**each, **rest, "replay": f"make list MODULE={each['module']}"} for each in faults]
    return [*sound, *more, *({**each, **rest, "replay": "make list"} for each in lost)]


def limited(project: Project, module: str, rows: Sequence[Row], undeclared: Sequence[str]) -> dict[str, Any]:
    """Return a record of one module."""
    parameters = [
        {"what": row.what, "legal": row.legal, "run": row.run, "left": dict(row.left), "untried": dict(row.untried)}
        for row in rows
    ]
    silent = [f"{value}: no reason given" for row in rows for value, why in row.left.items() if not why]
    return {
        **_verdict(module, project.family(module), "; ".join([*silent, *undeclared])),
        "parameters": parameters,
        "undeclared": list(undeclared),
        "replay": f"make limits MODULE={module}",
    }


def found(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """Return a record a tool."""
    return [
        {
            "tool": each.name,
            "version": each.tool.version if each.tool else None,
            "source": each.tool.source if each.tool else None,
            "path": str(each.tool.path) if each.tool else None,
            "verdict": "pass" if each.tool else "fail",
            "error": each.fault,
            "bucket": normalise(each.fault),
            "replay": "make doctor",
        }
        for each in findings
    ]


def _verdict(module: str, family: str, error: str) -> dict[str, Any]:
    told = {"module": module, "family": family, "verdict": "fail" if error else "pass"}
    return {**told, "error": error, "bucket": normalise(error)}
