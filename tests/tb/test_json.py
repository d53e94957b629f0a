"""What commands write for other programs: by the schema, whole, and alone on standard output."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer.main
from rich.console import Console
from typer.testing import CliRunner

from tests.tb._project import ECHO, REPO, fault
from ulpwise.bench.declare import BenchError
from ulpwise.bench.project import Project
from ulpwise.cli import area_table, commands, run_commands
from ulpwise.closure import told as closure_told
from ulpwise.closure.rank import Ranked, Ranking
from ulpwise.closure.regression import RunData
from ulpwise.history.rows import as_json
from ulpwise.mutate import command as mutation
from ulpwise.regress import session as regression
from ulpwise.run.record import Record, RunSpec
from ulpwise.synthesis.area import Area, AreaError
from ulpwise.system import jsonfile

SCHEMA = json.loads((REPO / "tb/ulpwise/cli/schemas/output.json").read_text())
TYPES = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "object": dict,
    "array": list,
    "null": type(None),
}
COMMANDS = ("sim", "list", "limits", "doctor", "area", "regress", "coverage", "rank", "mutate")
WRONG = fault(ECHO, ("s_axis_x_tdata + 1'b1", "s_axis_x_tdata + 1'b1 + (s_axis_x_tdata == 40)"))


def check(data, schema, where="$"):
    """Hold data against as much of JSON Schema as ours uses."""
    if "$ref" in schema:
        return check(data, SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]], where)
    if "enum" in schema:
        assert data in schema["enum"], where
        return None
    names = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    fits = any(isinstance(data, TYPES[name]) and (name == "boolean" or data is not True) for name in names)
    assert fits, f"{where}: {data!r} is no {names}"
    for number, each in enumerate(data if isinstance(data, list) else ()):
        check(each, schema["items"], f"{where}[{number}]")
    if isinstance(data, dict):
        assert set(schema.get("required", ())) <= set(data), where
        for name, each in data.items():
            more = schema.get("properties", {}).get(name, schema.get("additionalProperties"))
            if more:
                check(each, more, f"{where}.{name}")
    return None


def checked(command, text):
    data = json.loads(text)
    check(data, SCHEMA["$defs"][command], command)
    return data


def test_every_command_is_described():
    group = typer.main.get_command(commands.app)
    having = {name for name, each in group.commands.items() if any("--json" in option.opts for option in each.params)}
    assert having == set(COMMANDS) <= set(SCHEMA["$defs"])
    page = (REPO / "docs/json.md").read_text()
    assert all(f"| `{name}` |" in page for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_make_takes_json(name):
    makefile = (REPO / "Makefile").read_text().split(f"\n{name}: ")[1].split("\n\n")[0]
    assert "$(call opt,JSON,json)" in makefile


def test_the_check_of_this_test_checks():
    for data in (
        {},
        [],
        {"module": 1},
        [{**as_json(Record(RunSpec("m", "c", "icarus", "beat"), Path())), "seed": "1"}],
    ):
        if data != []:
            with pytest.raises(AssertionError):
                check(data, SCHEMA["$defs"]["sim"])
    check([as_json(Record(RunSpec("m", "c", "icarus", "beat"), Path()))], SCHEMA["$defs"]["sim"])


def test_runs_alone_on_standard_output(own_lab):
    """Also when they fail; all else goes to standard error."""
    own_lab.add("echo", WRONG)
    done = own_lab.cli("sim", "--module", "echo", "--sim", "icarus", "--mode", "burst", "--json", "-")
    assert done.returncode == 1
    (run,) = checked("sim", done.stdout)
    assert run["verdict"] == "fail"
    assert run["bucket"] == "wrong value: # of # transactions"
    assert run["replay"].startswith("make sim MODULE=echo CONFIG=w8 ")
    assert "0 passed, 1 failed" in done.stderr


def test_list(own_lab, monkeypatch):
    own_lab.add("echo", CONFIGS="{'w8': {'WIDTH': 8}, 'w16': {'WIDTH': 16}}")
    own_lab.add("bad", HEAD="undefined")
    monkeypatch.chdir(own_lab.root)
    done = CliRunner().invoke(commands.app, ["list", "--config", "w*", "--json", "-"])
    assert done.exit_code == 2
    sound, broken = checked("list", done.stdout)
    assert (sound["module"], sound["configs"], sound["verdict"]) == ("echo", ["w8", "w16"], "pass")
    assert (broken["module"], broken["verdict"]) == ("bad", "fail")
    assert broken["error"].endswith("NameError: name 'undefined' is not defined")


def test_limits(own_lab, monkeypatch):
    own_lab.add("echo", REST="guards=[Limit('WIDTH', 1, 64)],")
    monkeypatch.chdir(own_lab.root)
    assert CliRunner().invoke(commands.app, ["limits", "--json", "limits.json"]).exit_code == 1
    (record,) = checked("limits", Path("limits.json").read_text())
    assert record["verdict"] == "fail"
    assert record["parameters"][0]["left"] == {"WIDTH = 1": "", "WIDTH = 64": ""}


def test_doctor(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("YOSYS", "/no/such/yosys")
    commands_status = CliRunner().invoke(commands.app, ["doctor", "--json", "-"])
    found = {record["tool"]: record for record in checked("doctor", commands_status.stdout)}
    assert found["python"]["verdict"] == "pass"


def test_area(own_lab, monkeypatch):
    own_lab.add("echo", CONFIGS="{'w8': {'WIDTH': 8}, 'w16': {'WIDTH': 16}}")
    monkeypatch.chdir(own_lab.root)
    area = Area("echo", {"WIDTH": 8}, "w8", {6: 1}, {6: 1}, 0, {}, 0.1)
    monkeypatch.setattr(area_table, "attempt", lambda *_, **__: [area, AreaError("echo: 17 wires too many")])
    assert CliRunner().invoke(commands.app, ["area", "--json", "area.json"]).exit_code == 1
    good, bad = checked("area", Path("area.json").read_text())
    assert (good["luts"], good["ff"], good["verdict"], good["bucket"]) == ({"6": 1}, 0, "pass", "")
    assert (bad["label"], bad["verdict"], bad["bucket"]) == ("w16", "fail", "echo: # wires too many")
    assert bad["replay"] == "make area MODULE=echo CONFIG=w16"


def test_mutate(own_lab, monkeypatch):
    own_lab.add("echo")
    own_lab.add("other")
    monkeypatch.chdir(own_lab.root)

    def measure(_, module, wish, __):
        if module == "other":
            raise BenchError("the netlist fails 3 times")
        return mutation.Score([RunSpec(module, "w8", wish.sim, "burst")], 1, "0.5", 4, {1: "wrong value"}, [2], [], 0.5)

    monkeypatch.setattr(mutation, "measure", measure)
    assert CliRunner().invoke(commands.app, ["mutate", "--json", "scores.json"]).exit_code == 2
    good, bad = checked("mutate", Path("scores.json").read_text())
    assert (good["module"], good["killed"], good["verdict"]) == ("echo", 1, "pass")
    assert good["replay"] == "make mutate MODULE=echo CONFIG=w8 SIM=verilator SEED=1 MUTANTS=100"
    assert (bad["verdict"], bad["bucket"]) == ("fail", "the netlist fails # times")


def test_rank():
    run = RunData("m-c-icarus-beat-1", Path(), "m", "c", "icarus", "beat", 1, None, 2.5)
    told = closure_told.ranking("r1", {"m": Ranking((Ranked(run, 7, 100.0),), 7, 100.0, proved=True)}, [run, run])
    (record,) = checked("rank", json.dumps(told))
    assert (record["of"], record["runs"][0]["replay"]) == (2, "make sim MODULE=m CONFIG=c SIM=icarus MODE=beat SEED=1")


def test_a_regression_that_failed(own_lab):
    """Told by what is kept of it, without a cluster."""
    specs = [RunSpec("m", "c", "icarus", mode) for mode in ("burst", "beat")]
    state = {"id": "r1", "level": "smoke", "status": "interrupted", "started": "s", "finished": None, "commit": "c"}
    state |= {"dirty": False, "options": {}, "tools": {}, "broken": {}, "lost": {}}
    state |= {name: [] for name in ("notes", "buckets", "flaky", "targets")}
    ours = regression.Session(Project(own_lab.root), None, state, specs, None, None)
    ours.records = {specs[0].name: Record(specs[0], Path("runs"), ("wrong value: 3 of 9",), replay="make sim ...")}
    ours._describe()
    told = checked("regress", json.dumps(regression._told(ours)))
    assert (told["verdict"], told["passed"], told["failed"], told["not_run"]) == ("fail", 0, 1, [specs[1].name])
    assert told["runs"][0]["bucket"] == told["buckets"][0]["message"] == "wrong value: # of #"


def test_regress_hands_over_what_it_keeps(own_lab, monkeypatch):
    monkeypatch.chdir(own_lab.root)

    def run(_, __, ___, console, keep):
        keep({"a": 1})
        console.print("for a person")
        return 1

    monkeypatch.setattr(regression, "regress", run)
    done = CliRunner().invoke(commands.app, ["regress", "--json", "-"])
    assert (done.exit_code, done.stdout, done.stderr) == (1, '{\n "a": 1\n}\n', "for a person\n")
    assert run_commands.Console is Console


def test_a_file_is_written_whole_whatever_happens(tmp_path):
    path = tmp_path / "a.json"
    path.write_text("old")

    def fails(keep):
        keep([1])
        assert path.read_text() == "old"
        keep([1, 2])
        raise KeyError

    with pytest.raises(KeyError), jsonfile.reporting(path) as keep:
        fails(keep)
    assert json.loads(path.read_text()) == [1, 2]
    assert [each.name for each in tmp_path.iterdir()] == ["a.json"]
    for wrong, said in ((tmp_path, "that is a folder"), (tmp_path / "no" / "a", "there is no folder")):
        with pytest.raises(ValueError, match=said), jsonfile.reporting(wrong):
            pass
    with jsonfile.reporting(path):
        pass  # nothing came of it: what was there stays
    assert json.loads(path.read_text()) == [1, 2]
