# SPDX-License-Identifier: Apache-2.0
"""Lint passes a clean core and finds each planted fault."""

import pytest
from rich.console import Console

from ulpwise.cli import lint
from ulpwise.cli.lint_memory import Memory

CLEAN = """// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module core (
    input  wire [3:0] a,
    output wire [3:0] y
);
    assign y = ~a;
endmodule
"""


@pytest.fixture
def root(tmp_path):
    (tmp_path / "pyproject.toml").write_text("[project]\nlicense = 'Apache-2.0'\n")
    for folder in ("rtl/online", "tests/online", "models/online"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "tests/online/test_core.py").touch()
    write(tmp_path, CLEAN)
    return tmp_path


def write(root, text, name="core"):
    path = root / "rtl/online" / f"{name}.v"
    path.write_text(text)
    return path


def test_a_clean_core_passes_every_tool(root):
    checks = [lint.rules(root / "rtl/online/core.v", root), lint.verilator("core", root), lint.icarus("core", root)]
    assert [check.faults for check in checks] == [(), (), ()]
    assert lint.yosys(["core"], root) == [lint.Check("yosys core")]


def test_verilator_finds_a_planted_width_warning(root):
    write(root, CLEAN.replace("output wire [3:0]", "output wire [2:0]"))
    assert any("WIDTHTRUNC" in fault for fault in lint.verilator("core", root).faults)


def test_icarus_finds_an_implicit_wire(root):
    write(root, CLEAN.replace("`default_nettype none\n", "").replace("~a;", "~a; not n (w, a[0]);"))
    assert any("implicit" in fault for fault in lint.icarus("core", root).faults)


def test_yosys_finds_a_missing_driver_and_goes_on_after_an_error(root):
    write(root, CLEAN.replace("core", "alone").replace("assign y = ~a;", "nothing n (.a(a), .y(y));"), "alone")
    write(root, CLEAN.replace("core", "loose").replace("assign y = ~a;", "wire w; assign y = {4{w}};"), "loose")
    checks = {check.name: check.faults for check in lint.yosys(["alone", "loose", "core"], root)}
    assert any("nothing" in fault for fault in checks["yosys alone"])
    assert any("used but has no driver" in fault for fault in checks["yosys loose"])
    assert checks["yosys core"] == ()


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("Apache-2.0", "MIT", "the first line is not // SPDX-License-Identifier: Apache-2.0"),
        ("module core", "module cote", "holds cote, but must hold one module, core, its file's name"),
        (
            "endmodule",
            "endmodule\nmodule b; endmodule",
            "holds core, b, but must hold one module, core, its file's name",
        ),
        ("`default_nettype none", "// `default_nettype none", "lacks `default_nettype none"),
    ],
)
def test_each_rule_of_a_header(root, old, new, fault):
    path = write(root, CLEAN.replace(old, new))
    assert lint.rules(path, root).faults == (f"rtl/online/core.v: {fault}",)


def test_a_core_needs_its_bench_and_models(root):
    path = root / "rtl/online/core.v"
    (root / "tests/online/test_core.py").unlink()
    (root / "models/online").rmdir()
    assert lint.rules(path, root).faults == (
        "rtl/online/core.v: has no bench tests/online/test_core.py",
        "rtl/online/core.v: has no golden models in models/online/",
    )


def test_common_needs_neither(root):
    (root / "rtl/common").mkdir()
    path = root / "rtl/common/core.v"
    (root / "rtl/online/core.v").rename(path)
    assert lint.rules(path, root).faults == ()


def test_a_core_is_held_to_verilog_2005(root):
    core = CLEAN.replace("endmodule", "reg seen;\n\nalways_comb seen = a;\n\nendmodule")
    write(root, core)
    assert lint.icarus("core", root).faults[0].startswith("rtl/online/core.v:")


@pytest.mark.parametrize(("source", "status"), [(CLEAN, 0), (CLEAN.replace("`default_nettype none\n", ""), 1)])
def test_the_status_and_a_line_for_each_check(root, source, status, monkeypatch, capsys):
    monkeypatch.setattr(lint, "python_checks", lambda _: [lambda: lint.Check("ruff check")])
    monkeypatch.setattr(lint, "benches", lambda _: lint.Check("benches"))
    write(root, source)
    assert lint.run(root, Console(soft_wrap=True)) == status
    lines = capsys.readouterr().out.splitlines()
    assert {"ok   yosys core", "ok   verilator core", "ok   icarus core", "ok   ruff check"} <= set(lines)
    assert ("       rtl/online/core.v: lacks `default_nettype none" in lines) == bool(status)


def test_a_source_that_cannot_be_read_fails_alone(root, monkeypatch, capsys):
    monkeypatch.setattr(lint, "python_checks", lambda _: [])
    for name in ("marked", "parent"):
        (root / f"tests/online/test_{name}.py").touch()
    path = write(root, CLEAN.replace("core", "marked"), "marked")
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    write(root, CLEAN.replace("core", "parent").replace("assign y = ~a;", "marked m (.a(a), .y(y));"), "parent")
    assert lint.run(root, Console(soft_wrap=True)) == 1
    lines = capsys.readouterr().out.splitlines()
    # the benches here are empty files
    assert [line for line in lines if line.startswith("FAIL")] == ["FAIL rules marked", "FAIL benches"]
    assert {"ok   yosys core", "ok   verilator core", "ok   icarus core"} <= set(lines)
    assert any("rtl/online/marked.v: a byte-order mark at byte 0" in line for line in lines)


