"""Guards of parameters: each fault that a guard may have is found, by both simulators."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.tb._project import ECHO, PATH, REPO, STREAM, fault
from ulpwise import Bench, BenchError, Limit, Refused
from ulpwise.bench.project import Project
from ulpwise.cli.limits_table import rows, undeclared
from ulpwise.history.levels import Wish
from ulpwise.history.levels import plan as levels
from ulpwise.history.tree import Tree
from ulpwise.regress.farm import Farm
from ulpwise.run.execute import execute
from ulpwise.run.plan import Request, RequestError, plan
from ulpwise.run.record import RunSpec

SIMS = ("icarus", "verilator")
UNUSED = (lambda _: None, lambda _, t: t, lambda _: [])  # interface, golden, cover


def guard(name: str, condition: str, rule: str, *, icarus: bool = True, message: str = "") -> str:
    """A guard as the cores have it, one that Icarus lacks, or one that Verilator lacks."""
    missing = f"TOP_parameter_{rule.replace(' ', '_')} guard ();" if icarus else ""
    error = message or f"TOP parameter {rule}"
    return f"""
generate
    if ({condition}) begin : guard_{name}
`ifdef __ICARUS__
        {missing}
`else
        $error("Error: {error} (instance %m)");
`endif
    end
endgenerate
"""


WIDTH, PAD = "WIDTH must be 2 to 16", "PAD must be 0 to TAPS minus 1"
SOUND = guard("width", "WIDTH < 2 || WIDTH > 16", WIDTH), guard("pad", "PAD < 0 || PAD >= TAPS", PAD)
DECLARED = """
    guards=[
        Limit('WIDTH', 2, 16), Limit('PAD', 0, None),
        Refused({'PAD': 3, 'TAPS': 3}, legal={'PAD': 2, 'TAPS': 3}, edge=lambda c: c.PAD == c.TAPS - 1),
    ],
    stimuli=lambda c: {'ramp': directed(x=np.arange(4))}, volume=lambda c: 10, watchdog=200,
"""


def core(*guards: str) -> str:
    """ECHO with more parameters and guards of them."""
    parameters = ("parameter WIDTH = 8", "parameter WIDTH = 8,\n    parameter TAPS = 1,\n    parameter PAD = 0")
    return fault(ECHO, parameters, ("// declarations\n", "".join(guards or SOUND)))


def limits(lab, top, text, declared=DECLARED, sim="icarus", **rest):
    """Add a core and try its guards."""
    lab.add(top, text.replace("TOP_", f"{top}_").replace("TOP parameter", f"{top} parameter"), REST=declared, **rest)
    return execute(lab.project, RunSpec(top, "limits", sim, "guards"))


@pytest.mark.parametrize("sim", SIMS)
def test_sound_guards_pass(lab, sim):
    record = limits(lab, f"limits_sound_{sim}", core(), sim=sim)
    assert record.passed, record.reasons
    assert record.transactions == 8
    assert record.result["figures"] == {"values": "8 tried, 4 of them illegal"}


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize(
    ("name", "wrong", "reason"),
    [
        ("above", ("width", "WIDTH < 2 || WIDTH > 17", WIDTH), "limits: # with WIDTH = 17 is accepted by %"),
        ("below", ("width", "WIDTH < 1 || WIDTH > 16", WIDTH), "limits: # with WIDTH = 1 is accepted by %"),
        ("strict", ("width", "WIDTH < 3 || WIDTH > 16", WIDTH), "refused: # with WIDTH = 2, which its bench calls"),
        ("equal", ("pad", "PAD < 0 || PAD > TAPS", PAD), "limits: # with PAD = 3, TAPS = 3 is accepted by %"),
        ("close", ("pad", "PAD < 0 || PAD + 1 >= TAPS", PAD), "refused: # with PAD = 2, TAPS = 3, which its"),
        ("sign", ("pad", "PAD >= TAPS", PAD), "limits: # with PAD = -1 is accepted by %"),
    ],
)  # fmt: skip
def test_a_guard_that_is_off_by_one(lab, sim, name, wrong, reason):
    top = f"limits_{name}_{sim}"
    others = [text for text in SOUND if f"guard_{wrong[0]}" not in text]
    record = limits(lab, top, core(guard(*wrong), *others), sim=sim)
    assert [each for each in record.reasons if each.startswith(reason.replace("#", top).replace("%", sim))], (
        record.reasons
    )


@pytest.mark.parametrize("sim", SIMS)
def test_a_guard_that_is_gone(lab, sim):
    top = f"limits_gone_{sim}"
    record = limits(lab, top, core(SOUND[1]), sim=sim)
    assert record.reasons == tuple(
        f"limits: {top} with WIDTH = {value} is accepted by {sim}, must be refused" for value in (1, 17)
    )


def test_a_guard_that_one_simulator_lacks(lab):
    lacking = guard("width", "WIDTH < 2 || WIDTH > 16", WIDTH, icarus=False)
    record = limits(lab, "limits_lacking", core(lacking, SOUND[1]))
    message = '("limits_lacking parameter WIDTH must be 2 to 16")'
    assert f"limits: limits_lacking with WIDTH = 1 is accepted by icarus, must be refused {message}" in record.reasons
    assert execute(lab.project, RunSpec("limits_lacking", "limits", "verilator", "guards")).passed


def test_a_refusal_that_names_another_parameter_or_none(lab):
    other = guard("width", "WIDTH < 2 || WIDTH > 16", "TAPS must be right")
    record = limits(lab, "limits_other", core(other, SOUND[1]))
    assert record.reasons[0].startswith(
        "limits: limits_other with WIDTH = 1 is not refused by a guard of limits_other that names WIDTH under icarus"
    )
    bare = (
        "\ngenerate\n    if (WIDTH < 2 || WIDTH > 16) begin : width\n        nothing guard ();\n    end\nendgenerate\n"
    )
    assert "which says: " in limits(lab, "limits_bare", core(bare, SOUND[1])).reasons[0]


def test_a_guard_that_nothing_trips(lab):
    more = guard("taps", "TAPS > 9", "TAPS must be 9 or less")
    record = limits(lab, "limits_silent", core(*SOUND, more))
    message = "limits_silent parameter TAPS must be 9 or less"
    remedy = "declare it in guards= of tests/lab/test_limits_silent.py"
    assert record.reasons == (f'limits: nothing trips guard_taps of limits_silent ("{message}"): {remedy}',)


def test_a_guard_in_a_module_further_down(lab):
    lab.add("limits_child", core().replace("TOP_", "limits_child_").replace("TOP p", "limits_child p"), REST=DECLARED)
    declared = "guards=[Limit('N', 2, 16, by='limits_child.WIDTH')],"
    parent = (
        "module TOP #(parameter N = 8) (input wire clk);\nlimits_child #(.WIDTH(WIDE)) child (.clk(clk));\nendmodule\n"
    )
    for name, wide, passed in (("right", "N", True), ("wrong", "N + 1", False)):
        parts = {"CONFIGS": "{'n8': {'N': 8}}", "INTERFACE": STREAM["INTERFACE"].replace("c.WIDTH", "c.N")}
        record = limits(lab, f"limits_{name}", parent.replace("WIDE", wide), declared, **parts)
        assert record.passed == passed, record.reasons


def test_a_parameter_that_does_not_exist(lab):
    record = limits(lab, "limits_misspelt", core(), DECLARED.replace("Limit('WIDTH'", "Limit('WIDHT'"))
    assert record.reasons[0] == "limits: limits_misspelt has no parameter WIDHT; it has WIDTH, TAPS, PAD"


def test_a_value_that_verilator_refuses_early(lab):
    early = DECLARED.replace("Limit('WIDTH', 2, 16)", "Limit('WIDTH', 2, 16, early={1: 'a width'})")
    assert limits(lab, "limits_early", core(), early).passed  # Icarus names the guard
    stale = execute(lab.project, RunSpec("limits_early", "limits", "verilator", "guards"))
    remedy = "take it out of early= in the bench"
    said = f"limits: limits_early with WIDTH = 1 is refused by its guard under verilator as well: {remedy}"
    assert stale.reasons == (said,)


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        (Limit("N", None, None), "Limit N: neither a least nor a greatest value"),
        (Limit("N", 3, 2), "Limit N: 3 to 2 is no range"),
        (Limit("N", 1, 9, left={5: "why"}), "Limit N: left speaks of 5, not of 1 or 9"),
        (Limit("N", 1, 9, early={9: "why"}), "Limit N: early speaks of 9, not of 0 or 10"),
        (Limit("N", 1, 9, slow={9: " "}), "Limit N: slow gives no reason for 9"),
        (Refused({}), "Refused: no values"),
        (Refused({"N": 1}, legal={"N": 1}), "Refused: the same values are legal: {'N': 1}"),
    ],
)
def test_a_declaration_that_contradicts_itself(declared, said):
    bench = Bench("core", {"n": {}}, *UNUSED, {}, guards=[declared])
    with pytest.raises(BenchError, match="core: ") as caught:
        bench.check()
    assert str(caught.value) == f"core: {said}"


def test_limits_is_no_name_of_a_configuration():
    with pytest.raises(BenchError, match="no configuration may be called limits"):
        Bench("core", {"limits": {}}, *UNUSED, {}).check()


def test_plan(own_lab):
    own_lab.add("guarded", core(), REST=DECLARED)
    own_lab.add("echo")
    (own_lab.root / "rtl" / "lab" / "guarded.v").write_text(core().replace("TOP", "guarded"))
    project = own_lab.project
    tried = [RunSpec("guarded", "limits", sim, "guards") for sim in ("verilator", "icarus")]
    assert plan(project, Request("guarded"))[-2:] == tried
    assert plan(project, Request("guarded", mode="guards")) == tried
    assert plan(project, Request("guarded", config="limits", sim="icarus")) == tried[1:]
    assert not [spec for spec in plan(project, Request("guarded", mode="burst")) if spec.mode == "guards"]
    assert not [spec for spec in plan(project, Request("echo")) if spec.mode == "guards"]
    assert [spec for spec in levels(project, Wish("full")) if spec.mode == "guards"] == tried
    for wrong in (
        Request(mode="guards"),
        Request("echo", mode="guards"),
        Request("guarded", "w8", mode="guards"),
        Request("guarded", "limits", mode="beat"),
    ):
        with pytest.raises(RequestError):
            plan(project, wrong)


def test_command_line(own_lab):
    own_lab.add(
        "guarded",
        core(guard("width", "WIDTH < 2 || WIDTH > 17", WIDTH), SOUND[1]).replace("TOP_", "guarded_"),
        REST=DECLARED,
    )
    done = own_lab.cli("sim", "--module", "guarded", "--mode", "guards", "--sim", "icarus")
    assert done.returncode == 1, done.stderr
    assert "FAIL guarded limits icarus guards: 8 checked" in done.stdout
    assert "replay: make sim MODULE=guarded CONFIG=limits SIM=icarus MODE=guards SEED=1\n" in done.stdout
    assert 'name="limits-icarus-guards-1"' in (own_lab.root / "build" / "junit.xml").read_text()
    again = own_lab.cli("sim", "--module", "guarded", "--config", "limits", "--sim", "verilator", "--seed", "1")
    assert again.returncode == 1
    assert "flaky" not in again.stdout


def test_what_is_left(own_lab):
    own_lab.add("guarded", core(), REST=DECLARED.replace("16)", "16, left={2: 'too narrow'})"))
    done = own_lab.cli("limits")
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "guarded",
        "  WIDTH: 2 to 16; configurations run 8",
        "    left: WIDTH = 2: too narrow",
        "    left: WIDTH = 16: no reason given",
        "  PAD: 0 to …; configurations run 0",
        "  PAD = 3, TAPS = 3: refused, PAD = 2, TAPS = 3 legal; configurations run w8",
        "  TAPS: no range declared; configurations run 1",
        "1 left without a reason",
    ]
    configs = "{'w8': {'WIDTH': 8}, 'w16': {'WIDTH': 16}}"
    own_lab.add("guarded", core(), REST=DECLARED.replace("16)", "16, left={2: 'too narrow'})"), CONFIGS=configs)
    assert own_lab.cli("limits", "--module", "guarded").returncode == 0


def test_a_guard_of_which_the_bench_says_nothing(own_lab):
    own_lab.add("guarded", core().replace("TOP", "guarded"), REST=DECLARED.replace("Limit('WIDTH', 2, 16),", ""))
    found = undeclared(own_lab.project, own_lab.project.bench("guarded"))
    assert found == [
        "guard_width in line 18 of guarded.v: guards= declares nothing for it (guarded parameter WIDTH must be 2 to 16)"
    ]
    assert own_lab.cli("limits").returncode == 1


@pytest.mark.parametrize("module", Project(REPO).bench_files())
def test_our_benches_declare_each_guard(module):
    project = Project(REPO)
    bench = project.bench(module)
    assert undeclared(project, bench) == []
    assert all(row.what for row in rows(project, bench))


def test_a_regression_builds_nothing_for_it(own_lab, tmp_path, monkeypatch):
    own_lab.add("guarded", core().replace("TOP_", "guarded_").replace("TOP p", "guarded p"), REST=DECLARED)
    spec = RunSpec("guarded", "limits", "icarus", "guards")
    sent = []
    monkeypatch.setattr(Farm, "_send", lambda _, *arguments: sent.append(arguments))
    farm = Farm(Tree("digest", b""), tmp_path, tmp_path)
    farm._submit(spec, {spec: 1.0}, "run")
    assert sent == [("run-guarded-limits-icarus-guards-1", spec, "run", 1.0, [])]
    folder = tmp_path / "job"
    folder.mkdir()
    (folder / "order.json").write_text(json.dumps({"what": "run", "spec": spec.to_json(), "built": []}))
    line = [sys.executable, "-m", "ulpwise.regress.job", str(folder)]
    subprocess.run(line, cwd=own_lab.root, env=os.environ | {"PYTHONPATH": PATH}, check=True)
    answer = json.loads((folder / "answer.json").read_text())["record"]
    assert (answer["verdict"], answer["transactions"]) == ("pass", 8)
