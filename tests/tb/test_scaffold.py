"""`ulpwise init` makes a project that passes, `ulpwise new` a module that runs and says that its model is missing."""

from __future__ import annotations

import subprocess
import sys
import tomllib

import pytest

from tests.tb._project import DELAY, ECHO, PATH, REPO, Lab
from tests.tb.conftest import share_runtime
from ulpwise.cli import make_use
from ulpwise.scaffold import files as files_of
from ulpwise.scaffold import module as modules
from ulpwise.scaffold.pinout import Told

CORE = ECHO.replace("TOP", "echo")


def make(root, *words):
    """Run make of a project of one's own, with our Python."""
    line = ["/usr/bin/make", "--no-print-directory", f"PY={sys.executable}", *words]
    env = {"PATH": "/usr/bin:/bin", "PYTHONPATH": PATH}
    return subprocess.run(line, cwd=root, env=env, capture_output=True, text=True, check=False)


@pytest.fixture(scope="session")
def made(tmp_path_factory) -> Lab:
    """A project as init makes it."""
    root = tmp_path_factory.mktemp("own") / "mine"
    done = Lab(root.parent).cli("init", root.name, "--family", "first")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == "next: cd mine; make sim MODULE=saturating_add"
    share_runtime(root)
    return Lab(root)


def refused(done):
    """Return the one line of a refusal."""
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done.stderr
    return done.stderr.removeprefix("error: ").rstrip()


def files(root):
    return {path for path in root.rglob("*") if path.is_file() and not {"build", "__pycache__"} & set(path.parts)}


def test_the_example_passes(made):
    done = made.cli("sim", "--module", "saturating_add", "--sim", "icarus", "--mode", "burst", "--config", "w4")
    assert (done.returncode, done.stderr) == (0, "")
    assert "1 passed, 0 failed" in done.stdout


def test_pytest_collects_it(made):
    done = made.python("-m", "pytest", "--collect-only", "-q")
    assert "test_saturating_add.py::bench::saturating_add[w16-verilator-beat]" in done.stdout


def test_its_python_is_clean(made):
    for words in (("ruff", "check", "."), ("ruff", "format", "--check", ".")):
        done = made.python("-m", *words)
        assert done.returncode == 0, done.stdout


def test_init_refuses_a_folder_that_holds_any_of_its_files(tmp_path):
    (tmp_path / "rtl" / "example").mkdir(parents=True)
    (tmp_path / "Makefile").write_text("mine:\n")
    before = files(tmp_path)
    assert refused(Lab(tmp_path).cli("init")) == "Makefile exists already: nothing was written"
    assert files(tmp_path) == before
    assert "is a file" in refused(Lab(tmp_path).cli("init", "Makefile"))
    assert "a name is letters" in refused(Lab(tmp_path).cli("init", "x", "--family", "a-b"))


def test_init_leaves_what_stands_where_it_needs_a_folder(tmp_path):
    (tmp_path / "models").symlink_to("/nonexist")
    said = refused(Lab(tmp_path).cli("init"))
    assert said == "models exists and is no folder: nothing was written"
    assert [path.name for path in tmp_path.iterdir()] == ["models"]
    assert (tmp_path / "models").is_symlink()


def test_init_says_where_to_go_in_words_that_a_shell_takes(tmp_path):
    assert Lab(tmp_path).cli("init", "a b").stdout.splitlines()[-1].startswith("next: cd 'a b'; make sim ")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("sim", "MODUL=x"), "unknown variable MODUL: did you mean MODULE?"),
        (("lint", "MODULE=x"), "make lint takes no MODULE: it belongs to make area, coverage, limits, list, mutate"),
        (("sim", "WAVES=maybe"), "WAVES=maybe: a flag is 1 or 0"),
        (("regress", "LEVLE=full"), "unknown variable LEVLE: did you mean LEVEL?"),
        (("new", "SIM=icarus"), "make new takes no SIM"),
    ],
)
def test_its_makefile_refuses_wrong_use(words, said, made):
    done = make(made.root, *words)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert said in done.stderr


def test_its_makefile_says_how_to_install(made):
    done = make(made.root, "list", "PY=/usr/bin/python3 -S")
    assert done.returncode == 2
    assert "python -m pip install" in done.stderr
    assert "PATH/TO/CHECKOUT[all]" in done.stderr


def test_its_makefile_names_the_extra_that_tests_need(made, tmp_path):
    (tmp_path / "blind.py").write_text(
        "import importlib.util, sys\n"
        "importlib.util.find_spec = lambda name: None\n"
        "from ulpwise.system import install\n"
        "sys.argv = ['x', 'test']\n"
        "install.main()"
    )
    done = made.python(tmp_path / "blind.py")
    assert "install.main()' test" in make(made.root, "-n", "test").stdout
    assert refused(done).startswith("pytest is missing, of the extra 'test'; run: ")


