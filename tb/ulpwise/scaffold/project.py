"""`ulpwise init`: a project of one's own, with an example that passes."""

from __future__ import annotations

import shlex
from pathlib import Path

from ulpwise.scaffold import files, names
from ulpwise.system import install

EXAMPLE = "saturating_add"


def init(folder: Path, family: str) -> list[str]:
    """Write a project.

    Args:
        folder: Where; made if there is none.
        family: Family of the example.

    Returns:
        What was done, a line each.

    Raises:
        ValueError: One of its files exists, or the family has no name that will do; nothing is written.
    """
    names.check_family(family)
    if folder.exists() and not folder.is_dir():
        raise files.ExistsError(f"{folder} is a file: nothing was written")
    values = {"family": family, "module": EXAMPLE, "install": install.command("all", install.ELSEWHERE, "python")}
    places = {
        "Makefile": "Makefile",
        "README.md": "README.md",
        ".gitignore": "gitignore",
        "pyproject.toml": "pyproject.toml",
        ".github/workflows/verify.yml": "verify.yml",
        "tests/conftest.py": "conftest.py",
        f"rtl/{family}/{EXAMPLE}.v": "example.v",
        f"models/{family}/{EXAMPLE}.py": "example_model.py",
        f"tests/{family}/test_{EXAMPLE}.py": "example_bench.py",
    }
    texts = {name: files.render(template, **values) for name, template in places.items()}
    files.write(folder, texts | files.packages(folder, family))
    go = "" if folder.resolve() == Path.cwd() else f"cd {shlex.quote(str(folder))}; "
    return [*(f"wrote {folder / name}" for name in places), f"next: {go}make sim MODULE={EXAMPLE}"]
