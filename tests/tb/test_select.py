"""Modules, families and configurations are chosen by lists and patterns, by every command alike."""

from __future__ import annotations

import os

import pytest
from typer.testing import CliRunner

from ulpwise.bench.project import UnknownNameError
from ulpwise.bench.select import configurations, matching, modules, named, parts, select
from ulpwise.cli import area_table, commands, measure_commands
from ulpwise.closure import command as closure
from ulpwise.history.levels import Wish
from ulpwise.history.levels import plan as regression
from ulpwise.mutate import command as mutation
from ulpwise.run import waves
from ulpwise.run.plan import Request, RequestError, plan

NAMES = ["add", "mul", "mul_const", "dot"]
TWO = "{'w8': {'WIDTH': 8}, 'w16': {'WIDTH': 16}}"


@pytest.mark.parametrize(
    ("patterns", "found"),
    [
        (None, NAMES),
        ("mul", ["mul"]),
        ("dot,add", ["add", "dot"]),
        ("mul*,mul,,  mul ", ["mul", "mul_const"]),
        ("*", NAMES),
        ("?ul,[ad]*", ["add", "mul", "dot"]),
    ],
)
def test_lists_and_patterns(patterns, found):
    assert select("module", patterns, NAMES) == found


@pytest.mark.parametrize(
    ("patterns", "said"),
    [
        ("add,mull", "unknown module 'mull': did you mean mul?"),
        ("mul_konst*", "unknown module 'mul_konst*': did you mean mul_const?"),
        ("x", "unknown module 'x': there are: add, mul, mul_const, dot"),
        ("MUL", "unknown module 'MUL': there are: add, mul, mul_const, dot"),
        ("", "unknown module '': there are: add, mul, mul_const, dot"),
        (",", "unknown module ',': there are: add, mul, mul_const, dot"),
    ],
)
def test_what_means_nothing_is_refused(patterns, said):
    with pytest.raises(UnknownNameError) as fault:
        select("module", patterns, NAMES)
    assert str(fault.value) == said


def test_a_name_may_have_a_comma_and_brackets():
    assert select("configuration", "a,b", ["a", "a,b"]) == ["a,b"]
    assert matching("a[1]", ["a[1]", "a1"]) == ["a[1]", "a1"]
    assert parts("b, a,b") == ["b", "a"]


def test_a_configuration_is_one_of_at_least_one_module():
    valid = {"add": ["n4", "n8"], "dot": ["n4", "digits"]}
    assert configurations(valid, None) == valid
    assert configurations(valid, "n*,digits") == valid
    assert configurations(valid, "digits") == {"dot": ["digits"]}
    with pytest.raises(UnknownNameError, match=r"unknown configuration 'n9\*': there are: n4, n8, digits"):
        configurations(valid, "n4,n9*")


def test_what_was_given_is_named():
    assert named(module="a*", family=None, config="n4") == "MODULE=a* CONFIG=n4"
    assert not named(module=None)


@pytest.fixture
def several(own_lab, monkeypatch):
    """Three cores of one family, one of another; the last has a configuration of its own."""
    own_lab.add("echo", CONFIGS=TWO)
    own_lab.add("echo_b")
    own_lab.add("other", CONFIGS="{'big': {'WIDTH': 9}}")
    own_lab.add("far")
    for folder, name in (("rtl", "far.v"), ("tests", "test_far.py")):
        place = own_lab.root / folder / "else"
        place.mkdir()
        (own_lab.root / folder / "lab" / name).rename(place / name)
    monkeypatch.chdir(own_lab.root)
    return own_lab


def test_modules_and_families_together(several):
    project = several.project
    assert modules(project, None, None) == ["far", "echo", "echo_b", "other"]
    assert modules(project, "echo*,far", "lab,els*") == ["far", "echo", "echo_b"]
    assert modules(project, "*", "else") == ["far"]
    with pytest.raises(ValueError, match=r"^far belongs to the family else, not to lab$"):
        modules(project, "echo,far", "lab")


def runs(project, **given):
    specs = plan(project, Request(sim="icarus", mode="burst", **given))
    return [(spec.module, spec.config) for spec in specs]


def test_sim(several):
    project = several.project
    assert runs(project, module="echo*", config="w*") == [("echo", "w8"), ("echo", "w16"), ("echo_b", "w8")]
    assert runs(project, family="else") == [("far", "w8")]
    assert runs(project, family="lab", config="big,w16") == [("echo", "w16"), ("other", "big")]
    assert runs(project, module="other,echo_b") == [("echo_b", "w8"), ("other", "big")]
    with pytest.raises(UnknownNameError, match="unknown configuration 'bag': did you mean big"):
        plan(project, Request(module="echo,other", config="w8,bag"))
    with pytest.raises(RequestError, match="VECTORS belong to one core"):
        runs(project, module="echo*", config="w8", vectors="no.csv")


def test_limits_beside_configurations(several):
    several.add("held", REST="guards=[Limit('WIDTH', 1, 64, why='x')],".replace(", why='x'", ""))
    specs = plan(several.project, Request(module="held,echo", config="w8,limits", sim="icarus"))
    assert [(spec.module, spec.config, spec.mode) for spec in specs] == [
        *(("echo", "w8", mode) for mode in ("burst", "beat")),
        *(("held", "w8", mode) for mode in ("burst", "beat")),
        ("held", "limits", "guards"),
    ]
    with pytest.raises(RequestError, match="echo, echo_b: no guards"):
        plan(several.project, Request(module="echo*", mode="guards"))


