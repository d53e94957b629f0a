# SPDX-License-Identifier: Apache-2.0
"""Lint passes a clean core and finds each planted fault."""

import pytest
from rich.console import Console

from ulpwise.cli import lint

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