def test_its_makefile_has_every_target_and_variable_of_ours():
    """The framework's replay commands are written for both."""
    own, flags = make_use.takes((REPO / "Makefile").read_text())
    theirs, their_flags = make_use.takes((files_of.TEMPLATES / "Makefile.j2").read_text())
    ours = own.keys() - {"bench", "results", "bitlet-study", "setup", "python3", "distclean"}
    assert theirs == {name: own[name] for name in ours} | {"ready": set()}
    assert their_flags == flags
    assert set().union(*theirs.values()) - flags - {"ARGS"} == _passed((files_of.TEMPLATES / "Makefile.j2").read_text())


def _passed(makefile):
    """The variables that travel in the environment."""
    names = makefile.replace("\\\n", "").split("NAMES :=")[1].splitlines()[0]
    return set(names.split())


def test_its_makefile_passes_what_it_takes(made):
    given = ["MODULE=m", "CONFIG=c", "SIM=s", "MODE=o", "SEED=1", "N=2", "JOBS=3", "FAMILY=f", "JSON=-", "WAVES=1"]
    said = make(made.root, "-n", "sim", *given).stdout
    assert all(f"--{word.split('=')[0].lower()}" in said for word in given)


def test_a_new_module_runs_and_misses_its_model(made):
    done = make(made.root, "new", "MODULE=lone")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[:3] == [f"wrote {name}" for name in _three("lone")]
    _misses(made, "lone", "first")


def test_a_core_from_elsewhere_runs_and_misses_its_model(made, tmp_path):
    """With the module beside it that it instantiates, and what it includes."""
    (tmp_path / "part.sv").write_text('module part (input wire a, output wire y);\n`include "not.vh"\nendmodule\n')
    (tmp_path / "not.vh").write_text("assign y = ~a;\n")
    held = "input  wire             clk,\n    input  wire mode, output wire busy,"
    core = CORE.replace("input  wire             clk,", held).replace("endmodule", "part p (mode, busy);\nendmodule")
    path = tmp_path / "core.v"
    path.write_text(core)
    done = made.cli("new", "echo", "--family", "second", "--from", path)
    assert (done.returncode, done.stderr) == (0, "")
    copied = {name: f"copied to rtl/second/{name}" for name in ("echo.v", "part.v", "not.vh")}
    assert set(copied.values()) <= set(done.stdout.splitlines())
    assert "held mode at 0: not known by its name" in done.stdout
    assert (made.root / "rtl/second/echo.v").read_text() == core
    assert "Unsigned(c.WIDTH)" in (made.root / "tests/second/test_echo.py").read_text()
    _misses(made, "echo", "second")


def test_a_core_that_is_in_its_place_stays(made):
    path = made.root / "rtl/third/delay.v"
    path.parent.mkdir()
    path.write_text(DELAY.replace("TOP", "delay"))
    done = made.cli("new", "delay", "--from", path)
    assert (done.returncode, done.stderr) == (0, "")
    wrote = ["wrote tests/third/test_delay.py", "wrote models/third/delay.py"]
    assert done.stdout.splitlines() == [*wrote, "next: make sim MODULE=delay SIM=icarus"]
    _misses(made, "delay", "third")


def _three(module):
    return f"rtl/first/{module}.v", f"tests/first/test_{module}.py", f"models/first/{module}.py"


def _misses(made, module, family):
    """The verdict names file and line to fill in, and the generated files are clean."""
    done = made.cli("sim", "--module", module, "--sim", "icarus", "--mode", "burst")
    model = f"models/{family}/{module}.py"
    lines = (made.root / model).read_text().splitlines()
    place = next(number for number, line in enumerate(lines, 1) if "golden model missing" in line)
    assert done.returncode == 1
    assert f"  golden model missing ({model}:{place})" in done.stdout.splitlines()
    assert "Traceback" not in done.stdout + done.stderr
    for words in (
        ("check", "--isolated", "--line-length=120"),
        ("format", "--isolated", "--line-length=120", "--check"),
    ):
        done = made.python("-m", "ruff", *words, model, f"tests/{family}/test_{module}.py")
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("1st",), "module '1st': a name is letters, digits and _"),
        (("a.b",), "module 'a.b': a name is letters"),
        (("wire",), "module wire: that is a keyword of Verilog"),
        (("lambda",), "module lambda: that is a keyword of Python"),
        (("harness",), "module harness: harness and tb_... are the framework's own"),
        (("echo2", "--family", "2nd"), "family '2nd': a name is letters"),
        (("saturating_add",), "module saturating_add is there already: rtl/example/saturating_add.v"),
        (("echo", "--from", "gone.v"), "gone.v: there is no such file"),
        (("other", "--from", "core.v"), "core.v holds no module other: it holds echo"),
        (("echo", "--from", "notes.txt"), "notes.txt: a core is a file .v or .sv"),
        (("broken", "--from", "broken.v"), "slang: rtl/example/broken.v:1: "),
        (("wide", "--from", "wide.v"), "wide.v: xrst: clock, reset or enable"),
        (("echo", "--from", "core.v", "--tie", "a"), "tie a: write PIN=VALUE, such as a=0"),
        (("echo", "--from", "core.v", "--tie", "a=1"), "core.v: the core has no pin a"),
    ],
)
def test_new_refuses_in_one_line_and_writes_nothing(words, said, tmp_path):
    lab = Lab(tmp_path)
    lab._write("rtl/example/saturating_add.v", "module saturating_add;\nendmodule\n")
    lab._write("core.v", CORE)
    lab._write("notes.txt", "")
    lab._write("broken.v", "module broken (input clk;\nendmodule\n")
    lab._write("wide.v", CORE.replace("echo", "wide").replace("clk,", "clk, input wire xrst,"))
    before = files(tmp_path)
    assert said in refused(lab.cli("new", *words))
    assert files(tmp_path) == before


