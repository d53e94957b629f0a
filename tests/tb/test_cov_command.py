"""The commands on real regressions: simulated, merged, judged, exported and ranked."""

from __future__ import annotations

import json

import pytest

from tests.tb._project import ECHO, STREAM, Lab, fault
from tests.tb._regression import add, lay_out, row
from tests.tb.conftest import share_runtime
from tests.tb.test_cov_export import read_back, readers, summarised
from tests.tb.test_json import checked
from ulpwise.bench.project import UnknownNameError
from ulpwise.closure import command
from ulpwise.closure.regression import RegressionError
from ulpwise.history.database import History

assert readers  # a fixture

CONFIGS = "{'w4': {'WIDTH': 4}, 'w8': {'WIDTH': 8}}"
COVER = "[CoverGroup('io', [Point('x', lambda t: t['x'], ranges((0, 7), (8, 15)))])]"
RAMP = "stimuli=lambda c: {'ramp': directed(x=np.arange(14))}, volume=lambda c: 100, watchdog=200,"
# a branch that the core's own stimuli do not reach
HOLE = fault(
    ECHO,
    ("    if (rst)", "    if (s_axis_x_tready && s_axis_x_tdata == 14)\n        m_axis_y_tdata <= 15;\n    if (rst)"),
)
# a core that holds another
WRAP = (
    ECHO[: ECHO.index("// declarations")].replace("output reg ", "output wire")
    + """
echo #(.WIDTH(WIDTH)) inner (
    .clk(clk), .rst(rst), .s_axis_x_tdata(s_axis_x_tdata), .s_axis_x_tvalid(s_axis_x_tvalid),
    .s_axis_x_tlast(s_axis_x_tlast), .s_axis_x_tready(s_axis_x_tready), .m_axis_y_tdata(m_axis_y_tdata),
    .m_axis_y_tvalid(m_axis_y_tvalid), .m_axis_y_tlast(m_axis_y_tlast), .m_axis_y_tready(m_axis_y_tready)
);

endmodule
"""
)


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    """A project with three real runs, two of them with code coverage, and one under Icarus."""
    root = tmp_path_factory.mktemp("cov")
    (root / "rtl").mkdir()
    share_runtime(root)
    lab = Lab(root)
    lab.add("echo", HOLE, STREAM | {"CONFIGS": CONFIGS, "COVER": COVER, "REST": RAMP})
    lab.add("wrap", WRAP, STREAM | {"COVER": COVER, "REST": "stimuli=lambda c: {'all': exhaustive}, watchdog=200,"})
    records = [
        lab.run("echo", "w4", "verilator", coverage=True),
        lab.run("echo", "w8", "icarus"),
        lab.run("wrap", "w8", "verilator", coverage=True),
    ]
    assert [record.reasons for record in records] == [()] * 3
    return lab, records


def regression(simulated, name="r1", which=(0, 1, 2), keep=False):
    """Lay out a regression of some of the runs; with `keep` the history holds those before it."""
    lab, records = simulated
    for path in () if keep else (lab.root / "build").glob("history.sqlite*"):
        path.unlink()
    folder = lay_out(lab.root / "build", name, [records[place] for place in which])
    history = History(lab.root / "build" / "history.sqlite")
    history.begin(row(name))
    return lab, folder, history


def test_code_of_every_build_and_parent_is_merged(simulated):
    lab, folder, _ = regression(simulated)
    totals = command.collect(lab.project, folder)
    alone = command.collect(lab.project, regression(simulated, "alone", (0, 1))[1])
    both, own = (each.modules["echo"].counts for each in (totals, alone))
    bits = {point.comment for point in both if point.comment.startswith("m_axis_y_tdata[7]")}
    assert bits == {"m_axis_y_tdata[7]:0->1", "m_axis_y_tdata[7]:1->0"}
    assert not any("tdata[4]" in point.comment for point in own)
    (line,) = [point for point in both if point.kind == "line"]
    assert both[line] > own[line] > 0
    assert totals.modules["echo"].kinds["line"].hit == totals.modules["echo"].kinds["line"].points == 8
    assert alone.modules["echo"].kinds["line"].hit == 7
    assert alone.modules["echo"].kinds["branch"].to_json() == {
        "points": 6, "hit": 5, "percent": 100 * 5 / 6, "excluded": 0, "target": 95.0,
    }  # fmt: skip
    assert set(totals.files) == {"rtl/lab/echo.v", "rtl/lab/wrap.v"}


