# SPDX-License-Identifier: Apache-2.0
"""Contents decide what a run is: no bytecode is stale, and whatever shapes a result is in its fingerprint."""

from __future__ import annotations

import os
import sys

import pytest

from ulpwise.run import fingerprint as module
from ulpwise.run.fingerprint import fingerprint

ORDER = {"seed": 1, "n": 10, "vectors": None}
PLUS = "return {'y': (t['x'] + STEP) % 2**c.WIDTH}"
HELPERS = {
    "the bench": ("tests/lab/test_TOP.py", "STEP = 1"),
    "a helper beside it": ("tests/lab/_TOP_steps.py", "from tests.lab._TOP_steps import STEP"),
    "a golden model": ("models/TOP_model.py", "from models.TOP_model import STEP"),
}


def rewrite(path, old, new):
    """Edit a file so that its size and its times stay."""
    times = path.stat()
    text = path.read_text()
    assert text.count(old) == 1
    assert len(old) == len(new)
    path.write_text(text.replace(old, new))
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


# in a process of its own: `models` of the repository itself is not to be in the way
RUN = """\
from pathlib import Path
from ulpwise.bench.project import Project
from ulpwise.run.record import RunSpec
from ulpwise.run.execute import attempt
record = attempt(Project(Path.cwd()), RunSpec("stale", "step1", "icarus", "burst"))
print(record.fingerprint, *record.reasons)
"""


@pytest.fixture(params=HELPERS)
def stale(own_lab, request):
    """A bench whose golden function takes its step from a file, and that file."""
    name, head = HELPERS[request.param]
    path = own_lab.root / name.replace("TOP", "stale")
    for folder in (path.parent, own_lab.root / "models"):
        folder.mkdir(parents=True, exist_ok=True)
    (own_lab.root / "models" / "__init__.py").touch()
    path.write_text("STEP = 1\n")
    own_lab.add("stale", HEAD=head.replace("TOP", "stale"), GOLDEN=PLUS, CONFIGS="{'step1': {'WIDTH': 8}}")
    return own_lab, path


def test_an_edit_that_leaves_size_and_time_counts_in_the_simulator(stale):
    own_lab, path = stale
    first, *reasons = own_lab.python("-c", RUN).stdout.split(maxsplit=1)
    assert reasons == []
    rewrite(path, "STEP = 1", "STEP = 2")
    second, reason = own_lab.python("-c", RUN).stdout.split(maxsplit=1)
    assert reason.startswith("wrong value: ")
    assert first != second


def test_an_edit_that_leaves_size_and_time_counts_in_the_parent(stale):
    own_lab, path = stale
    bench = own_lab.root / "tests/lab/test_stale.py"
    bench.write_text(bench.read_text().replace("'step1'", "f'step{STEP}'"))
    assert own_lab.cli("list", PYTHONDONTWRITEBYTECODE="").stdout.split() == ["stale", "lab", "step1"]
    rewrite(path, "STEP = 1", "STEP = 2")
    assert own_lab.cli("list", PYTHONDONTWRITEBYTECODE="").stdout.split() == ["stale", "lab", "step2"]


@pytest.fixture
def kept(own_lab):
    """A bench with all that it may read."""
    texts = {
        "models/lab/deep/table.bin": "1",
        "models/lab/model.py": "A = 1",
        "tests/data/deep/er/weights.bin": "1",
        "tests/lab/_shared.py": "from tests.far._engine import *",
        "tests/far/_engine.py": "import tests.far.other.wheel\nfrom . import near\nfrom .other.wheel import A",
        "tests/far/near.py": "A = 1",
        "tests/far/other/__init__.py": "A = 1",
        "tests/far/other/wheel.py": "A = 1",
        "tests/far/test_alone.py": "A = 1",
        "rtl/lab/width.vh": "`define NOTHING 1",
    }
    for name, text in texts.items():
        path = own_lab.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    own_lab.add("core", CONFIGS="{'w8': {'WIDTH': 8, 'frames': 1}}")
    core = own_lab.root / "rtl/lab/core.v"
    core.write_text('`include "width.vh"\n' + core.read_text())
    return own_lab


def taken(lab, **order):
    bench = lab.project.bench("core")
    return fingerprint(lab.project, bench, bench.config("w8"), "burst", ORDER | order)