def test_what_passed_is_checked_again_when_anything_that_it_reads_has_changed(root, monkeypatch, capsys):
    """Its own text, that of a child, what it includes; a fault is never remembered, and --all forgets everything."""
    monkeypatch.setattr(lint, "python_checks", lambda _: [])
    monkeypatch.setattr(lint, "benches", lambda _: lint.Check("benches"))
    (root / "tests/online/test_child.py").touch()
    (root / "rtl/online/half.vh").write_text("// nothing\n")
    write(root, CLEAN.replace("assign y = ~a;", "child c (.a(a), .y(y));"))
    write(root, CLEAN.replace("core", "child"), "child")
    ran = []
    plain = lint._run
    monkeypatch.setattr(lint, "_run", lambda command, *rest: ran.append(command) or plain(command, *rest))

    def tried(status=0, **rest) -> int:
        """Count the runs of tools."""
        ran.clear()
        assert lint.run(root, Console(soft_wrap=True), **rest) == status
        lines = capsys.readouterr().out.splitlines()
        assert {f"{tool} {name}" for tool in ("verilator", "icarus", "yosys") for name in ("core", "child")} <= {
            line[5:] for line in lines
        }
        return len(ran)

    assert tried() == 5  # two tools for each of two modules, and Yosys once for both
    assert tried() == 0
    assert tried(fresh=True) == 5
    write(root, CLEAN.replace("assign y = ~a;", "child c (.a(a), .y(y)); // other"))
    assert tried() == 3  # the parent alone
    write(root, CLEAN.replace("core", "child").replace("~a", "-a"), "child")
    assert tried() == 5
    (root / "rtl/online/half.vh").write_text("// something\n")
    assert tried() == 5
    write(root, CLEAN.replace("core", "child").replace("~a", "a + 5'd1"), "child")
    assert tried(1) == 5
    assert tried(1) > 0


@pytest.fixture
def tried(root, monkeypatch):
    """Lint and count the runs of tools."""
    monkeypatch.setattr(lint, "python_checks", lambda _: [])
    monkeypatch.setattr(lint, "benches", lambda _: lint.Check("benches"))
    plain, ran = lint._run, []

    def run(command, *rest):
        ran.append(command)
        return plain(command, *rest)

    def tried():
        ran.clear()
        lint.run(root, Console(quiet=True))
        return len(ran)

    monkeypatch.setattr(lint, "_run", run)
    return tried


INCLUDING = CLEAN.replace("    assign", '    `include "half.inc"\n    assign')


@pytest.mark.parametrize("place", ["half.inc", "rtl/half.inc", "rtl/online/half.inc", "docs/half.inc"])
def test_whatever_is_included_is_part_of_what_passed(root, tried, place):
    (root / place).parent.mkdir(exist_ok=True)
    (root / place).write_text("// nothing\n")
    write(root, INCLUDING.replace("half.inc", place if place.startswith("docs") else "half.inc"))
    assert [tried(), tried()] == [3, 0]
    (root / place).write_text("// something\n")
    assert [tried(), tried()] == [3, 0]


def test_an_include_named_as_a_source_is_part_of_what_passed(root, tried):
    (root / "rtl/online/inner").mkdir()
    for text in ("// nothing\n", "// something\n"):
        (root / "rtl/online/inner/half.v").write_text(text)
        write(root, INCLUDING.replace("half.inc", "inner/half.v"))
        assert [tried(), tried()] == [3, 0]


def test_the_place_of_an_include_is_part_of_what_passed(root, tried):
    """Of two of one name, the first folder's is read."""
    write(root, INCLUDING)
    for place in ("a", "b"):
        (root / "rtl" / place).mkdir()
        (root / "rtl" / place / "half.inc").write_text(f"// {place}\n")
    assert [tried(), tried()] == [3, 0]
    (root / "rtl/a").rename(root / "rtl/c")
    assert [tried(), tried()] == [3, 0]


def test_a_memory_file_is_part_of_what_passed(root, tried):
    """Yosys reads it where it is named, from the top of the project."""
    (root / "data").mkdir()
    memory = 'reg [3:0] rom [0:1];\n    initial $readmemh("data/rom.hex", rom);\n    assign y = rom[a[0]];'
    write(root, CLEAN.replace("assign y = ~a;", memory).replace("[3:0] a,", "[0:0] a,"))
    for text in ("1\n2\n", "3\n4\n"):
        (root / "data/rom.hex").write_text(text)
        assert [tried(), tried()] == [3, 0]


def test_what_was_edited_while_a_tool_read_it_has_not_passed(root, tried, monkeypatch):
    plain = lint._run

    def run(*rest):
        outcome = plain(*rest)
        write(root, CLEAN.replace("output wire [3:0]", "output wire [2:0]"))
        return outcome

    with monkeypatch.context() as patched:
        patched.setattr(lint, "_run", run)
        assert lint._once(lint.verilator, lint.tools.verilator, Memory(root, lint.arguments), "core").faults == ()
    assert tried() == 3
    assert lint.run(root, Console(quiet=True)) == 1
