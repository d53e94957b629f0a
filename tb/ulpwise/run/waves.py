"""Finds the newest waves, and opens them where there is a viewer and a display."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from rich.console import Console

from ulpwise.bench.project import Project
from ulpwise.bench.select import modules, named
from ulpwise.run import savefile

VIEWERS = ("surfer", "gtkwave")


class WavesError(ValueError):
    """There are no waves; the message is one line that says how to get some."""


def newest(project: Project, module: str | None = None, family: str | None = None) -> Path:
    """Return the newest FST file of a failure or of a run with WAVES=1.

    Args:
        project: Whose runs.
        module: Only waves of these cores, names and patterns with commas between.
        family: Only waves of the cores of these families, likewise.

    Raises:
        WavesError: There are none.
        UnknownNameError: There is no such core.
    """
    chosen = named(module=module, family=family)
    prefixes = [f"{name}-*" for name in modules(project, module, family)] if chosen else ["*"]
    places = [f"{above}/{prefix}/waves.fst" for prefix in prefixes for above in ("runs", "regress/*/runs")]
    found = [path for place in places for path in project.build.glob(place)]
    if not found:
        of = f" of {chosen}" if chosen else ""
        raise WavesError(f"no waves{of}: run make sim MODULE=... WAVES=1; a regression keeps those of its failures")
    return max(found, key=lambda path: path.stat().st_mtime)


def arguments(viewer: str, path: Path) -> list[str]:
    """Return what a viewer is told: the waves, and which of them to show where a save file says so.

    Args:
        viewer: One of `VIEWERS`, with or without its path.
        path: The FST file.
    """
    if Path(viewer).name == "gtkwave":
        saved = path.with_name(savefile.GTKWAVE)
        return [str(path), *[str(saved)] * saved.exists()]
    saved = path.with_name(savefile.SURFER)
    return [*["--command-file", str(saved)] * saved.exists(), str(path)]


def show(project: Project, module: str | None = None, family: str | None = None) -> int:
    """Open the newest waves, or name the file where there is no viewer; return 0.

    Raises:
        WavesError, UnknownNameError: As for `newest`.
    """
    path = newest(project, module, family)
    viewer = next(filter(None, map(shutil.which, VIEWERS)), None)
    has_display = sys.platform == "darwin" or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
    if viewer is not None and has_display:
        nothing = subprocess.DEVNULL  # else a pipe that we write into stays open as long as the viewer
        subprocess.Popen(
            [viewer, *arguments(viewer, path)], stdin=nothing, stdout=nothing, stderr=nothing, start_new_session=True
        )
    Console().print(os.path.relpath(path, Path.cwd()), markup=False, highlight=False, soft_wrap=True)
    return 0
