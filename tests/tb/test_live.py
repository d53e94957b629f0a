"""What a terminal shows while runs go on: at any width, in any encoding, with or without colours."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from rich.console import Console
from rich.text import Text

from ulpwise.regress.display import Display as Regression
from ulpwise.run.columns import Column, cut, table
from ulpwise.run.live import Display
from ulpwise.run.progress import Tally, meter
from ulpwise.run.record import Record, RunSpec

MODULES = ("online_mul_const_of_a_very_long_name_first", "online_mul_const_of_a_very_long_name_other", "add")
SPECS = [
    RunSpec(module, config, sim, mode)
    for module in MODULES
    for config in ("n8_wb16_delta1_save_full", "n4")
    for sim, mode in (("verilator", "burst"), ("icarus", "beat"))
]
WIDTHS = (40, 60, 80, 200)


def record(spec, *reasons) -> Record:
    result = {"checked": 1_234_567, "cycles": 123_456_789, "summary": {"percent": 100.0}}
    return Record(spec, Path("runs"), reasons, result, 1234.5, 0.0)


def terminal(width, encoding="utf-8", height=40, **rest) -> Console:
    file = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="strict", write_through=True)
    return Console(file=file, force_terminal=True, width=width, height=height, _environ={"TERM": "xterm", **rest})


def written(console) -> str:
    return console.file.buffer.getvalue().decode(console.file.encoding)


def plain(console) -> list[str]:
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", written(console)).replace("\r", "\n").split("\n")


def simulated(console):
    with Display(console, SPECS, {}, 2) as display:
        for number, spec in enumerate(SPECS):
            display.started(spec)
            display.finished(record(spec, *["wrong"] * (number == 3)))
    return display


def regressed(console):
    display = Regression(console, SPECS, [], {}, 2)
    records = [record(spec, *["wrong"] * (number == 3)) for number, spec in enumerate(SPECS)]
    with display:
        for each in records:
            display.finished(each.spec, each)
    state = {"buckets": [], "notes": [], "targets": [], "plan": SPECS, "id": "r1"}
    display.close(state, records)
    return display


@pytest.mark.parametrize("width", WIDTHS)
def test_verdict_and_time_of_a_run_are_never_cut(width):
    console = terminal(width)
    simulated(console)
    lines = plain(console)
    start = max(number for number, line in enumerate(lines) if line.startswith("module"))  # as it stays
    rows = lines[start + 1 : start + 1 + len(SPECS)]
    assert [bool(re.search(r" (pass|FAIL) .*\b1234\.5$", row)) for row in rows] == [True] * len(SPECS), rows
    assert max(map(len, rows)) <= width
    assert rows[0] != rows[4]  # the ends of names tell them apart
    assert ("cycles" in lines[start]) == (width in {80, 200})


@pytest.mark.parametrize("width", WIDTHS)
def test_counts_and_time_of_a_module_are_never_cut(width):
    console = terminal(width)
    regressed(console)
    rows = [line for line in plain(console) if line.endswith("4938.0") and not line.startswith("FAIL")]
    assert len(rows) == len(MODULES)
    assert max(map(len, rows)) <= width
    assert all(re.search(r" 4 +0 ", row) or re.search(r" 3 +1 ", row) for row in rows)


@pytest.mark.parametrize("show", [simulated, regressed])
@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_any_encoding_will_do(show, encoding):
    """The stream is strict: a letter too many would raise."""
    console = terminal(60, encoding)
    show(console)
    assert ("…" in written(console)) == (encoding == "utf-8")


@pytest.mark.parametrize("show", [simulated, regressed])
def test_no_color(show):
    for colours, environment in ((True, {}), (False, {"NO_COLOR": "1"})):
        console = terminal(80, **environment)
        show(console)
        assert bool(re.search(r"\x1b\[(?:\d+;)*3\d", written(console))) == colours


@pytest.mark.parametrize("show", [simulated, regressed])
def test_a_pipe_gets_all_of_it(show):
    console = Console(file=io.StringIO(), width=40, _environ={})
    show(console)
    text = console.file.getvalue()
    assert "\x1b" not in text
    assert all(module in text for module in MODULES)


def test_more_runs_than_lines():
    """The newest runs and the counts stay in view."""
    console = terminal(80, height=6)
    display = Display(console, SPECS, {}, 2)
    for spec in SPECS[:7]:
        display.finished(record(spec))
    with console.capture() as caught:
        console.print(display._render())
    lines = re.sub(r"\x1b\[[0-9;]*m", "", caught.get()).rstrip("\n").split("\n")
    assert len(lines) == 5
    assert f"7 of {len(SPECS)}, about " in lines[-1]


class Clock:
    """Time that a test sets."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def tally(known, jobs, clock):
    return Tally(SPECS[:4], {(s.module, s.config, s.sim, s.mode): t for s, t in known.items()}, jobs, clock=clock)


