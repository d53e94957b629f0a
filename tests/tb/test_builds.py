# SPDX-License-Identifier: Apache-2.0
"""What a build reads, it finds with every tool; of what a tool says, the first complaint is shown."""

from __future__ import annotations

import os
import shutil
import sys

import pytest
from filelock import FileLock, Timeout

from tests.tb._project import ECHO, fault
from tests.tb.conftest import share_runtime
from ulpwise.bench.project import Project
from ulpwise.cli import lint
from ulpwise.regress import remote
from ulpwise.run import build as builds
from ulpwise.run.build import build
from ulpwise.run.execute import attempt
from ulpwise.run.record import RunSpec
from ulpwise.toolchain import tools
from ulpwise.toolchain.simulators import SIMULATORS, verilator
from ulpwise.toolchain.simulators.base import BuildError, Flavour, complaint, digest, once, run_tool

LOGS = {
    "an include that is missing": (
        "rtl/x.v:3: Include file y.vh not found\nb.v:9: error: Unknown module type: tb_control\n2 error(s)\n",
        "rtl/x.v:3: Include file y.vh not found",
    ),
    "a warning that speaks of errors comes first": (
        "%Warning-WIDTH: a.v:1: this error is none\nx.v:2: warning: unknown\n%Error: a.v:2: Cannot find file\n",
        "%Error: a.v:2: Cannot find file",
    ),
    "a compiler that says first where it is": (
        "In file included from a.h:1:\na.cpp: In function 'f':\na.cpp:3:1: error: 'x' was not declared\n",
        "a.cpp:3:1: error: 'x' was not declared",
    ),
    "words of no known kind": ("rtl/x.v:2: so not\n", "rtl/x.v:2: so not"),
    "a warning alone": ("warning: all is lost\n", "warning: all is lost"),
    "nothing": ("\n", "no output"),
}


@pytest.mark.parametrize("name", LOGS)
def test_the_first_complaint_is_shown(name):
    said, shown = LOGS[name]
    assert complaint(said) == shown


def test_both_streams_count_in_their_order_whatever_their_encoding(tmp_path):
    script = (
        r"import os; os.write(2, b'x.v:1: caf\xe9 not found\n'); os.write(1, b'error: later\n'); raise SystemExit(1)"
    )
    with pytest.raises(BuildError) as failed:
        run_tool([sys.executable, "-c", script], tmp_path, tmp_path / "log")
    assert str(failed.value).endswith(": x.v:1: caf\N{REPLACEMENT CHARACTER} not found")


@pytest.fixture
def included(lab):
    """Files in two folders: one beside the core, which includes one of another family."""
    (lab.root / "rtl" / "lab").mkdir(exist_ok=True)
    (lab.root / "rtl" / "shared").mkdir(exist_ok=True)
    (lab.root / "rtl" / "lab" / "near.vh").write_text('`include "far.vh"\n')
    (lab.root / "rtl" / "shared" / "far.vh").write_text("`define FAR 1\n")
    return lab


@pytest.mark.parametrize("sim", ["icarus", "verilator"])
def test_simulators_find_what_a_core_includes(included, sim):
    core = fault(ECHO, ("// declarations", '`include "near.vh"'), ("+ 1'b1", "+ `FAR"))
    record = included.run(included.add(f"near_{sim}", core), sim=sim)
    assert record.passed, record.reasons


def test_lint_finds_what_a_core_includes_with_all_three_tools(included):
    text = '`include "near.vh"\nmodule linted (input wire a, output wire y); assign y = a ^ `FAR; endmodule\n'
    (included.root / "rtl" / "lab" / "linted.v").write_text(text.replace("`FAR", "1'b`FAR"))
    checks = [lint.verilator("linted", included.root), lint.icarus("linted", included.root)]
    checks += lint.yosys(["linted"], included.root)
    assert [check.faults for check in checks] == [(), (), ()]


def test_lint_names_a_byte_order_mark(own_lab):
    path = own_lab.root / "rtl" / "lab" / "core.v"
    own_lab.add("core")
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    said = "rtl/lab/core.v: a byte-order mark at byte 0: save the file as UTF-8 without a mark"
    assert lint.rules(path, own_lab.root).faults == (said,)


# --- what names a build, and how it appears


def named(lab, top, sim="icarus", flavour=Flavour()):  # noqa: B008 (it is frozen)
    """Name the folder of a build without building."""
    bench = lab.project.bench(top)
    return build(lab.project, bench, bench.config("w8"), sim, flavour).folder.name


