"""What a person reads of the first wrong transaction: what differs, where and when; the same text in all places."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from tests.tb._project import ECHO, STREAM, fault
from ulpwise.data.formats import Float32, Signed, SignedDigits, Unsigned
from ulpwise.run import first
from ulpwise.run.record import Record, RunSpec
from ulpwise.run.report import failure, junit
from ulpwise.run.shrink import EARLIER
from ulpwise.site.build import _environment


def shown(fmt, expected, actual):
    found = fmt.differences(np.asarray(expected, fmt.dtype), np.asarray(actual, fmt.dtype))
    return found.count, found.elements, list(found.shown)


def test_a_single_number():
    assert shown(Unsigned(8), 64, 65) == (1, 1, [("", "0x40 (64)", "0x41 (65)")])
    assert shown(Unsigned(8), 64, 64) == (0, 1, [])
    assert shown(Float32(), 0.0, -0.0) == (1, 1, [("", "0.0 (0x00000000)", "-0.0 (0x80000000)")])


def test_of_a_vector_the_elements_that_differ():
    expected = np.arange(64)
    actual = expected.copy()
    actual[[9, 63]] = [8, 0]
    assert shown(Unsigned(8, (64,)), expected, actual) == (
        2,
        64,
        [("[9]", "0x09 (9)", "0x08 (8)"), ("[63]", "0x3f (63)", "0x00 (0)")],
    )


def test_of_a_matrix_their_places_and_no_more_than_eight():
    expected = np.zeros((4, 5))
    count, elements, found = shown(Signed(4, (4, 5)), expected, expected - 1)
    assert (count, elements, len(found)) == (20, 20, 8)
    assert found[7] == ("[1][2]", "0x0 (0)", "0xf (-1)")


def test_digits_that_differ_are_marked():
    assert shown(SignedDigits(4), [1, 0, -1, 0], [1, -1, 1, 0]) == (
        1,
        1,
        [("", "1 [0] [-1] 0 = 0x8/0x2 (6/16)", "1 [-1] [1] 0 = 0xa/0x4 (6/16)")],
    )
    count, elements, found = shown(SignedDigits(2, (3,)), [[0, 0], [1, 0], [0, 0]], [[0, 0], [1, 2], [0, 0]])
    assert (count, elements) == (1, 3)
    assert found == [("[1]", "1 [0] = 0x2/0x0 (2/4)", "1 [!] = 0x3/0x1 (! is the illegal code (1,1))")]


FIRST = {
    "sequence": "ramp",
    "row": 3,
    "inputs": {"x": "[0x00 (0), 0x01 (1)] (2 elements)"},
    "expected": {"y": "[0x00 (0), ...] (64 elements)", "z": "1", "v": "2"},
    "actual": {"y": "[0x00 (0), ...] (64 elements)", "z": "1", "v": "nothing"},
    "wrong": {"y": {"elements": 64, "count": 9, "shown": [["[17]", "1 [0] = 0x2/0x0 (2/4)", "1 [1] = 0x3/0x0 (3/4)"]]}},
    "reordered": False,
}
LINES = [
    "input    x = [0x00 (0), 0x01 (1)] (2 elements)",
    "expected y[17] = 1 [0] = 0x2/0x0 (2/4)",
    "actual   y[17] = 1 [1] = 0x3/0x0 (3/4)",
    "9 of 64 elements of y differ; the first 1 are shown",
    "expected z = 1",
    "actual   z = 1",
    "expected v = 2",
    "actual   v = nothing",
]


def record(folder=Path("build/runs/x"), **changed):
    spec = RunSpec("echo", "w8", "icarus", "burst")
    return Record(spec, folder, reasons=("wrong value",), result={"first": FIRST | changed})


def test_the_lines():
    assert [str(line) for line in first.lines(FIRST)] == LINES
    assert [line.field for line in first.lines(FIRST) if line.wrong] == ["y[17]", "v"]


def test_terminal_junit_and_report_say_the_same(tmp_path):
    told = failure(record())
    at = told.index("  first wrong transaction: row 3 of sequence ramp\n")
    assert told[at:].splitlines()[1:9] == [f"    {line}" for line in LINES]
    junit([record()], tmp_path / "junit.xml")
    assert ET.parse(tmp_path / "junit.xml").getroot().findtext(".//failure") == told
    macro = _environment().get_template("_macros.html.j2").module.mismatch(FIRST, "run")
    rows = list(ET.fromstring(re.search("<tbody>.*</tbody>", macro, re.DOTALL)[0]))
    assert len(rows) == len(LINES)
    for row, line in zip(rows, first.lines(FIRST), strict=True):
        text = ["".join(cell.itertext()).removesuffix(" ✗ differs") for cell in row]
        assert text == ([line.role, line.field, line.value] if line.role else [line.value])
        assert (row.get("class") == "wrong") == line.wrong
    assert "row 3 of sequence ramp</caption>" in macro


@pytest.mark.parametrize(
    ("when", "text"),
    [
        ({}, "row 3 of sequence ramp"),
        ({"cycle": 1234, "time": 12345}, "row 3 of sequence ramp, at cycle 1,234 (12,345 ns)"),
        ({"cycle": 1234}, "row 3 of sequence ramp, at cycle 1,234"),
        ({"cycle": None, "time": None}, "row 3 of sequence ramp"),
    ],
)
def test_when_it_came_out(when, text):
    assert first.title(FIRST | when) == text
    assert f"  first wrong transaction: {text}\n" in failure(record(**when))


def test_what_a_failure_depends_on():
    spec = RunSpec("echo", "w8", "icarus", "burst")
    told = failure(Record(spec, Path("x"), reasons=("wrong value",), shrunk=2, depends=EARLIER))
    assert f"\n  {EARLIER}\n  smallest batch that still fails: 2 transactions\n" in told


FLIP = "s_axis_x_tdata ^ (s_axis_x_tdata[7:0] == 11) << 100"
WIDE = fault(ECHO.replace("WIDTH-1", "16*WIDTH-1"), ("s_axis_x_tdata + 1'b1", FLIP))


def test_a_wide_output(lab):
    """The twelfth of sixteen elements differs: it is shown, and those that are right are not."""
    vector = "Unsigned(8, (16,))"
    top = lab.add(
        "wide",
        WIDE,
        INTERFACE=STREAM["INTERFACE"].replace("Unsigned(c.WIDTH)", vector),
        GOLDEN="return {'y': t['x']}",
        COVER="[CoverGroup('io', [Point('x', lambda t: t['x'][:, 0], ranges((0, 15), (16, 255)))])]",
        REST="stimuli=lambda c: {'ramp': directed(x=np.arange(160).reshape(10, 16) % 37)}, watchdog=200,",
    )
    told = failure(lab.run(top))
    assert "    expected y[12] = 0x17 (23)\n    actual   y[12] = 0x07 (7)\n    1 of 16 elements of y differ\n" in told
