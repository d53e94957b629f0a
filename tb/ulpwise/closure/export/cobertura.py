"""Cobertura XML: lines and branches of every source file, for continuous-integration servers."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from ulpwise.run.report import NOT_XML

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ulpwise.coverage.lines import Branch, View

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE coverage SYSTEM "http://cobertura.sourceforge.net/xml/coverage-04.dtd">\n'


def text(files: Mapping[str, View], timestamp: int) -> str:
    """Write views of source files as Cobertura XML: a package a folder, a class a file.

    Args:
        files: By name, relative to the project.
        timestamp: When the coverage was measured, in milliseconds since 1970.
    """
    root = ET.Element("coverage", {**_rates(files.values(), totals=True), "version": "1", "timestamp": str(timestamp)})
    ET.SubElement(ET.SubElement(root, "sources"), "source").text = "."
    packages = ET.SubElement(root, "packages")
    folders: dict[str, dict[str, View]] = {}
    for name, view in files.items():
        folders.setdefault(name.rpartition("/")[0], {})[name] = view
    for folder, members in folders.items():
        package = ET.SubElement(packages, "package", {"name": _clean(folder), **_rates(members.values())})
        classes = ET.SubElement(package, "classes")
        for name, view in members.items():
            _file(classes, name, view)
    ET.indent(root, " ")
    return _HEAD + ET.tostring(root, encoding="unicode") + "\n"


def _file(classes: ET.Element, name: str, view: View) -> None:
    named = {"name": _clean(name.rpartition("/")[2]), "filename": _clean(name)}
    entry = ET.SubElement(classes, "class", {**named, **_rates([view])})
    ET.SubElement(entry, "methods")
    lines = ET.SubElement(entry, "lines")
    for number, count in view.lines.items():
        branches = view.branches.get(number, [])
        line = ET.SubElement(lines, "line", {"number": str(number), "hits": str(count), **_branch(branches)})
        if branches:
            conditions = ET.SubElement(line, "conditions")
            share = _percent(branches)
            ET.SubElement(conditions, "condition", {"number": "0", "type": "jump", "coverage": f"{share}%"})


def _branch(branches: list[Branch]) -> dict[str, str]:
    if not branches:
        return {"branch": "false"}
    taken = sum(branch.count > 0 for branch in branches)
    return {"branch": "true", "condition-coverage": f"{_percent(branches)}% ({taken}/{len(branches)})"}


def _percent(branches: list[Branch]) -> int:
    return 100 * sum(branch.count > 0 for branch in branches) // len(branches)


def _rates(views: Iterable[View], *, totals: bool = False) -> dict[str, str]:
    """Shares of lines and branches, and their numbers for the root."""
    known = list(views)
    counts = [count for view in known for count in view.lines.values()]
    taken = [branch.count for view in known for branches in view.branches.values() for branch in branches]
    pairs = {"lines": counts, "branches": taken}
    rates = {
        {"lines": "line-rate", "branches": "branch-rate"}[name]: f"{sum(map(bool, c)) / len(c) if c else 1:.6g}"
        for name, c in pairs.items()
    }
    numbers = {
        f"{name}-{what}": str(number)
        for name, c in pairs.items()
        for what, number in (("covered", sum(map(bool, c))), ("valid", len(c)))
    }
    return {**rates, **(numbers if totals else {}), "complexity": "0"}


def _clean(text: str) -> str:
    """Replace the characters that XML cannot hold."""
    return NOT_XML.sub("?", text)