@pytest.fixture
def unbuilt(own_lab, monkeypatch):
    """A core with an include of two places and a memory file, of which nothing is built."""
    monkeypatch.setattr(builds, "once", lambda *_: None)
    memory = 'reg [7:0] table_mem [0:1];\ninitial $readmemh("table.mem", table_mem);'
    own_lab.add("core", fault(ECHO, ("// declarations", f'`include "near.vh"\n{memory}')))
    for name in ("rtl/near.vh", "rtl/lab/near.vh", "rtl/lab/table.mem"):
        (own_lab.root / name).write_text("// 1\n")
    return own_lab


@pytest.mark.parametrize("name", ["rtl/lab/core.v", "rtl/lab/near.vh", "rtl/lab/table.mem"])
def test_whatever_a_build_reads_names_it(unbuilt, name):
    before = named(unbuilt, "core")
    path = unbuilt.root / name
    path.write_text(path.read_text() + "\n")
    assert named(unbuilt, "core") != before


def test_the_place_of_an_include_names_a_build(unbuilt):
    before = named(unbuilt, "core")
    (unbuilt.root / "rtl/lab/near.vh").unlink()
    assert named(unbuilt, "core") != before


def test_what_a_build_does_not_read_does_not_name_it(unbuilt):
    before = named(unbuilt, "core")
    (unbuilt.root / "rtl/lab/far.vh").write_text("// 1\n")
    os.utime(unbuilt.root / "rtl/lab/core.v", (0, 0))
    assert named(unbuilt, "core") == before


@pytest.mark.parametrize("what", ["recipe", "harness", "transactors"])
def test_tools_harness_and_transactors_name_a_build(unbuilt, tmp_path_factory, monkeypatch, what):
    before = named(unbuilt, "core")
    if what == "recipe":  # flags and versions
        monkeypatch.setattr(type(builds.SIMULATORS["icarus"]), "recipe", lambda *_: ["another version"])
    elif what == "harness":
        monkeypatch.setattr(builds.harness, "render", lambda *_, **__: "// another")
    else:
        path = tmp_path_factory.mktemp("hdl") / "tb_axis.v"
        path.write_text("// another")
        monkeypatch.setattr(builds.harness, "transactors", lambda _: [path])
    assert named(unbuilt, "core") != before


def test_a_digest_knows_where_one_part_ends():
    assert len({digest(parts) for parts in (["ab", "c"], ["a", "bc"], ["abc"], ["abc", ""], [b"abc"])}) == 4


def test_a_build_that_was_cut_off_is_made_anew_and_a_whole_one_is_not(tmp_path):
    folder = tmp_path / "build"
    made = []

    def fails(into):
        made.append(1)
        (into / "half").touch()
        raise BuildError("no compiler")

    with pytest.raises(BuildError):
        once(folder, fails)
    assert not folder.exists()
    once(folder, lambda into: (into / "whole").touch())
    assert [path.name for path in folder.iterdir()] == ["whole"]
    once(folder, fails)  # another process has been quicker
    assert made == [1]


def test_one_process_at_a_time_builds(tmp_path):
    folder = tmp_path / "build"

    def make(_):
        with pytest.raises(Timeout), FileLock(f"{folder}.lock", timeout=0):
            pass
        assert not folder.exists()

    once(folder, make)
    assert folder.is_dir()


def test_a_build_runs_wherever_it_is_moved_or_sent(own_lab):
    """What it shares with others is found from where it lies now."""
    top = own_lab.add("moved")
    share_runtime(own_lab.root)
    spec = RunSpec(top, "w8", "verilator", "burst")
    assert attempt(own_lab.project, spec).passed
    there = own_lab.root.with_name("there")
    own_lab.root.rename(there)
    assert attempt(Project(there), spec).passed
    (folder,) = there.glob("build/sim/verilator-*/")
    data = remote._pack(folder)
    shutil.rmtree(folder)
    remote._unpack(data, folder)
    made = (folder / "design.so").stat().st_mtime_ns
    assert attempt(Project(there), spec).passed
    assert (folder / "design.so").stat().st_mtime_ns == made


def test_what_a_build_runs_with_is_made_where_it_is_missing(tmp_path, monkeypatch):
    """It is, where a build comes from another machine."""
    flavour = Flavour()
    folder, _, _ = verilator._program(tmp_path, tools.verilator().root, flavour)
    monkeypatch.setattr(verilator, "_runtime", lambda *_: folder.mkdir(parents=True))
    for _ in range(2):
        SIMULATORS["verilator"].complete(tmp_path, flavour)
    assert folder.is_dir()
