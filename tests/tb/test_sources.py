# SPDX-License-Identifier: Apache-2.0
"""Sources are found by name, with all that they instantiate and nothing that only a comment names."""

import pytest

from tb import sources


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


def test_children_come_first_and_comments_do_not_count(root):
    assert [path.stem for path in sources.closure("top", root)] == ["leaf", "mid", "top"]


def test_order_does_not_depend_on_the_order_of_instances(root):
    (root / "rtl/online/top.v").write_text("module top; other o (); mid m (); leaf l (); endmodule")
    assert [path.stem for path in sources.closure("top", root)] == ["leaf", "mid", "other", "top"]


def test_a_circle_of_instances_ends(root):
    (root / "rtl/common/leaf.v").write_text("module leaf; top t (); endmodule")
    assert [path.stem for path in sources.closure("top", root)] == ["leaf", "mid", "top"]


def test_an_unknown_name_is_answered_with_the_nearest(root):
    with pytest.raises(LookupError) as fault:
        sources.closure("laef", root)
    assert str(fault.value) == "no module 'laef' in rtl/; did you mean 'leaf'?"


def test_a_name_in_two_families_is_refused_where_it_is_needed(root):
    (root / "rtl/common/mid.v").write_text("module mid; endmodule")
    with pytest.raises(sources.DuplicateModuleError, match="module 'mid' is in common and online"):
        sources.closure("top", root)
    assert [path.stem for path in sources.closure("leaf", root)] == ["leaf"]


def test_stripping_keeps_line_numbers():
    text = "a /* b\nc */ d // e\nf"
    assert sources.strip_comments(text).split() == ["a", "d", "f"]
    assert sources.strip_comments(text).count("\n") == text.count("\n")
