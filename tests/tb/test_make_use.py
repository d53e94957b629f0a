"""Variables that make is given by mistake are refused in one line, before anything runs."""

from __future__ import annotations

import subprocess

import pytest

from tests.tb._project import REPO
from ulpwise.cli import make_use

MAKEFILE = (REPO / "Makefile").read_text()


def make(*words, **env):
    line = ["/usr/bin/make", "-C", str(REPO), "--no-print-directory", "-n", "SETUP=true", *words]
    return subprocess.run(line, env={"PATH": "/usr/bin:/bin", **env}, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("sim", "MODUL=x"), "unknown variable MODUL: did you mean MODULE?"),
        (("sim", "module=x"), "unknown variable module: did you mean MODULE?"),
        (("sim", "MODULE=x", "WAVES=maybe"), "WAVES=maybe: a flag is 1 or 0 (or yes, no, on, off, true, false)"),
        (("regress", "LEVLE=full"), "unknown variable LEVLE: did you mean LEVEL?"),
        (("list", "MODULE=x"), "make list takes no MODULE: it belongs to make area, coverage, mutate, new, rank"),
        (("clean", "ALL=1"), "unknown variable ALL: there are none that this target takes"),
        (("sim", "MODUL=it's $(x) `x` #"), "unknown variable MODUL: did you mean MODULE?"),
    ],
)
def test_wrong_use(words, said):
    done = make(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert said in done.stderr


def test_every_target_is_checked():
    for target in make_use.takes(MAKEFILE)[0]:
        done = make(target, "NONESUCH=1")
        assert (done.returncode, done.stdout) == (2, ""), target
        assert "unknown variable NONESUCH" in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("sim", "MODULE=it's $x", "WAVES=1", "COVERAGE=no", "DEBUG=1"),
        ("test", "ARGS=-k x", "JOBS=2"),
        ("regress", "CLUSTER=tls://h:1", "TLS_CA=a", "TLS_CERT=b", "TLS_KEY=c", "RESUME=On"),
        ("list", "sim", "MODULE=x"),
        ("bitlet-study", "WEIGHTS=w", "BITS=3"),
        ("area", "LUTS=6,4", "YOSYS=yosys"),
    ],
)
def test_right_use(words):
    done = make(*words)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_environment_is_anybodys():
    assert make("list", MODULE="x", module="y", WAVES="maybe").returncode == 0


def test_each_variable_is_taken_by_a_target():
    known, flags = make_use.takes(MAKEFILE)
    names = MAKEFILE.split("NAMES := ")[1].split("unexport")[0].replace("\\", " ").split()
    assert set().union(*known.values()) == {*names, *flags, "ARGS"}
    assert flags == {"WAVES", "COVERAGE", "FAILED", "RESUME", "ACCEPT"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("sim", "--seed", "abc"), "error: Invalid value for '--seed'"),
        (("sim", "--modul", "x"), "error: No such option: --modul"),
        (("simm",), "error: No such command 'simm'. Did you mean 'sim'?"),
        ((), "error: "),
    ],
)
def test_wrong_options_of_the_command_are_one_line_too(own_lab, words, said):
    done = own_lab.cli(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(said)
    assert done.stderr.count("\n") == 1
