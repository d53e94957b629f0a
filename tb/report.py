"""What a person reads of runs: the text of a failure, and JUnit XML for the tools that show test results."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from tb import first, savefile

if TYPE_CHECKING:
    from tb.record import Record

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


def waves(record: Record) -> str:
    """Tell where the waves of a run are, and what shows its ports in them; nothing when there are none."""
    if not (record.folder / savefile.GTKWAVE).exists():
        return ""
    names = f"{savefile.GTKWAVE} for GTKWave, {savefile.SURFER} for Surfer"
    return f"waves: {record.folder / savefile.WAVES} (ports of the core: {names}; make wave opens them)"


def junit(records: Iterable[Record], path: Path) -> None:
    """Write the records of a session as JUnit XML, as Jenkins and GitLab read it.

    Args:
        records: Finished runs; one test case each, one suite a module.
        path: The file, replaced as a whole.
    """
    suites: dict[str, list[Record]] = {}
    for record in records:
        suites.setdefault(record.spec.module, []).append(record)
    root = ET.Element("testsuites", _counts("ulpwise", [record for same in suites.values() for record in same]))
    for module, same in suites.items():
        suite = ET.SubElement(root, "testsuite", _counts(module, same))
        for record in same:
            _case(suite, record)
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(path.name + ".part")
    ET.ElementTree(root).write(scratch, encoding="utf-8", xml_declaration=True)
    scratch.replace(path)


def _case(suite: ET.Element, record: Record) -> None:
    """Add one run."""
    spec = record.spec
    name = f"{spec.config}-{spec.sim}-{spec.mode}-{spec.seed}"
    case = ET.SubElement(suite, "testcase", {"classname": spec.module, "name": name, "time": f"{record.seconds:.3f}"})
    if not record.passed:
        text = NOT_XML.sub("?", failure(record))
        ET.SubElement(case, "failure", {"message": NOT_XML.sub("?", record.reasons[0])}).text = text


def _counts(name: str, records: list[Record]) -> dict[str, str]:
    failed = sum(not record.passed for record in records)
    seconds = sum(record.seconds for record in records)
    counts = {"tests": len(records), "failures": failed, "errors": 0, "skipped": 0}
    return {"name": name, **{key: str(count) for key, count in counts.items()}, "time": f"{seconds:.3f}"}
