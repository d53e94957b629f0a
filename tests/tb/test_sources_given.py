# SPDX-License-Identifier: Apache-2.0
"""Sources that a bench names itself: files, globs, lists and FuseSoC's cores, in every tool, and what is refused."""

import pytest

from tests.tb._project import ECHO, STREAM, fault
from tests.tb.conftest import share_runtime
from ulpwise.history import tree
from ulpwise.mutate.netlist import elaborate as mutated
from ulpwise.run.fingerprint import fingerprint
from ulpwise.synthesis.area import AreaRequest, measure
from ulpwise.toolchain.simulators import SIMULATORS
from ulpwise.verilog.given import read
from ulpwise.verilog.parse import SourceError
from ulpwise.verilog.sources import closure

ORDER = {"seed": 1, "n": 10, "vectors": None}
CORE = fault(ECHO, ("1'b1", "y_step"), ("// declarations", '`include "step.vh"\nwire y_step; part p (y_step);'))
PART = "module part (output wire y); assign y = `STEP; endmodule\n"
LIST = "// the core\n+incdir+inc +define+STEP=`ONE\n/* its\nparts */ core.v # all\n-y lib -v cells.v -F deep/more.f\n"
FUSE = """\
CAPI=2:
name: acme:ip:core:1.0
filesets:
  rtl:
    files: [core.v, {inc/step.vh: {is_include_file: true}}, notes.txt: {file_type: user}]
    file_type: verilogSource
    depend: [">=acme:ip:part:0.1"]
targets: {default: {filesets: [rtl]}}
"""
DEPENDED = """\
CAPI=2:
name: acme:ip:part:0.2
filesets: {rtl: {files: [lib/part.v], file_type: verilogSource-2005}}
targets: {default: {filesets: [rtl]}}
"""


def write(root, **texts):
    for name, text in texts.items():
        path = root / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.fixture
def vendor(own_lab):
    """A project whose core `core` lies in vendor/, with a bench that names its list."""
    root = own_lab.root
    write(root, vendor__inc__step_dot_vh="`define ONE 1'b1\n", vendor__lib__part_dot_v=PART, vendor__list_dot_f=LIST)
    write(root, vendor__core_dot_v=CORE.replace("TOP", "core"), vendor__cells_dot_v="module cell_a; endmodule\n")
    write(root, vendor__deep__more_dot_f="own.sv", vendor__deep__own_dot_sv="module own; endmodule\n")
    write(root, vendor__core_dot_core=FUSE, vendor__part_dot_core=DEPENDED, vendor__notes_dot_txt="")
    share_runtime(root)
    name(own_lab, "sources=['vendor/entry.f'],")
    write(root, vendor__entry_dot_f="-F list.f\n".replace("list.f", "vendor/list.f"))
    return own_lab


def name(lab, more):
    """Write the bench with these sources, and no core in rtl/."""
    lab.add("core", REST=STREAM["REST"] + more)
    (lab.root / "rtl/lab/core.v").unlink()


@pytest.mark.parametrize("sim", SIMULATORS)
def test_a_core_of_a_list_passes_and_a_fault_in_it_is_found(vendor, sim):
    record = vendor.run("core", sim=sim)
    assert record.passed, record.reasons
    write(vendor.root, vendor__inc__step_dot_vh="`define ONE 1'b0\n")
    assert not vendor.run("core", sim=sim).passed


def test_globs_and_includes_and_defines_of_the_bench_itself(vendor):
    more = "sources=['../{0}/vendor/c*.v', 'vendor/lib/part.v'], includes=['vendor/inc'], defines={{'STEP': {1}}},"
    for step, passed in ((1, True), (0, False)):
        name(vendor, more.format(vendor.root.name, step))
        assert vendor.run("core").passed == passed


def test_fusesoc_cores_come_behind_what_they_depend_on(vendor):
    root = vendor.root
    found = read(root, ["vendor/core.core", "vendor/part.core"], (), {"STEP": 1})
    assert [path.name for path in found.files] == ["part.v", "core.v"]
    assert found.includes == (root / "vendor/inc",)
    assert [path.name for path in closure("core", root, found)] == ["part.v", "core.v"]