def test_functional_coverage_of_both_simulators_is_merged(simulated):
    lab, folder, _ = regression(simulated)
    echo = command.collect(lab.project, folder).modules["echo"]
    assert {config: merged.runs for config, merged in echo.functional.items()} == {"w4": 1, "w8": 1}
    assert echo.kinds["functional"].to_json() == {
        "points": 4, "hit": 4, "percent": 100.0, "excluded": 0, "target": 100.0,
    }  # fmt: skip
    assert echo.unrun == []


def test_judge_writes_all_and_finds_what_is_missed(simulated):
    lab, folder, history = regression(simulated, "judged")
    missed = command.judge(lab.project, history, "judged")
    assert missed == []
    written = json.loads((folder / "coverage" / "echo.json").read_text())
    assert set(written) >= {"module", "family", "file", "functional", "plan", "code", "kinds", "mutation", "missed"}
    assert written["file"] == "rtl/lab/echo.v"
    assert written["plan"] == [{"feature": "operands", "proofs": ["io.x"], "covered": {"w4": True, "w8": True}}]
    assert all(len(point) == 7 for point in written["code"]["points"])
    rows = {(each["module"], each["kind"]): (each["points"], each["hit"]) for each in history.coverage("judged")}
    assert rows["echo", "functional"] == (4, 4)
    assert rows["wrap", "toggle"][0] == written["kinds"]["toggle"]["points"]
    for name in ("coverage.info", "cobertura.xml", "ucis.xml"):
        assert (folder / name).stat().st_size
    assert not list(folder.rglob("*.part"))


def test_a_target_and_a_fall_fail_the_regression(simulated):
    lab, folder, history = regression(simulated, "before")
    assert command.judge(lab.project, history, "before") == []
    history.finish("before", "passed")
    path = lab.root / "tests" / "lab" / "test_echo.py"
    strict = path.read_text()
    try:
        regression(simulated, "after", keep=True)
        record = folder.parent / "after" / "runs" / "echo-w8-icarus-burst-1" / "result.json"
        result = json.loads(record.read_text())
        bins = result["coverage"]["groups"]["io"]["points"]["x"]
        bins["bins"]["8..15"], bins["other"] = 0, bins["other"] + bins["bins"]["8..15"]
        record.write_text(json.dumps(result))
        missed = command.judge(lab.project, history, "after")
        assert [(each["module"], each["kind"], each["percent"], each["target"]) for each in missed] == [
            ("echo", "functional", 75.0, 100.0),
            ("echo", "functional", 75.0, 100.0),
        ]
        assert missed[0]["text"].startswith("echo: functional coverage 75 % is below 100 %: 1 of 4 bins")
        assert missed[1]["text"] == "echo: functional coverage fell from 100.00 % (regression before) to 75.00 %"
        path.write_text(strict.replace("plan={", "targets={'functional': 70}, plan={"))
        assert len(command.judge(lab.project, history, "after")) == 1
    finally:
        path.write_text(strict)


def test_only_thorough_levels_are_held_to_targets(simulated, capsys):
    lab, _ = simulated
    folder = lay_out(lab.root / "build", "smoke", [])
    for old in (lab.root / "build").glob("history.sqlite*"):
        old.unlink()
    history = History(lab.root / "build" / "history.sqlite")
    history.begin(row("smoke", "smoke"))
    add(folder, simulated[1][1])
    path = next(folder.glob("runs/*/result.json"))
    result = json.loads(path.read_text())
    bins = result["coverage"]["groups"]["io"]["points"]["x"]
    bins["bins"]["8..15"], bins["other"] = 0, bins["other"] + bins["bins"]["8..15"]
    path.write_text(json.dumps(result))
    assert command.judge(lab.project, history, "smoke") == []
    assert command.coverage(lab.project, "smoke") == 0
    out = capsys.readouterr().out
    assert "functional coverage 50 % is below 100 %" in out
    assert "the targets are judged of LEVEL=full and nightly" in out


def test_coverage_prints_one_row_a_core(simulated, capsys):
    lab, _, _ = regression(simulated, "shown")
    assert command.coverage(lab.project, None) == 0
    out = capsys.readouterr().out
    assert out.splitlines()[0].split() == [
        "module",
        "functional",
        "all",
        "bins",
        "line",
        "branch",
        "expr",
        "toggle",
        "mutation",
        "excluded",
    ]
    assert [line.split()[0] for line in out.splitlines()[1:4]] == ["echo", "wrap", "all"]
    assert "3 runs of regression shown; build/regress/shown/coverage.info, " in out
    assert command.coverage(lab.project, "shown", family="lab") == 0


