"""What the shell completes behind --module, --family and --config; of nothing that takes long."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path

import typer

MOST = 4  # benches that are loaded for the names of their configurations


def modules(incomplete: str) -> list[str]:
    """Complete the last of several modules."""
    return _last(incomplete, _families())


def families(incomplete: str) -> list[str]:
    """Complete the last of several families."""
    return _last(incomplete, sorted(set(_families().values())))


def configs(ctx: typer.Context, incomplete: str) -> list[str]:
    """Complete the last of several configurations of the modules that stand before it, if these are few."""
    wanted = str(ctx.params.get("module") or "").split(",")
    chosen = [name for name in _families() if any(fnmatchcase(name, part) for part in wanted)]
    if not 0 < len(chosen) <= MOST:
        return []
    from ulpwise.bench.project import Project  # noqa: PLC0415 (slow to import)

    benches, _ = Project(Path.cwd()).survey(chosen)
    return _last(incomplete, dict.fromkeys(name for bench in benches.values() for name in bench.configs))


def _families() -> dict[str, str]:
    """Return the family of each module that has a bench, as the names of files tell it."""
    from ulpwise.verilog.sources import cores  # noqa: PLC0415 (slow to import)

    found = cores(Path.cwd())
    folders = {path.stem: path.parent.name for path in found}
    return {name: folder for name, folder in folders.items() if Path("tests", folder, f"test_{name}.py").is_file()}


def _last(incomplete: str, names: Iterable[str]) -> list[str]:
    before, comma, start = incomplete.rpartition(",")
    given = before.split(",")
    return [f"{before}{comma}{name}" for name in names if name.startswith(start) and name not in given]