@pytest.mark.parametrize(
    "name",
    [
        "models/lab/deep/table.bin",
        "models/lab/model.py",
        "tests/data/deep/er/weights.bin",
        "tests/lab/_shared.py",
        "tests/far/_engine.py",
        "tests/far/other/wheel.py",
        "tests/far/other/__init__.py",
        "tests/far/near.py",
        "rtl/lab/width.vh",
        "rtl/lab/core.v",
        "tests/lab/test_core.py",
    ],
)
def test_whatever_a_run_may_read_is_in_its_fingerprint(kept, name):
    before = taken(kept)
    path = kept.root / name
    path.write_text(path.read_text() + "\n")
    assert taken(kept) != before


def test_what_a_run_does_not_read_is_not(kept):
    before = taken(kept)
    for name in ("tests/far/test_alone.py", "models/lab/__pycache__/model.pyc", "rtl/lab/other.vh"):
        path = kept.root / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("A = 2")
    assert taken(kept) == before


def test_settings_of_the_bench_are_in_the_fingerprint_wherever_they_come_from(kept, monkeypatch):
    path = kept.root / "tests/lab/test_core.py"
    path.write_text(path.read_text().replace("'frames': 1", "'frames': int(os.environ.get('FRAMES', 1))"))
    before = taken(kept)
    monkeypatch.setenv("FRAMES", "2")
    assert taken(kept) != before


def test_settings_may_have_thousands_of_digits(kept):
    before = taken(kept)
    path = kept.root / "tests/lab/test_core.py"
    path.write_text(path.read_text().replace("'frames': 1", "'frames': 1 << 20000"))
    assert taken(kept) != before


def test_the_framework_itself_keeps_its_bytecode():
    """A run starts a Python, which must not compile everything anew."""
    assert type(sys.modules["ulpwise.run.fingerprint"].__loader__).__name__ != "Fresh"


@pytest.mark.parametrize("order", [{"seed": 2}, {"n": 11}, {"n": None}])
def test_the_order_of_a_run_is_in_its_fingerprint(kept, order):
    assert taken(kept, **order) != taken(kept)


def test_transactions_of_the_user_are_in_the_fingerprint(kept):
    path = kept.root / "mine.csv"
    found = {taken(kept)}
    for text in ("x\n1\n", "x\n2\n"):
        path.write_text(text)
        found.add(taken(kept, vectors=str(path)))
    assert len(found) == 3


def test_mode_and_configuration_are_in_the_fingerprint(own_lab):
    """Also where two configurations hold the same numbers."""
    own_lab.add("core", CONFIGS="{'a': {'WIDTH': 8}, 'b': {'WIDTH': 8}}")
    bench = own_lab.project.bench("core")
    runs = [(config, mode) for config in ("a", "b") for mode in ("burst", "beat")]
    found = {fingerprint(own_lab.project, bench, bench.config(config), mode, ORDER) for config, mode in runs}
    assert len(found) == 4


def test_the_name_of_a_file_counts(kept):
    before = taken(kept)
    path = kept.root / "models/lab/deep/table.bin"
    path.rename(path.with_name("tables.bin"))
    assert taken(kept) != before


def test_ports_that_come_from_elsewhere_are_in_the_fingerprint(kept, monkeypatch):
    path = kept.root / "tests/lab/test_core.py"
    path.write_text(path.read_text().replace("Unsigned(c.WIDTH)", "Unsigned(int(os.environ.get('PORT', 8)))"))
    before = taken(kept)
    monkeypatch.setenv("PORT", "7")
    assert taken(kept) != before


@pytest.mark.parametrize("what", ["transactors", "framework"])
def test_what_moves_and_judges_transactions_is_in_the_fingerprint(kept, tmp_path_factory, monkeypatch, what):
    own = tmp_path_factory.mktemp("framework") / "deep"
    own.mkdir()
    path = own / ("tb_axis.v" if what == "transactors" else "rules.py")
    path.write_text("1")
    if what == "transactors":
        monkeypatch.setattr(module.harness, "transactors", lambda _: [path])
    else:
        monkeypatch.setattr(module, "FRAMEWORK", own.parent)
    before = taken(kept)
    path.write_text("2")
    assert taken(kept) != before