def test_coverage_of_a_core_lists_its_holes(simulated, capsys):
    lab, _, _ = regression(simulated, "alone", (0, 1))
    assert command.coverage(lab.project, "alone", "echo") == 1
    out = capsys.readouterr().out
    place = 1 + HOLE.splitlines().index("        m_axis_y_tdata <= 15;")
    assert f"  rtl/lab/echo.v:{place}: line  | m_axis_y_tdata <= 15;\n" in out
    assert f"  rtl/lab/echo.v:{place - 1}: branch  if  | if (s_axis_x_tready && s_axis_x_tdata == 14)\n" in out
    assert "echo: line coverage 87.5 % is below 95 %: 1 of 8 lines missed; make coverage MODULE=echo lists them" in out
    assert "wrap" not in out


def test_other_programs_are_told(simulated):
    lab, _, _ = regression(simulated, "told", (0, 1))
    kept = []
    status = command.coverage(lab.project, None, "echo", keep=kept.append)
    told = checked("coverage", json.dumps(kept[-1]))
    assert (told["regression"], told["verdict"]) == ("told", "fail" if status else "pass")
    (echo,) = told["modules"]
    assert echo["kinds"]["functional"]["points"] > 0
    assert all(hole["where"] and hole["text"] for hole in echo["holes"])
    command.rank(lab.project, None, "echo", keep=kept.append)
    (ranked,) = checked("rank", json.dumps(kept[-1]))
    assert ranked["of"] >= len(ranked["runs"]) > 0


def test_what_is_not_there(simulated):
    lab, _, _ = regression(simulated, "alone", (0, 1))
    with pytest.raises(UnknownNameError, match="did you mean echo"):
        command.coverage(lab.project, None, "ecko")
    with pytest.raises(UnknownNameError, match="unknown family"):
        command.coverage(lab.project, None, family="lob")
    with pytest.raises(RegressionError, match="regression alone ran nothing of MODULE=wrap: run one that does"):
        command.coverage(lab.project, None, "wrap")
    with pytest.raises(RegressionError, match="ran nothing of MODULE=wrap"):
        command.rank(lab.project, None, "wrap")
    with pytest.raises(RegressionError, match="holds no regression"):
        command.coverage(lab.project, "r99")


def test_rank_keeps_the_choice(simulated, capsys):
    lab, folder, history = regression(simulated, "ranked")
    assert command.rank(lab.project, "ranked") == 0
    chosen = {(each["module"], each["config"], each["sim"]) for each in history.ranking()}
    assert chosen == {("echo", "w4", "verilator"), ("echo", "w8", "icarus"), ("wrap", "w8", "verilator")}
    assert "echo: 2 of 2 runs reach all" in capsys.readouterr().out
    assert history.ranking()[0]["regression"] == folder.name


def test_real_exports_read_back(simulated, readers):
    lab, folder, _ = regression(simulated, "read")
    totals = command.collect(lab.project, folder)
    command.write(totals)
    found = read_back(folder, readers)
    read = {tuple(entry[:4]): dict(entry[5]) for entry in found["ucis"]["groups"]}
    for module, each in totals.modules.items():
        for config, merged in each.functional.items():
            for group, body in merged.record["groups"].items():
                for name, point in body["points"].items():
                    assert read.pop((module, config, group, name)) == {**point["bins"], "other": point["other"]}
    assert read == {}
    toggles = {
        (module, signal, way): count
        for module, kind, signal, bins in found["ucis"]["code"]
        if kind == "TOGGLE"
        for way, count in bins
    }
    ours = {
        (module, *point.comment.rsplit(":", 1)): count
        for module, each in totals.modules.items()
        for point, count in each.counts.items()
        if point.kind == "toggle"
    }
    assert toggles == {
        (module, signal, way.replace("->", "to")): count for (module, signal, way), count in ours.items()
    }
    lines = [totals.modules[module].kinds[kind] for kind in ("line", "branch") for module in ("echo",)]
    assert summarised(folder / "coverage.info") == [lines[0].hit, lines[0].points, lines[1].hit, lines[1].points]
    assert len(found["cobertura"]["files"]["rtl/lab/echo.v"][0]) == lines[0].points
