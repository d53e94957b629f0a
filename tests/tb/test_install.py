"""The package holds all that it needs, and no text sends anybody to PyPI for it: that name is somebody else's there."""

from __future__ import annotations

import importlib.metadata
import itertools
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.tb._project import REPO
from ulpwise.system import install

PROJECT = tomllib.loads((REPO / "pyproject.toml").read_text())
EXTRAS = PROJECT["project"]["optional-dependencies"]
PACKAGE = REPO / "tb" / "ulpwise"


def tracked(*folders):
    line = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *folders]
    done = subprocess.run(line, cwd=REPO, capture_output=True, text=True, check=True)
    return [path for name in done.stdout.splitlines() if (path := REPO / name).is_file()]


def test_the_wheel_holds_every_file_of_the_package():
    patterns = PROJECT["tool"]["setuptools"]["package-data"]["ulpwise"]
    packaged = {path for pattern in patterns for path in PACKAGE.glob(pattern)}
    files = tracked("tb/ulpwise")
    assert [str(path) for path in files if path.suffix != ".py" and path not in packaged] == []
    assert [
        str(path.parent) for path in files if path.suffix == ".py" and not (path.parent / "__init__.py").is_file()
    ] == []


def test_what_the_package_asks_for_is_what_we_test_with():
    pinned = {}
    for path in REPO.glob("requirements*.txt"):
        for line in path.read_text().splitlines():
            name, _, version = line.partition("==")
            if version:
                pinned[name.lower().replace("_", "-")] = version
    asked = [Requirement(text) for text in [*PROJECT["project"]["dependencies"], *itertools.chain(*EXTRAS.values())]]
    strange = {each.name for each in asked if each.name not in pinned}
    assert strange == {"dask-jobqueue"}  # which only machines with a batch system have
    assert [str(each) for each in asked if each.name not in strange and pinned[each.name] not in each.specifier] == []


def test_all_is_the_extras_that_commands_ask_for():
    assert set(EXTRAS["all"]) == {text for name in install.EXTRAS for text in EXTRAS[name]}


PLAIN = re.compile(
    r"pip3? install(\s+-\S+)*\s+['\"]?ulpwise(?![\w/])"
    r"|^\s*['\"]?ulpwise\s*(\[[^\]]*\])?\s*(([=<>~!]=|[<>;@])[^\n]*)?['\"]?,?$",
    re.MULTILINE,
)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("pip install ulpwise", True),
        ("pip install -U 'ulpwise[report]'", True),
        ("pip3 install ulpwise==0.1", True),
        ("    ulpwise>=0.1", True),
        ('"ulpwise[report]",', True),
        ("pip install 'PATH/TO/CHECKOUT[all]'", False),
        ("pip install /home/me/ulpwise", False),
        ("ulpwise list", False),
        ('ulpwise = "ulpwise.cli.commands:main"', False),
    ],
)
def test_what_leads_to_the_package_of_somebody_else_is_seen(text, plain):
    assert bool(PLAIN.search(text)) == plain


def test_nothing_we_write_leads_there():
    ours = [path for path in tracked() if path.suffix not in {".npz", ".png"} and path != Path(__file__)]
    assert len(ours) > 300
    assert [str(path) for path in ours if PLAIN.search(path.read_text(errors="replace"))] == []


def test_every_command_to_install_the_framework_is_of_one_form():
    """Documents cannot take it from the constant; they say it in its words."""
    form = re.compile(
        install.INSTALL.split("'")[1]
        .format(checkout=r"\S+", extra=r"[a-z,]+")
        .replace("[[", r"\[[")
        .replace("]+]", r"]+\]")
    )
    for path in tracked("README.md", "docs", "tb/ulpwise", "pyproject.toml"):
        for line in path.read_text().splitlines():
            if re.search(r"pip install .*CHECKOUT", line):
                assert form.search(line), f"{path}: {line}"


def test_the_remedy_in_the_repository_and_elsewhere(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "prefix", str(REPO / ".venv"))
    monkeypatch.chdir(REPO)
    assert install.remedy("report") == "run: python3 tb/bootstrap.py"
    monkeypatch.chdir(tmp_path)
    assert install.remedy("report") == f"run: python3 {REPO}/tb/bootstrap.py"
    monkeypatch.setattr(sys, "prefix", str(tmp_path / ".venv"))
    monkeypatch.setattr(sys, "executable", str(tmp_path / ".venv/bin/python"))
    assert install.remedy("report") == f"run: .venv/bin/python -m pip install '{REPO}[report]'"


@pytest.mark.parametrize(
    ("noted", "found"),
    [
        ({"url": REPO.as_uri(), "dir_info": {}}, str(REPO)),
        ({"url": "file:///gone", "dir_info": {}}, install.ELSEWHERE),
        ({"url": "https://h/ulpwise.git"}, install.ELSEWHERE),
        (None, install.ELSEWHERE),
    ],
)
def test_the_checkout_of_an_installed_package(noted, found, monkeypatch, tmp_path):
    class Distribution:
        @staticmethod
        def read_text(name):
            assert name == "direct_url.json"
            return None if noted is None else json.dumps(noted)

    monkeypatch.setattr(install, "CHECKOUT", tmp_path)
    monkeypatch.setattr(importlib.metadata, "distribution", lambda _: Distribution)
    assert install.checkout() == found


@pytest.mark.parametrize(
    ("command", "package", "extra"),
    [("report", "matplotlib", "report"), ("rank", "scipy", "rank"), ("lint", "ruff", "lint")],
)
def test_a_command_without_its_extra_says_so_in_one_line(command, package, extra, own_lab):
    blind = (
        "import sys, importlib.util\n"
        "find = importlib.util.find_spec\n"
        f"importlib.util.find_spec = lambda name, *rest: None if name == '{package}' else find(name, *rest)\n"
        f"sys.argv = ['ulpwise', '{command}']\n"
        "from ulpwise.cli.commands import main\n"
        "main()"
    )
    done = own_lab.python("-c", blind)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith(f"error: {package} is missing, of the extra '{extra}'; run: ")