def test_the_main_job_in_bursts_is_not_for_icarus(several):
    several.add("echo_c", REST="headline='w8',")
    both = plan(several.project, Request(module="echo_*"))
    assert [spec.name for spec in both if spec.module == "echo_c" and spec.sim == "icarus"] == [
        "echo_c-w8-icarus-beat-1"
    ]
    alone = plan(several.project, Request(module="echo_c"))
    assert "echo_c-w8-icarus-burst-1" in [spec.name for spec in alone]


def test_regress(several):
    def chosen(**given):
        return sorted({spec.module for spec in regression(several.project, Wish(**given))})

    assert chosen(module="echo*,far") == ["echo", "echo_b", "far"]
    assert chosen(family="lab,else", module="*o*") == ["echo", "echo_b", "other"]
    with pytest.raises(UnknownNameError, match="unknown family 'lap': did you mean lab"):
        chosen(family="else,lap")


@pytest.mark.usefixtures("several")
def test_list():
    done = CliRunner().invoke(commands.app, ["list", "--module", "echo*,other", "--config", "w1*,big"])
    assert [line.split() for line in done.stdout.splitlines()] == [["echo", "lab", "w16"], ["other", "lab", "big"]]
    done = CliRunner().invoke(commands.app, ["list", "--family", "else"])
    assert done.stdout.split() == ["far", "else", "w8"]


@pytest.mark.usefixtures("several")
def test_limits():
    done = CliRunner().invoke(commands.app, ["limits", "--module", "echo*", "--family", "lab"])
    assert [line for line in done.stdout.splitlines() if line.startswith(("echo", "far", "other"))] == [
        "echo",
        "echo_b",
    ]


def test_area(several):
    found = area_table.requests(several.project, "echo*,far", "lab,else", "w8")
    assert [request.top for request in found] == ["far", "echo", "echo_b"]


@pytest.mark.parametrize(
    ("family", "ran"),
    [("lab,else", ["else", "lab"]), ("*", ["else", "lab", "third"]), ("else", ["else"]), ("l*", ["lab"])],
)
def test_area_runs_the_comparison_of_each_family(several, monkeypatch, family, ran):
    folder = several.root / "tests" / "results" / "area"
    folder.mkdir(parents=True)
    for name in ("lab", "else", "third"):
        (folder / f"{name}.py").touch()
    done = []
    monkeypatch.setattr(area_table, "report", lambda *_: 0)
    monkeypatch.setattr(measure_commands, "_script", lambda path: done.append(path.stem) or 0)
    assert CliRunner().invoke(commands.app, ["area", "--family", family]).exit_code == 0
    assert done == ran


def test_results(several, monkeypatch):
    folder = several.root / "tests" / "results"
    folder.mkdir()
    for name in ("lab", "else", "third"):
        (folder / f"{name}.py").touch()
    done = []
    monkeypatch.setattr(measure_commands, "_script", lambda path: done.append(path.stem) or 0)
    assert CliRunner().invoke(commands.app, ["results", "--family", "lab,th*"]).exit_code == 0
    assert done == ["lab", "third"]
    refused = CliRunner().invoke(commands.app, ["results", "--family", "lap"])
    assert refused.exit_code == 2
    assert refused.stderr == "error: unknown family 'lap': did you mean lab?\n"


@pytest.mark.usefixtures("several")
def test_mutate(monkeypatch):
    done = []

    def measure(_, module, wish, __):
        done.append((module, wish.config))
        raise ValueError("not measured")

    monkeypatch.setattr(mutation, "measure", measure)
    words = ["mutate", "--module", "echo*,other", "--config", "w*"]
    assert CliRunner().invoke(commands.app, words).exit_code == 2
    assert done == [("echo", "w8"), ("echo", "w16"), ("echo_b", "w8")]


@pytest.mark.parametrize("name", ["coverage", "rank"])
def test_coverage_and_rank_name_what_was_given(several, monkeypatch, name):
    monkeypatch.setattr(closure.regression, "find", lambda *_: several.root / "r1")
    monkeypatch.setattr(closure.regression, "runs", lambda _: [])
    done = CliRunner().invoke(commands.app, [name, "--module", "echo*", "--family", "lab"])
    assert done.stderr == "error: regression r1 ran nothing of MODULE=echo* FAMILY=lab: run one that does\n"
    done = CliRunner().invoke(commands.app, [name, "--module", "echo,ecko"])
    assert (done.exit_code, done.stderr) == (2, "error: unknown module 'ecko': did you mean echo?\n")


def test_wave(several):
    for time, name in enumerate(("echo-w8", "echo_b-w8", "far-w8")):
        folder = several.project.build / "runs" / f"{name}-icarus-burst-1"
        folder.mkdir(parents=True)
        (folder / "waves.fst").touch()
        os.utime(folder / "waves.fst", (time, time))
    assert waves.newest(several.project, "echo*").parent.name == "echo_b-w8-icarus-burst-1"
    assert waves.newest(several.project, None, "else").parent.name == "far-w8-icarus-burst-1"
    with pytest.raises(waves.WavesError, match="no waves of MODULE=other: "):
        waves.newest(several.project, "other")
