"""Gathers all that the report shows, from the history, the newest regression's folder, the benches and git."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ulpwise.bench.project import Project
from ulpwise.history.database import History
from ulpwise.history.folder import Folder as Work
from ulpwise.site.files import Folder
from ulpwise.site.gather import Gather
from ulpwise.site.model import Moment, Site

WINDOW = 40  # regressions that the report goes back
_NONE = "no regression yet: run make regress LEVEL=smoke"


def load(project: Project) -> Site:
    """Read a project's newest regression and its past.

    Args:
        project: The tree; its `build/` holds history and regressions.

    Returns:
        What the pages show.

    Raises:
        ValueError: There is no regression; the message is one line.
        HistoryError: The history cannot be read.
    """
    path = project.build / "history.sqlite"
    history = History(path) if path.is_file() else None
    rows = [_ended(project, row) for row in history.regressions()] if history else []
    folder = Folder(_newest(project.build / "regress", rows))
    info = folder.info(next((row for row in rows if row["id"] == folder.path.name), None))
    info = {"level": "?", "status": "?", "started": None, "finished": None, "commit": "", "dirty": 0} | info
    info = _ended(project, info)
    runs = folder.runs(history)
    past, moments = _past(history, rows[:WINDOW])
    areas = history.areas() if history else []
    gather = Gather(project, info, runs, folder.coverage(), history, past, moments, areas)
    return Site(
        root=project.root,
        folder=folder.path,
        info=info,
        modules=tuple(gather.module(name) for name in gather.names()),
        runs=tuple(runs),
        past=tuple(past),
        older=max(0, len(rows) - WINDOW),
        trend=gather.trend(None),
        areas=tuple(areas),
        ranking=_ranking(history),
        notes=tuple(folder.notes),
    )


def _ended(project: Project, row: Mapping[str, Any]) -> dict[str, Any]:
    """Call a regression killed that is said to be running, while no process works on it."""
    dead = row["status"] == "running" and not Work(project, str(row["id"])).going
    return {**row, "status": "killed" if dead else row["status"]}


def _newest(regress: Path, rows: Iterable[Mapping[str, Any]]) -> Path:
    """Return the folder of the newest regression: the one that `latest` names, or else the history's newest."""
    try:
        names = [(regress / "latest").read_text(encoding="utf-8").strip()]
    except (OSError, UnicodeDecodeError):
        names = []
    for name in [*names, *(str(row["id"]) for row in rows)]:
        if name and Path(name).name == name and (regress / name).is_dir():
            return regress / name
    raise ValueError(_NONE)


def _past(
    history: History | None, rows: Iterable[Mapping[str, Any]]
) -> tuple[list[dict[str, Any]], dict[str, dict[str, Moment]]]:
    """Return regressions with their counts, newest first, and by regression what each module came to."""
    kinds: defaultdict[tuple[str, str], dict[str, float]] = defaultdict(dict)
    totals: defaultdict[str, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for row in history.coverage() if history else []:
        if row["points"]:
            kinds[row["regression"], row["module"]][row["kind"]] = 100.0 * row["hit"] / row["points"]
            totals[row["regression"]][row["kind"]].update(points=row["points"], hit=row["hit"])
    past: list[dict[str, Any]] = []
    moments: dict[str, dict[str, Moment]] = {}
    for regression in rows:
        name = regression["id"]
        runs, failed = _count(history.runs(name) if history else [])
        total = {kind: 100.0 * both["hit"] / both["points"] for kind, both in totals[name].items()}
        past.append({**regression, "runs": runs.total(), "failed": failed.total(), "kinds": total})
        moments[name] = {
            module: Moment(name, regression["started"], runs[module], failed[module], kinds[name, module])
            for module in runs
        }
    return past, moments


def _count(rows: Iterable[Mapping[str, Any]]) -> tuple[Counter[str], Counter[str]]:
    """Count runs and failures by module; of several runs by one name the last."""
    keys = ("module", "config", "sim", "mode", "seed")
    last = {tuple(row[key] for key in keys): row["verdict"] for row in rows}
    runs = Counter(key[0] for key in last)
    return runs, Counter(key[0] for key, verdict in last.items() if verdict != "pass")


def _ranking(history: History | None) -> frozenset[str]:
    """Return the names of the ranked runs."""
    rows = history.ranking() if history else []
    return frozenset(f"{r['module']}-{r['config']}-{r['sim']}-{r['mode']}-{r['seed']}" for r in rows)
