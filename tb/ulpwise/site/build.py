"""Writes the report: pages by Jinja from what `load` gathers, in a scratch folder that takes the old one's place."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jinja2
from filelock import FileLock
from markupsafe import Markup, escape

from ulpwise.bench.project import Project
from ulpwise.run import first
from ulpwise.site import _text, functional, plots, source, trend
from ulpwise.site.load import load
from ulpwise.site.model import KINDS, SIMS, Module, Run, Site

HERE = Path(__file__).parent
MARK = ".ulpwise-report"  # tells a report from a folder that must not be replaced
ROWS = 1500  # runs that one page lists
DESCRIBED = 50  # failures that a module's page describes
_BREAK = re.compile(r"(?<=[_.=,/])(?=\w)")


def write(project: Project, out: Path | None = None) -> Path:
    """Write the report of a project's newest regression.

    Args:
        project: The tree.
        out: The report's folder, replaced as a whole; `build/report` unless given.

    Returns:
        Its index.html.

    Raises:
        ValueError: There is no regression, or `out` is a folder with something else in it; the message is one line.
        HistoryError: The history cannot be read.
    """
    out = Path(os.path.abspath(out or project.build / "report"))  # noqa: PTH100 (a link stays a link)
    _check(out)
    site = load(project)
    out.parent.mkdir(parents=True, exist_ok=True)
    scratch = out.with_name(f".{out.name}.{os.getpid()}.part")
    shutil.rmtree(scratch, ignore_errors=True)
    try:
        for name, text in pages(site, out):
            path = scratch / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        shutil.copytree(HERE / "assets", scratch / "assets")
        (scratch / MARK).write_text("written by make report, which replaces this folder\n", encoding="utf-8")
        _swap(scratch, out)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return out / "index.html"


def pages(site: Site, out: Path) -> Iterator[tuple[str, str]]:
    """Render all pages.

    Args:
        site: What they show.
        out: Where they will be, for links to what runs have kept.

    Yields:
        Name below `out`, and text.
    """
    for name in ("index", "regression", "history"):
        values = {"index": _index, "regression": _regression, "history": _history}[name](site)
        yield f"{name}.html", _render(name, site, out, "", **values)
    for module in site.modules:
        yield module.page, _render("module", site, out, "../", here="module", **_module(site, module))


def _check(out: Path) -> None:
    """Refuse to replace a folder that is no report."""
    if out.exists() and not (out / MARK).is_file() and (not out.is_dir() or any(out.iterdir())):
        raise ValueError(f"{out} is no report, so it is not replaced: name a new or an empty folder")


def _swap(scratch: Path, out: Path) -> None:
    """Put the new folder in the place of the old one."""
    old = scratch.with_suffix(".old")
    with FileLock(out.with_name(f".{out.name}.lock")):
        shutil.rmtree(old, ignore_errors=True)
        if out.exists():
            out.rename(old)
        try:
            scratch.rename(out)
        except OSError:
            if old.exists():
                old.rename(out)
            raise
        shutil.rmtree(old, ignore_errors=True)


def _render(name: str, site: Site, out: Path, top: str, **values: Any) -> str:  # noqa: ANN401 (what a template takes)
    template = _environment().get_template(f"{name}.html.j2")
    file = partial(_file, here=out / top.replace("..", "modules").strip("/"))
    return template.render(site=site, top=top, file=file, **({"here": name} | values))


def _file(path: Path, here: Path) -> str:
    """Link to a file outside the report."""
    return quote(os.path.relpath(path, here), safe="/.")


def _index(site: Site) -> dict[str, Any]:
    return {
        "kinds": [kind for kind in KINDS if kind != "expr"],
        "sims": [*SIMS, *sorted({run.sim for run in site.runs} - set(SIMS))],
        "spark": trend.sparkline,
    }


def _regression(site: Site) -> dict[str, Any]:
    seconds = {
        module.name: (sum(run.build_seconds for run in module.runs), sum(run.seconds for run in module.runs))
        for module in site.modules
        if module.runs
    }
    return {
        "plot": plots.durations(seconds),
        "pages": {module.name: module.page for module in site.modules},
        "runs": _first(site.runs),
        "found": {run.name: run for module in site.modules for run in module.failures[:DESCRIBED]},
        "kept": partial(_kept, site),
    }


def _kept(site: Site, name: str) -> Path | None:
    """Find a file that regression.json names, below the regression or below the project."""
    tries = [site.folder / name, site.root / name]
    return next((path for path in tries if path.is_file() and path.resolve().is_relative_to(site.root.resolve())), None)


def _history(site: Site) -> dict[str, Any]:
    families = {module.name: module.family for module in site.modules}
    return {
        "verdicts": plots.verdicts(site.trend) if site.trend else "",
        "coverage": plots.coverage(site.trend),
        "areas": plots.areas(site.areas, families),
        "measured": [module for module in site.modules if module.areas],
        "line": trend.line,
        "spark": trend.sparkline,
        "kinds": KINDS,
    }


def _module(site: Site, module: Module) -> dict[str, Any]:
    text = module.source.read_text(encoding="utf-8", errors="replace") if module.source else ""
    points = (module.coverage.get("code") or {}).get("points") or []
    lines = source.annotate(text, points)
    views = functional.views(module)
    return {
        "module": module,
        "coverage": views,
        "proof": functional.anchor,
        "anchors": {point.anchor for view in views for _, points in view.groups for point in points},
        "described": DESCRIBED,
        "file_name": module.source.relative_to(site.root).as_posix() if module.source else "",
        "lines": lines,
        "measured": bool(points),
        "never": source.holes(lines),
        "noted": [line.number for line in lines if any(note.state == "hole" for note in line.notes)],
        "stale": _stale(site, module),
        "signs": source.SIGNS,
        "runs": _first(module.runs),
        "slowest": max((run.total for run in module.runs), default=0.0),
        "spark": trend.sparkline,
        "line": trend.line,
    }


def _first(runs: tuple[Run, ...]) -> list[Run]:
    """Choose the runs that a page lists: the failures, then the slowest."""
    return sorted(runs, key=lambda run: (run.passed, -run.total, run.name))[:ROWS]


def _stale(site: Site, module: Module) -> bool:
    """Tell whether the source changed after the regression began, so that counts may stand beside other lines."""
    started = _text.moment(site.info.get("started"))
    return bool(started and module.source and module.source.stat().st_mtime > started.timestamp())


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        finalize=_text.clean,
    )
    names = ("percent", "count", "short", "seconds", "when", "setting")
    environment.filters.update({name: getattr(_text, name) for name in names})
    environment.filters["between"] = lambda row: _text.between(row["started"], row["finished"])
    environment.filters["soft"] = _soft
    environment.filters["first_title"] = first.title
    environment.filters["first_lines"] = first.lines
    return environment


def _soft(text: str) -> Markup:
    """Let a long name break behind its underscores."""
    return Markup("<wbr>").join(escape(_text.clean(part)) for part in _BREAK.split(str(text)))
