"""What a person reads of runs: the text of a failure, and JUnit XML for the tools that show test results."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from ulpwise.run import first, savefile
from ulpwise.run.record import Record, RunSpec
from ulpwise.system import atomic

NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def failure(record: Record) -> str:
    """Describe a failed run: why, the first wrong transaction in the formats of its numbers, and how to repeat it.

    Args:
        record: A record with reasons.

    Returns:
        Several lines of plain text.
    """
    spec = record.spec
    lines = [f"FAIL {spec.module} {spec.config}, {spec.sim}, {spec.mode}, seed {spec.seed}"]
    lines += [f"  {reason}" for reason in record.reasons]
    wrong = record.result.get("first")
    if wrong:
        lines.append(f"  first wrong transaction: {first.title(wrong)}")
        lines += [f"    {line}" for line in first.lines(wrong)]
    if record.depends:
        lines.append(f"  {record.depends}")
    if record.shrunk is not None:
        lines.append(f"  smallest batch that still fails: {record.shrunk} transactions")
    if record.replay:
        lines.append(f"  replay: {record.replay}")
    if text := waves(record):
        lines.append(f"  {text}")
    lines.append(f"  kept in {record.folder}")
    return "\n".join(lines)


def assertions(record: Record) -> list[str]:
    """Tell how many assertions of a core a run exercised, where it counted that, and which never were."""
    known = record.assertions or []
    counted = [each for each in known if each["count"] is not None]
    if not known:
        return []
    hit = sum(each["count"] > 0 for each in counted)
    more = f", {len(known) - len(counted)} not counted" * (len(counted) < len(known))
    lines = [f"assertions: {hit} of {len(counted)} exercised{more}"]
    return lines + [f"never exercised: {assertion(each)}" for each in counted if not each["count"]]


def assertion(each: Mapping[str, Any]) -> str:
    """Name an assertion: where it stands, and what it is called."""
    return " ".join(filter(None, [f"{each['file']}:{each['line']}:", each["kind"], each["name"]]))


def waves(record: Record) -> str:
    """Tell where the waves of a run are, and what shows its ports in them; nothing when there are none."""
    if not (record.folder / savefile.GTKWAVE).exists():
        return ""
    names = f"{savefile.GTKWAVE} for GTKWave, {savefile.SURFER} for Surfer"
    return f"waves: {record.folder / savefile.WAVES} (ports of the core: {names}; make wave opens them)"


def junit(records: Iterable[Record], path: Path, not_run: Iterable[RunSpec] = ()) -> None:
    """Write the records of a session as JUnit XML, as Jenkins and GitLab read it.

    Args:
        records: Finished runs; one test case each, one suite a module.
        path: The file, replaced as a whole.
        not_run: What was planned and did not come to its turn, or not to its end; cases that were skipped.
    """
    suites: dict[str, list[Record | RunSpec]] = {}
    cases: list[Record | RunSpec] = [*records, *not_run]
    for each in cases:
        suites.setdefault(_spec(each).module, []).append(each)
    root = ET.Element("testsuites", _counts("ulpwise", cases))
    for module, same in suites.items():
        suite = ET.SubElement(root, "testsuite", _counts(module, same))
        for each in same:
            _case(suite, each)
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic.write_bytes(path, ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _spec(each: Record | RunSpec) -> RunSpec:
    return each if isinstance(each, RunSpec) else each.spec


def _case(suite: ET.Element, each: Record | RunSpec) -> None:
    """Add one run."""
    spec, record = _spec(each), None if isinstance(each, RunSpec) else each
    name = f"{spec.config}-{spec.sim}-{spec.mode}-{spec.seed}"
    seconds = record.seconds if record else 0.0
    case = ET.SubElement(suite, "testcase", {"classname": spec.module, "name": name, "time": f"{seconds:.3f}"})
    if record is None:
        ET.SubElement(case, "skipped", {"message": "not run"})
    elif not record.passed:
        text = NOT_XML.sub("?", failure(record))
        ET.SubElement(case, "failure", {"message": NOT_XML.sub("?", record.reasons[0])}).text = text


def _counts(name: str, cases: list[Record | RunSpec]) -> dict[str, str]:
    records = [each for each in cases if isinstance(each, Record)]
    failed = sum(not record.passed for record in records)
    seconds = sum(record.seconds for record in records)
    counts = {"tests": len(cases), "failures": failed, "errors": 0, "skipped": len(cases) - len(records)}
    return {"name": name, **{key: str(count) for key, count in counts.items()}, "time": f"{seconds:.3f}"}
