"""UCIS XML (interchange format of UCIS 1.0): cover groups, crosses, and code coverage of every core."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import count as counter
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from ulpwise.coverage.lines import view
from ulpwise.run.report import NOT_XML

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ulpwise.closure.measure import ModuleCoverage
    from ulpwise.closure.regression import RunData
    from ulpwise.coverage.codecov import CodePoint
    from ulpwise.coverage.sampler import CoverGroup, Record

_TOGGLE = re.compile(r"(?P<name>.*):(?P<low>[01])->(?P<high>[01])", re.DOTALL)


@dataclass(frozen=True)
class Design:
    """A core, and what the readers of its coverage need besides.

    Attributes:
        coverage: Its coverage.
        groups: The cover groups that its bench declares, by configuration.
    """

    coverage: ModuleCoverage
    groups: Mapping[str, Sequence[CoverGroup]]


def text(designs: Sequence[Design], runs: Iterable[RunData], written: str) -> str:
    """Write the coverage of cores as UCIS XML: an instance a core, a cover-group instance a configuration and group.

    Args:
        designs: The cores, at least one.
        runs: Become history nodes.
        written: When, as `2026-01-31T12:00:00`.

    Returns:
        The XML. What falls into no bin of a point is an ignored bin `other`, so that counts add up to samples. The
        format wants integers for the bounds of bins; a bin that has none gets its place among the point's bins.
    """
    root = ET.Element("UCIS", {"ucisVersion": "1.0", "writtenBy": "ulpwise", "writtenTime": written})
    for number, design in enumerate(designs, start=1):
        _add(root, "sourceFiles", fileName=design.coverage.file, id=number)
    for number, run in enumerate(runs):
        _history(root, number, run, written)
    for number, design in enumerate(designs, start=1):
        _instance(root, number, design)
    ET.indent(root, " ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _history(root: ET.Element, number: int, run: RunData, written: str) -> None:
    tool = {"toolCategory": "UCIS:simulator", "vendorId": "ulpwise", "vendorTool": run.sim, "vendorToolVersion": "-"}
    named = {"historyNodeId": number, "logicalName": run.name, "seed": run.seed, "date": written}
    named["testStatus"] = "true" if run.passed else "false"
    _add(root, "historyNodes", **named, ucisVersion="1.0", **tool)


def _instance(root: ET.Element, number: int, design: Design) -> None:
    measured = design.coverage
    names = {"name": measured.module, "key": number, "instanceId": number, "moduleName": measured.module}
    instance = _add(root, "instanceCoverages", **names)
    _place(instance, "id", number, 1, 1)
    if measured.counts:
        _toggles(instance, number, measured)
        _lines(instance, number, measured)
        _expressions(instance, number, measured)
        _branches(instance, number, measured)
    groups = _add(instance, "covergroupCoverage")
    key = counter(1)
    for config, merged in measured.functional.items():
        declared = {group.name: group for group in design.groups.get(config, ())}
        for name, group in merged.record["groups"].items():
            entry = _add(groups, "cgInstance", name=config, key=next(key))
            _add(entry, "options")
            place = _add(entry, "cgId", cgName=name, moduleName=measured.module)
            _place(place, "cginstSourceId", number, 1, 1)
            _place(place, "cgSourceId", number, 1, 1)
            _group(entry, group["points"], declared.get(name))


def _group(entry: ET.Element, points: Mapping[str, Record], declared: CoverGroup | None) -> None:
    bounds = {point.name: point for point in declared.points} if declared else {}
    crosses = {cross.name: cross.points for cross in declared.crosses} if declared else {}
    for key, (name, point) in enumerate(points.items()):
        if point["kind"] != "cross":
            known = bounds.get(name)
            bins = (
                {item.name: (item.low, item.high) for item in (*known.legal_bins, *known.illegal_bins)} if known else {}
            )
            _point(_add(entry, "coverpoint", name=name, key=key), point, bins)
    for key, (name, cross) in enumerate(points.items()):
        if cross["kind"] == "cross":
            _cross(_add(entry, "cross", name=name, key=key), cross, crosses.get(name, ()), points)


def _point(entry: ET.Element, point: Record, bounds: Mapping[str, tuple[float, float]]) -> None:
    _add(entry, "options", at_least=point["at_least"])
    bins = [(name, count, "bins") for name, count in point["bins"].items()]
    bins += [(name, count, "illegal") for name, count in point["illegal"].items()]
    bins.append(("other", point["other"], "ignore"))
    for place, (name, count, kind) in enumerate(bins):
        ends = bounds.get(name, (place, place))
        low, high = ends if all(float(end).is_integer() for end in ends) else (place, place)
        item = _add(entry, "coverpointBin", name=name, key=place, type=kind)
        if point["kind"] == "transition" and kind != "ignore":
            sequence = _add(item, "sequence")
            _add(sequence, "contents", coverageCount=count)
            for value in (low, high):
                _add(sequence, "seqValue").text = str(int(value))
        else:
            _add(_add(item, "range", **{"from": int(low), "to": int(high)}), "contents", coverageCount=count)


def _cross(entry: ET.Element, cross: Record, parts: Sequence[str], points: Mapping[str, Record]) -> None:
    _add(entry, "options", at_least=cross["at_least"])
    sides = [list(points[part]["bins"]) for part in parts]
    for part in parts:
        _add(entry, "crossExpr").text = _clean(part)
    for place, (name, count) in enumerate(cross["bins"].items()):
        item = _add(entry, "crossBin", name=name, key=place, type="default")
        indices = [side.index(each) for side, each in zip(sides, name.split(","), strict=True)] if sides else [place]
        for index in indices:
            _add(item, "index").text = str(index)
        _add(item, "contents", coverageCount=count)


def _toggles(instance: ET.Element, file: int, measured: ModuleCoverage) -> None:
    section = _add(instance, "toggleCoverage")
    bits: dict[tuple[int, int, str], ET.Element] = {}
    for point, count in measured.counts.items():
        found = _TOGGLE.fullmatch(point.comment)
        if point.kind != "toggle" or found is None:
            continue
        key = (point.line, point.column, found["name"])
        if key not in bits:
            signal = _add(section, "toggleObject", name=found["name"], key=len(bits))
            _place(signal, "id", file, point.line, point.column)
            bits[key] = _add(signal, "toggleBit", name=found["name"], key=0)
        change = _add(bits[key], "toggle", **{"from": found["low"], "to": found["high"]})
        _bin(change, "bin", point, count, measured)


def _lines(instance: ET.Element, file: int, measured: ModuleCoverage) -> None:
    counts = view(measured.counts, {}).lines
    kept = view(measured.counts, measured.excluded).lines
    if not counts:
        return
    section = _add(instance, "blockCoverage")
    for number, count in counts.items():
        statement = _add(section, "statement", alias=f"line {number}")
        _place(statement, "id", file, number, 1)
        content = _add(statement, "bin", **({} if number in kept else {"excluded": "true"}))
        _add(content, "contents", coverageCount=count)


def _expressions(instance: ET.Element, file: int, measured: ModuleCoverage) -> None:
    section = _add(instance, "conditionCoverage")
    for place, points in enumerate(_by_place(measured, "expr")):
        first = points[0]
        source = measured.source[first.line - 1].strip() if first.line <= len(measured.source) else ""
        named = {"name": f"expr {first.line}:{first.column}", "key": place, "exprString": source}
        entry = _add(section, "expr", **named, index=place, width=1)
        _place(entry, "id", file, first.line, first.column)
        for point in points:
            _add(entry, "subExpr").text = _clean(point.comment)
        for point in points:
            _bin(entry, "bin", point, measured.counts[point], measured)


def _branches(instance: ET.Element, file: int, measured: ModuleCoverage) -> None:
    section = _add(instance, "branchCoverage")
    lines: dict[int, list[CodePoint]] = {}
    for points in _by_place(measured, "branch"):
        lines.setdefault(points[0].line, []).extend(points)
    for number, points in lines.items():
        source = measured.source[number - 1].strip() if number <= len(measured.source) else ""
        statement = _add(section, "statement", branchExpr=source, statementType="if")
        _place(statement, "id", file, number, 1)
        for point in points:
            branch = _add(statement, "branch")
            _place(branch, "id", file, point.line, point.column)
            _bin(branch, "branchBin", point, measured.counts[point], measured)


def _by_place(measured: ModuleCoverage, kind: str) -> list[list[CodePoint]]:
    places: dict[tuple[int, int], list[CodePoint]] = {}
    for point in measured.counts:
        if point.kind == kind:
            places.setdefault((point.line, point.column), []).append(point)
    return list(places.values())


def _bin(parent: ET.Element, tag: str, point: CodePoint, count: int, measured: ModuleCoverage) -> None:
    reason = measured.excluded.get(point)
    marks = {} if reason is None else {"excluded": "true", "excludedReason": reason}
    _add(_add(parent, tag, alias=point.comment, **marks), "contents", coverageCount=count)


def _place(parent: ET.Element, tag: str, file: int, line: int, column: int) -> None:
    _add(parent, tag, file=file, line=max(1, line), inlineCount=max(1, column))


def _add(parent: ET.Element, tag: str, /, **attributes: Any) -> ET.Element:  # noqa: ANN401 (numbers and texts)
    return ET.SubElement(parent, tag, {name: _clean(str(value)) for name, value in attributes.items()})


def _clean(text: str) -> str:
    """Replace the characters that XML cannot hold."""
    return NOT_XML.sub("?", text)
