"""What a person finds out by asking: version, help with examples, completion of names in the shell."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tomllib

import pytest
import typer.main
from typer.testing import CliRunner

from tests.tb._project import PATH, REPO
from ulpwise.cli import commands
from ulpwise.run.record import TIME_OUT
from ulpwise.system.version import VERSION

GROUP = typer.main.get_command(commands.app)
EXAMPLES = [
    (name, line)
    for name, command in GROUP.commands.items()
    for line in (command.epilog or "").split("\n\n")
    if line != "Examples:"
]


def test_one_version():
    project = tomllib.loads((REPO / "pyproject.toml").read_text())["project"]
    assert project.get("version", VERSION) == VERSION  # which a build may also read from here
    done = CliRunner().invoke(commands.app, ["--version"])
    assert (done.exit_code, done.stdout) == (0, f"ulpwise {VERSION}\n")


@pytest.mark.parametrize(("name", "line"), EXAMPLES, ids=[line for _, line in EXAMPLES])
def test_each_example_parses(name, line):
    program, command, *words = shlex.split(line)
    assert (program, command) == ("ulpwise", name)
    GROUP.commands[name].make_context(name, words)


@pytest.mark.parametrize("name", GROUP.commands)
def test_each_command_has_examples(name):
    lines = [line for of, line in EXAMPLES if of == name]
    assert lines
    shown = CliRunner().invoke(commands.app, [name, "--help"], terminal_width=200)
    assert shown.exit_code == 0
    assert all(word in shown.stdout for line in lines for word in line.split())


def test_the_limit_is_that_of_a_run():
    (limit,) = [option for option in GROUP.commands["sim"].params if option.name == "limit"]
    assert limit.default == TIME_OUT


def completed(lab, line):
    """Ask as bash does."""
    words = line.split(" ")
    asked = {"COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1), "_ULPWISE_COMPLETE": "complete_bash"}
    done = subprocess.run(
        [sys.executable, "-m", "ulpwise"],
        cwd=lab.root,
        env=os.environ | asked | {"PYTHONPATH": PATH},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    return done.stdout.split()


def test_names_are_completed(own_lab):
    own_lab.add("echo", CONFIGS="{'w8': {'WIDTH': 8}, 'w16': {'WIDTH': 16}, 'x': {'WIDTH': 1}}")
    own_lab.add("other")
    (own_lab.root / "rtl/lab/bare.v").touch()  # which has no bench
    assert completed(own_lab, "ulpwise sim --module ") == ["echo", "other"]
    assert completed(own_lab, "ulpwise area --module echo,o") == ["echo,other"]
    assert completed(own_lab, "ulpwise regress --family l") == ["lab"]
    assert completed(own_lab, "ulpwise sim --module echo --config w") == ["w8", "w16"]
    assert completed(own_lab, "ulpwise sim --module e* --config w8,") == ["w8,w16", "w8,x"]
    assert completed(own_lab, "ulpwise mutate --config w") == []
    assert "regress" in completed(own_lab, "ulpwise re")


def test_the_shell_is_told_how(own_lab):
    done = own_lab.cli("--show-completion", "bash", _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1")
    assert done.returncode == 0, done.stderr
    assert "_ULPWISE_COMPLETE=complete_bash" in done.stdout
    assert done.stdout.rstrip().endswith("ulpwise")


def test_help_completion_and_a_wrong_name_wait_for_nothing_slow():
    """Numbers, templates, the parser and the cluster take longer to import than all the rest."""
    slow = ("numpy", "jinja2", "pyslang", "dask", "matplotlib", "cocotb", "pyuvm", "scipy")
    code = f"import sys; import ulpwise.cli.commands; print([name for name in {slow} if name in sys.modules])"
    line = [sys.executable, "-c", code]
    env = os.environ | {"PYTHONPATH": PATH}
    assert subprocess.run(line, env=env, capture_output=True, text=True, check=True).stdout == "[]\n"


def test_the_package_has_all_that_it_names():
    import ulpwise  # noqa: PLC0415 (what is tested)

    assert all(getattr(ulpwise, name) is not None for name in ulpwise.__all__)
    with pytest.raises(AttributeError, match="'ulpwise' has no attribute 'Benches'"):
        _ = ulpwise.Benches
