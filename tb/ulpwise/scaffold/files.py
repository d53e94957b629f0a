"""Renders files from templates, and writes all of them or none."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import jinja2

TEMPLATES = Path(__file__).parent / "templates"


class ExistsError(ValueError):
    """A file that would be written is there already; the message is one line that names it."""


def render(name: str, **values: object) -> str:
    """Return a template with its values filled in."""
    return _environment().get_template(name + ".j2").render(values)


def packages(root: Path, family: str) -> dict[str, str]:
    """Return what makes the golden models packages, where that is missing.

    Without it Python would take a package `models` that lies anywhere else on its path.
    """
    texts = {"models/__init__.py": '"""Golden models."""\n'}
    texts[f"models/{family}/__init__.py"] = f'"""Golden models of {family}."""\n'
    return {name: text for name, text in texts.items() if not (root / name).is_file()}


def write(root: Path, texts: Mapping[str, str | bytes]) -> None:
    """Write files, all or none.

    Args:
        root: The folder that their names start from.
        texts: Their contents by name.

    Raises:
        ExistsError: One of them exists, or what should be a folder is none; nothing is written.
        OSError: One cannot be written; what had been written is gone again.
    """
    taken = [name for name in texts if os.path.lexists(root / name)]
    if taken:
        more = f" (and {len(taken) - 1} more)" if len(taken) > 1 else ""
        raise ExistsError(f"{root / taken[0]} exists already{more}: nothing was written")
    folders = dict.fromkeys(folder for name in texts for folder in reversed((root / name).parents))
    for folder in folders:
        if os.path.lexists(folder) and not folder.is_dir():
            raise ExistsError(f"{folder} exists and is no folder: nothing was written")
    made: list[Path] = []
    try:
        for name, text in texts.items():
            path = root / name
            made += [folder for folder in reversed(path.parents) if not os.path.lexists(folder)]
            path.parent.mkdir(parents=True, exist_ok=True)
            made.append(path)
            with path.open("xb") as file:
                file.write(text if isinstance(text, bytes) else text.encode())
    except BaseException:
        for path in reversed(made):
            if path.is_dir():
                path.rmdir()
            else:
                path.unlink(missing_ok=True)
        raise


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
        autoescape=False,
    )
