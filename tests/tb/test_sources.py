# SPDX-License-Identifier: Apache-2.0
"""Sources are found by name, with all that they instantiate and include, and nothing that only a comment names."""

import pytest

from ulpwise.verilog import sources
from ulpwise.verilog.parse import SourceError


@pytest.fixture
def root(tmp_path):
    texts = {
        "online/top": 'module top; mid mid_inst (); /* other o (); */ // other\n // "\nendmodule',
        "online/mid": 'module mid; leaf #(.W(3)) leaf_inst (); initial $display("other // \\" other"); endmodule',
        "common/leaf": "module leaf; endmodule",
        "common/other": "module other; other_wire w; endmodule",
    }
    for name, text in texts.items():
        path = tmp_path / "rtl" / f"{name}.v"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def names(root, top="top"):
    return [path.stem for path in sources.closure(top, root)]


def test_children_come_first_and_comments_do_not_count(root):
    assert names(root) == ["leaf", "mid", "top"]


def test_order_does_not_depend_on_the_order_of_instances(root):
    (root / "rtl/online/top.v").write_text("module top; other o (); mid m (); leaf l (); endmodule")
    assert names(root) == ["leaf", "mid", "other", "top"]


def test_a_name_that_is_no_instance_does_not_count(root):
    (root / "rtl/online/top.v").write_text("module top; wire leaf; wire other = leaf; endmodule")
    assert names(root) == ["top"]


def test_an_instance_counts_where_a_macro_or_an_include_makes_it(root):
    (root / "rtl/online/parts.vh").write_text("`define PART leaf\nother in_header ();\n")
    (root / "rtl/online/top.v").write_text('module top;\n`include "parts.vh"\n`PART made ();\nendmodule')
    assert names(root) == ["leaf", "other", "top"]


@pytest.mark.parametrize("tool", ["VERILATOR", "__ICARUS__", "YOSYS"])
def test_an_instance_counts_that_one_tool_alone_sees(root, tool):
    (root / "rtl/online/top.v").write_text(f"module top;\n`ifdef {tool}\nleaf l ();\n`endif\nendmodule")
    assert names(root) == ["leaf", "top"]


def test_an_instance_counts_that_the_parameters_leave_out(root):
    (root / "rtl/online/top.v").write_text(
        "module top;\ngenerate if (0) begin : g\nleaf l ();\nend endgenerate\nendmodule"
    )
    assert names(root) == ["leaf", "top"]


def test_an_edit_of_the_same_length_is_seen(root):
    assert names(root) == ["leaf", "mid", "top"]
    path = root / "rtl/online/mid.v"
    path.write_text(path.read_text().replace("leaf #", "cell #"))
    assert names(root) == ["mid", "top"]


def test_includes_are_found_beside_their_file_in_another_family_and_from_the_root(root):
    for name in ("rtl/online/a.vh", "rtl/common/b.vh", "rtl/online/deep.vh"):
        (root / name).write_text("// nothing\n")
    (root / "rtl/online/a.vh").write_text('`include "deep.vh"\n')
    (root / "rtl/online/top.v").write_text(
        '`include "a.vh"\n`include "b.vh"\n`include "rtl/online/a.vh"\nmodule top;endmodule'
    )
    found = sources.includes(sources.closure("top", root), root)
    assert [path.name for path in found] == ["a.vh", "deep.vh", "b.vh"]
    assert sources.search(sources.closure("top", root), root) == ["-Irtl/common", "-Irtl/online", "-Irtl", "-I."]
    assert sources.search(sources.closure("mid", root), root) == []


def test_a_circle_of_instances_ends(root):
    (root / "rtl/common/leaf.v").write_text("module leaf; top t (); endmodule")
    assert names(root) == ["leaf", "mid", "top"]


def test_an_unknown_name_is_answered_with_the_nearest(root):
    with pytest.raises(LookupError) as fault:
        sources.closure("laef", root)
    assert str(fault.value) == "no module 'laef' in rtl/; did you mean 'leaf'?"


def test_a_name_in_two_families_is_refused_where_it_is_needed(root):
    (root / "rtl/common/mid.v").write_text("module mid; endmodule")
    with pytest.raises(sources.DuplicateModuleError, match="module 'mid' is in common and online"):
        sources.closure("top", root)
    assert [path.stem for path in sources.closure("leaf", root)] == ["leaf"]


def test_latin_1_and_carriage_returns_are_read(root):
    path = root / "rtl/online/top.v"
    path.write_bytes(b"// caf\xe9\r\n" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert names(root) == ["leaf", "mid", "top"]


@pytest.mark.parametrize(("mark", "what"), [(b"\xef\xbb\xbf", "a byte-order mark"), (b"\xff\xfe", "UTF-16")])
def test_a_mark_that_not_all_tools_read_is_named_with_file_and_byte(root, mark, what):
    path = root / "rtl/online/mid.v"
    path.write_bytes(mark + path.read_bytes())
    with pytest.raises(SourceError) as fault:
        sources.closure("top", root)
    assert str(fault.value) == f"rtl/online/mid.v: {what} at byte 0: save the file as UTF-8 without a mark"
