"""Runs and judges the cocotb tests that stand beside a bench, against the core alone."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Mapping
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from ulpwise.run import verdict
from ulpwise.run.verdict import Evidence
from ulpwise.system import atomic
from ulpwise.system.fault import LONGEST

if TYPE_CHECKING:
    from ulpwise.run.record import RunSpec

FAULT = "fault.txt"  # as ulpwise.uvm.by_hand has it
XML = "cocotb.xml"
ENDED = "SimFailure"  # what cocotb raises in a test under which the simulation ended
NOTHING_LEFT = "the core called $finish or $stop, or nothing was left to happen (does its clock run?)"
_FRAME = re.compile(r'^\s*File "([^"]+)", line (\d+)', re.MULTILINE)


def environment(spec: RunSpec) -> dict[str, str]:
    """Tell cocotb which tests to run, on what, with which seed; what they log is kept."""
    return {
        "COCOTB_TEST_MODULES": "ulpwise.uvm.by_hand",
        "COCOTB_TOPLEVEL": spec.module,
        "COCOTB_RANDOM_SEED": str(spec.seed),
        "COCOTB_LOG_LEVEL": "INFO",
        "COCOTB_RESULTS_FILE": XML,
        "COCOTB_REWRITE_ASSERTION_FILES": "cocotb_*.py",  # so that a failed assert says what it compared
    }


def result(folder: Path, root: Path) -> dict[str, Any] | None:
    """Read what cocotb wrote of its tests, and leave it as `result.json`, as every run does.

    Args:
        folder: Folder of the run.
        root: Top of the project, to which places are relative.

    Returns:
        The contents of that file: `tests`, of which each has a name, `file` and `line`, a `verdict` (pass, fail or
        skip), and of a failure the `reason` with its place, and whether the simulation `ended` under it; `fault`, what
        is wrong with their file. None when the simulation left nothing, or nothing whole.
    """
    tests: list[dict[str, Any]] = []
    fault = _read(folder / FAULT).strip()
    if not fault:
        try:
            tests = [_test(case, root) for case in ET.parse(folder / XML).getroot().iter("testcase")]
        except (OSError, ET.ParseError, LookupError, ValueError):
            return None
    counts = Counter(test["verdict"] for test in tests)
    words = (("pass", "passed"), ("fail", "failed"), ("skip", "skipped"))
    figures = {"tests": ", ".join(f"{counts[key]} {word}" for key, word in words if counts[key])}
    found = {
        "checked": counts["pass"] + counts["fail"],
        "sent": len(tests),
        "cycles": 0,
        "digest": "",
        "coverage": {},
        "figures": figures if tests else {},
        "first": None,
        "fault": fault,
        "tests": tests,
    }
    atomic.write_text(folder / "result.json", json.dumps(found, indent=1))
    return found


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""


def _test(case: ET.Element, root: Path) -> dict[str, Any]:
    """Read one test of cocotb's report."""
    more = {each.attrib["name"]: each.attrib["value"] for each in case.iter("property")}
    failure = case.find("failure")
    failure = case.find("error") if failure is None else failure
    skipped = case.find("skipped") is not None
    file, line = _near(more.get("file", "") or "?", root), int(more.get("line", "1"))
    return {
        "name": case.attrib["name"],
        "file": file,
        "line": line,
        "verdict": "skip" if skipped else "pass" if failure is None else "fail",
        "ended": failure is not None and failure.attrib.get("type") == ENDED,
        "reason": "" if failure is None else _reason(failure, f"{file}:{line}", root),
        "nanoseconds": float(more.get("sim_time_duration", "0")),
    }


def _reason(failure: ET.Element, place: str, root: Path) -> str:
    """Say what was raised, and where: the innermost line in the user's own files, else where the test begins."""
    lines = [line for line in map(str.strip, failure.attrib.get("message", "").splitlines()) if line]
    said = takewhile(lambda line: not line.startswith("+ "), lines)  # how pytest came to the values, in many words
    text, kind = "; ".join(said)[:LONGEST], failure.attrib.get("type", "")
    frames = [(Path(name), line) for name, line in _FRAME.findall(failure.text or "")]
    own = [f"{_near(name, root)}:{line}" for name, line in frames if _is_users(name, root)]
    return f"{': '.join(filter(None, [kind, text]))} ({own[-1] if own else place})"


def _is_users(path: Path, root: Path) -> bool:
    return any((root / part) in path.parents for part in ("tests", "models"))


def _near(path: str | Path, root: Path) -> str:
    return os.path.relpath(path, root) if Path(path).is_relative_to(root) else str(path)


def ended(evidence: Evidence) -> str | None:
    """The simulation was over before the tests were."""
    cut = [each["name"] for each in _failed(evidence) if each["ended"]]
    if not cut or verdict.hdl_error(evidence) is not None:  # which is why
        return None
    place = verdict.FINISH.search(evidence.log)
    why = f"the core called $finish or $stop at {place[1]}" if place else NOTHING_LEFT
    return f"the simulation ended in cocotb test {cut[0]}: {why}"


def nothing_ran(evidence: Evidence) -> str | None:
    """Every test was skipped."""
    if evidence.result is None or evidence.count("checked"):
        return None
    return f"no cocotb test ran: all {evidence.count('sent')} are skipped"


def _failed(evidence: Evidence) -> list[Mapping[str, Any]]:
    return [each for each in (evidence.result or {}).get("tests", ()) if each["verdict"] == "fail"]


RULES = (verdict.time_out, verdict.died, verdict.hdl_error, verdict.no_results, ended, nothing_ran)


def judge(evidence: Evidence) -> list[str]:
    """Apply the rules; a file that is broken is reason enough."""
    if evidence.result is not None and evidence.result["fault"]:
        return [evidence.result["fault"]]
    reasons = [reason for rule in RULES if (reason := rule(evidence)) is not None]
    failed = [each for each in _failed(evidence) if not each["ended"]]
    return [*reasons, *(f"cocotb test {each['name']} failed: {each['reason']}" for each in failed)]