def took(spec, seconds, *reasons) -> Record:
    return Record(spec, Path("runs"), reasons, {}, seconds)


def test_the_estimate():
    """From how long runs took before; where nothing is known from those that have finished."""
    clock = Clock()
    known = dict(zip(SPECS, (100.0, 20.0, 20.0, 60.0), strict=False))
    ours = tally(known, 2, clock)
    assert ours.left() == 100  # two at a time, but one of them alone takes that long
    assert ours.text(80) == "0 of 4, about 2 min left"
    ours.started(SPECS[0])
    clock.now = 90
    assert ours.left() == 60
    ours.finished(SPECS[0], took(SPECS[0], 90, "wrong"))
    assert ours.text(80) == "1 of 4, 1 failed, about 1 min left"
    for spec in SPECS[1:4]:
        ours.finished(spec, took(spec, 1))
    assert ours.left() == 0
    unknown = tally({}, 2, clock)
    assert unknown.left() is None
    clock.now += 5
    assert unknown.text(80) == "0 of 4, 5 s so far"
    unknown.finished(SPECS[0], took(SPECS[0], 30))
    assert unknown.left() == 45
    cluster = tally(known, None, clock)
    assert cluster.left() is None
    clock.now += 50
    cluster.finished(SPECS[0], took(SPECS[0], 50))
    assert cluster.left() == 50  # as fast as so far: a hundred in fifty
    assert ours.text(80) == "4 of 4, 1 failed, 2 min so far"


@pytest.mark.parametrize(
    ("width", "said"),
    [
        (80, "1234 of 5678, 99 failed, about 1 h 23 min left"),
        (44, "1234/5678, 99 failed, about 1 h 23 min left"),
        (40, "1234/5678, 99 failed, 1 h 23 min left"),
        (20, "1234/5678, 99 failed"),
    ],
)
def test_the_line_of_a_narrow_terminal(width, said, monkeypatch):
    ours = Tally(SPECS[:1], {}, 1, 1234, 99)
    ours.total = 5678
    monkeypatch.setattr(ours, "left", lambda: 83 * 60.0)
    assert ours.text(width) == said


@pytest.mark.parametrize("width", [20, 40, 60, 80, 200])
def test_the_meter_takes_one_line(width):
    ours = Tally(SPECS, {}, 2, 3, 1)
    for spec in SPECS[:3]:
        ours.started(spec)
    console = terminal(width)
    with console.capture() as caught:
        console.print(meter(ours, console))
    assert caught.get().count("\n") == 1
    assert ("add-n4" in caught.get() or "online" in caught.get()) == (width >= 60)


def test_names_are_cut_in_the_middle():
    assert cut("online_mul_const", 9, "…") == "onli…onst"
    assert cut("short", 5, "…") == "short"
    assert cut("short", 4, "~") == "sh~t"
    assert cut("幅幅幅幅", 5, "…") == "幅…幅"


def test_what_must_not_be_cut_is_not():
    console = terminal(5)
    lines = table(console, [Column("a"), Column("b", spare=True)], [[Text("123456789"), Text("1")]])
    assert [line.plain for line in lines] == ["        a", "123456789"]


def test_no_name_is_shorter_than_it_must_be():
    """What a column that was left out took is given back."""
    columns = [Column("name", least=4, right=False), Column("count", spare=True), Column("s")]
    (_, row) = table(terminal(12), columns, [[Text("a_long_name"), Text("12345"), Text("3")]])
    assert row.plain == "a_…e 12345 3"
    (_, row) = table(terminal(10), columns, [[Text("a_long_name"), Text("12345"), Text("3")]])
    assert row.plain == "a_lo…ame 3"