def test_a_list_is_part_of_the_fingerprint_and_so_are_macros(vendor):
    def stamp():
        bench = vendor.project.bench("core")
        return fingerprint(vendor.project, bench, bench.config("w8"), "burst", ORDER)

    seen = [stamp()]
    for path, text in {"list.f": LIST + "\n", "inc/step.vh": "`define ONE 1'b0\n", "lib/part.v": PART + "\n"}.items():
        (vendor.root / "vendor" / path).write_text(text)
        seen.append(stamp())
    name(vendor, "sources=['vendor/entry.f'], defines={'MORE': 1},")
    seen.append(stamp())
    assert len(set(seen)) == len(seen)


def test_the_tree_of_a_regression_holds_them(vendor):
    assert vendor.project.vendored() == [vendor.root / "vendor"]
    bare, packed = tree.snapshot(vendor.root), tree.snapshot(vendor.root, vendor.project.vendored())
    assert bare.digest != packed.digest
    write(vendor.root, vendor__inc__step_dot_vh="`define ONE 1'b0\n")
    assert tree.snapshot(vendor.root, vendor.project.vendored()).digest != packed.digest
    outside = vendor.root.parent / "outside_given.v"
    outside.write_text("module core; endmodule")
    name(vendor, "sources=['../outside_given.v'],")
    with pytest.raises(SourceError, match="lies outside the project, which a regression packs: copy it"):
        vendor.project.vendored()


def test_yosys_reads_them(vendor):
    given = vendor.project.given(vendor.project.bench("core"))
    (area,) = measure([AreaRequest("core", {"WIDTH": 8}, given=given)], vendor.root, (6,), xc7=False)
    assert area.ff == 10
    work = vendor.root / "build" / "own"
    work.mkdir(parents=True)
    assert mutated("core", {"WIDTH": 8}, vendor.root, work, given=given).module["ports"]


ROOT = "names count from the project's root"
FAULTS = {
    "a missing file": (
        ["vendor/no.v"],
        "",
        "sources: there is no file vendor/no.v: names count from the project's root",
    ),
    "a glob": (["vendor/*.vhd"], "", "sources: nothing matches vendor/*.vhd: " + ROOT),
    "another kind": (["vendor/notes.txt"], "", "sources: vendor/notes.txt: name files .v, .sv, .f or .core"),
    "a file of a list": (["x.f"], "\n// no\nvendor/no.v", "x.f:3: there is no file vendor/no.v: correct its name"),
    "a folder": (["x.f"], "+incdir+no", "x.f:1: there is no folder no: correct its name"),
    "an option": (
        ["x.f"],
        "\n-sverilog",
        ("x.f:2: option -sverilog is not known: +incdir+, +define+, +libext+, -y, -v, -f and -F are read; take it out"),
    ),
    "an option that ends": (["x.f"], "-y", "x.f:1: -y names nothing: write it behind, on the same line or the next"),
    "a circle": (["x.f"], "-f x.f", "x.f:1: -f x.f: the list names itself: take it out"),
    "a macro": (["x.f"], "+define+A;B=1", "x.f:1: macro 'A;B=1': write NAME=VALUE, without spaces and quotes"),
    "what a core depends on": (
        ["vendor/core.core"],
        "",
        "vendor/core.core: depends on >=acme:ip:part:0.1: name its .core file in sources, too",
    ),
}


@pytest.mark.parametrize("what", FAULTS)
def test_what_cannot_be_found_is_named_with_its_place(vendor, what):
    named, text, said = FAULTS[what]
    write(vendor.root, x_dot_f=text)
    with pytest.raises(SourceError) as refused:
        read(vendor.root, named, (), {})
    assert str(refused.value) == said


def test_two_files_of_one_module_are_refused(vendor):
    write(vendor.root, vendor__copy_dot_v=PART)
    given = read(vendor.root, ["vendor/copy.v", "vendor/lib/part.v"], (), {})
    with pytest.raises(SourceError) as refused:
        closure("part", vendor.root, given)
    both = "vendor/copy.v and vendor/lib/part.v"
    assert str(refused.value) == f"module 'part' is in {both}: leave one of them out of the sources"
