"""Checks the names of new modules and families: of Verilog, of Python, and free."""

from __future__ import annotations

import keyword
import re
import tomllib
from pathlib import Path

from ulpwise.verilog import sources


class NameFaultError(ValueError):
    """A name that a module or family cannot have; the message is one line."""


def check_module(name: str, root: Path, own: Path | None = None) -> None:
    """Refuse a name that a new module cannot have.

    Args:
        name: The name.
        root: Top of the project.
        own: The module's file where it is in the project already.

    Raises:
        NameFaultError: It is no identifier, a keyword, or taken.
    """
    _check("module", name)
    from pyslang import syntax  # noqa: PLC0415 (slow to import)

    if list(syntax.SyntaxTree.fromText(f"module {name}; endmodule\n").diagnostics):
        raise NameFaultError(f"module {name}: that is a keyword of Verilog; choose another name")
    if name == "harness" or name.startswith("tb_"):
        raise NameFaultError(f"module {name}: harness and tb_... are the framework's own; choose another name")
    known = sources.modules(root).get(name)
    if known is not None and known != own:
        raise NameFaultError(f"module {name} is there already: {known.relative_to(root)}")


def check_family(name: str) -> None:
    """Refuse a name that a family, which is a folder and a package of Python, cannot have; NameFaultError."""
    _check("family", name)


def _check(kind: str, name: str) -> None:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,99}", name):
        raise NameFaultError(f"{kind} {name!r}: a name is letters, digits and _, up to 100, and no digit first")
    if keyword.iskeyword(name):
        raise NameFaultError(f"{kind} {name}: that is a keyword of Python; choose another name")


def family(root: Path) -> str:
    """Return the project's only family.

    Raises:
        NameFaultError: It has none, or several.
    """
    found = sorted(path.name for path in (root / "rtl").iterdir() if path.is_dir())
    if len(found) == 1:
        return found[0]
    raise NameFaultError(f"name a family (--family): there are {', '.join(found) or 'none yet, any name will do'}")


def licence(root: Path) -> str:
    """Return the licence that the project names in its pyproject.toml, or nothing."""
    path = root / "pyproject.toml"
    given = tomllib.loads(path.read_text(encoding="utf-8")).get("project", {}).get("license") if path.is_file() else ""
    return given if isinstance(given, str) else ""
