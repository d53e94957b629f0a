# SPDX-License-Identifier: Apache-2.0
"""Reads FuseSoC's core descriptions, CAPI2: the file sets of the default target."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ulpwise.verilog.collected import Collected
from ulpwise.verilog.parse import SourceError, relative


def read(paths: Sequence[Path], root: Path, into: Collected) -> None:
    """Read descriptions, each behind those that it depends on.

    Args:
        paths: The `.core` files that are named.
        root: Top of the project.
        into: Gets what they name.

    Raises:
        SourceError: One is malformed, or depends on one that is not named.
    """
    texts = {path: _load(path, root) for path in paths}
    known = {_name(str(text.get("name", ""))): path for path, text in texts.items()}
    opened: set[Path] = set()

    def visit(path: Path) -> None:
        if path in opened:
            return
        opened.add(path)
        into.lists.append(path)
        sets = list(_sets(texts[path], relative(path, root)))
        for part in sets:
            for wanted in part.get("depend") or []:
                if _name(str(wanted)) not in known:
                    place = relative(path, root)
                    raise SourceError(f"{place}: depends on {wanted}: name its .core file in sources, too")
                visit(known[_name(str(wanted))])
        for part in sets:
            for each in part.get("files") or []:
                _file(each, str(part.get("file_type", "")), path, root, into)

    for path in paths:
        visit(path)


def _load(path: Path, root: Path) -> dict[str, Any]:
    place = relative(path, root)
    try:
        import yaml  # type: ignore[import-untyped]  # noqa: PLC0415 (few need it)
    except ImportError:
        raise SourceError(f"{place}: .core files need PyYAML: pip install pyyaml") from None
    text = path.read_text("utf-8", errors="replace")
    if not text.startswith("CAPI=2:"):
        raise SourceError(f"{place}:1: is no CAPI=2 description, which begins with CAPI=2:")
    try:
        found = yaml.safe_load(text.removeprefix("CAPI=2:"))
    except yaml.YAMLError as fault:
        mark = getattr(fault, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise SourceError(f"{place}:{line}: is no YAML: {getattr(fault, 'problem', fault)}") from None
    if not isinstance(found, dict):
        raise SourceError(f"{place}: holds no description: it has no filesets")
    return found


def _name(text: str) -> str:
    """Cut a name to vendor, library and name, without a version and what is asked of it."""
    return ":".join(re.sub(r"^[<>=~^ ]+", "", text).split(":")[:3])


def _sets(text: dict[str, Any], place: str) -> Iterator[dict[str, Any]]:
    filesets = text.get("filesets") or {}
    target = (text.get("targets") or {}).get("default")
    if target is None:
        raise SourceError(f"{place}: has no target default, whose filesets are read: add it")
    for name in target.get("filesets") or []:
        if name not in filesets:
            raise SourceError(f"{place}: target default names fileset {name!r}, which is none: correct it")
        yield filesets[name] or {}


def _file(each: str | dict[str, Any], kind: str, core: Path, root: Path, into: Collected) -> None:
    (name, more), *_ = each.items() if isinstance(each, dict) else [(each, {})]
    more = more or {}
    path, place = Path(os.path.normpath(core.parent / name)), relative(core, root)
    kind = str(more.get("file_type", kind))
    if more.get("is_include_file"):
        into.present(path, place)
        folder = core.parent / more["include_path"] if "include_path" in more else path.parent
        into.folder(Path(os.path.normpath(folder)), place)
    elif kind.startswith(("verilogSource", "systemVerilogSource")) or (not kind and path.suffix in {".v", ".sv"}):
        into.file(path, place)