def test_new_refuses_a_bench_that_exists_and_asks_for_the_family_where_there_are_several(own_lab):
    own_lab._write("core.v", CORE)
    assert "name a family (--family): there are none yet" in refused(own_lab.cli("new", "x"))
    own_lab._write("tests/lab/test_echo.py", "")
    said = refused(own_lab.cli("new", "echo", "--family", "lab", "--from", "core.v"))
    assert "tests/lab/test_echo.py exists already" in said
    assert not (own_lab.root / "models").exists()
    assert list(own_lab.root.glob("rtl/*")) == []


WIRED = (
    CORE.replace("clk", "aclk")
    .replace("rst", "aresetn")
    .replace("s_axis_x_", "s_axis_")
    .replace("m_axis_y_", "m_axis_")
)


def checked(lab):
    """Load the bench and compare it with its core, in a process that knows no other project's models."""
    lines = (
        "from pathlib import Path; from ulpwise.bench.project import Project; from ulpwise.run.agree import agree",
        "project = Project(Path.cwd()); bench = project.bench('echo')",
        "bench.check(); agree(project, bench, bench.config('default'))",
    )
    done = lab.python("-c", "\n".join(lines))
    assert (done.returncode, done.stderr) == (0, "")


def test_pins_of_other_names_are_wired(own_lab):
    own_lab._write("core.v", WIRED)
    modules.new(own_lab.root, "echo", "lab", own_lab.root / "core.v", Told())
    text = " ".join((own_lab.root / "tests/lab/test_echo.py").read_text().split())
    assert (
        'wiring=Wiring( clock="aclk", reset="aresetn", active_low=True, pins={ "s_axis_x_tdata": "s_axis_tdata"' in text
    )
    assert "Unsigned, Wiring, ranges" in text
    checked(own_lab)


def test_parameters_are_integers_or_strings_or_left_out(own_lab):
    changed = '#(parameter real R = 1.5, parameter [1:0] M = 2, parameter FILE = "rom.hex", parameter Q = "a\\\\b",'
    core = CORE.replace("#(", changed, 1)
    assert core != CORE
    own_lab._write("core.v", core)
    modules.new(own_lab.root, "echo", "lab", own_lab.root / "core.v", Told())
    text = (own_lab.root / "tests/lab/test_echo.py").read_text()
    assert 'configs={"default": {"M": 2, "WIDTH": 8, "FILE": "rom.hex"}}' in text
    checked(own_lab)


@pytest.mark.parametrize("words", [("results",), ("results", "--family", "x"), ("bench",)])
def test_a_project_without_measurements_says_so(words, own_lab):
    assert refused(own_lab.cli(*words)).endswith("this project has no such measurements")


@pytest.mark.parametrize(
    ("core", "said"),
    [
        ("module plain;\nendmodule\n", "core.v: the core has no ports"),
        ("module plain (input a, b, output y);\nendmodule\n", "write the bench with Pipeline (docs/ports.md)"),
        ("module plain (input clk, input [7:0] a, output y);\nendmodule\n", "write the bench with Pipeline"),
        ("module plain #(parameter W) (input [W-1:0] a);\nendmodule\n", "the parameter W has no default"),
    ],
)
def test_new_says_what_it_writes_no_bench_for(core, said, own_lab):
    own_lab._write("core.v", core)
    assert said in refused(own_lab.cli("new", "plain", "--family", "lab", "--from", "core.v"))


def test_make_new_of_this_repository():
    line = ["/usr/bin/make", "-n", "SETUP=true", "new", "MODULE=x", "FROM=core.v", "FAMILY=f"]
    said = subprocess.run(line, cwd=REPO, capture_output=True, text=True, check=False).stdout
    assert all(word in said for word in ("-m ulpwise new", "--family", "--from"))


def test_the_page_names_what_there_is():
    page = (REPO / "docs" / "own-project.md").read_text()
    extras = tomllib.loads((REPO / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    rows = {line.split("`")[1] for line in page.splitlines() if line.startswith("| `") and line.count("|") == 4}
    assert rows == extras.keys() - {"all", "study", "training"}
    assert len(page.splitlines()) <= 155
