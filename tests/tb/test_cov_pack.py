"""Code coverage of a run in a small file, and the views of source lines that are made of it."""

from __future__ import annotations

import gzip
import json

import pytest

from ulpwise.coverage import codecov
from ulpwise.coverage.codecov import CodecovError, CodePoint
from ulpwise.coverage.lines import Branch, view
from ulpwise.coverage.pack import PackError, pack_code, unpack_code

ROWS = [
    ("/home/rtl/x/rtl/lab/cnt.v", 5, 10, "branch", "if", "5-6", "tb.a", 3),
    ("/home/rtl/x/rtl/lab/cnt.v", 5, 10, "branch", "if", "5,8", "tb.b", 4),
    ("/home/rtl/x/rtl/lab/cnt.v", 5, 11, "branch", "else", "", "tb.a", 0),
    ("rtl/lab/cnt.v", 1, 98, "toggle", "q[0]:0->1", "", "tb.a", 0),
    ("build/harness.v", 1, 1, "line", "block", "1", "tb", 9),
]


def dat(rows) -> str:
    keys = [
        f"\x01f\x02{f}\x01l\x02{line}\x01n\x02{n}\x01t\x02{t}\x01page\x02p\x01o\x02{o}"
        + (f"\x01S\x02{s}" if s else "")
        + f"\x01h\x02{h}"
        for f, line, n, t, o, s, h, _ in rows
    ]
    lines = [f"C '{key}' {row[-1]}" for key, row in zip(keys, rows, strict=True)]
    return "\n".join(["# SystemC::Coverage-3", *lines, ""])


def test_pack_keeps_cores_and_adds_instances(tmp_path):
    source, target = tmp_path / "coverage.dat", tmp_path / "code.json.gz"
    source.write_text(dat(ROWS))
    pack_code(source, target)
    assert unpack_code(target) == [
        ("rtl/lab/cnt.v", 1, 98, "toggle", "q[0]:0->1", "", 0),
        ("rtl/lab/cnt.v", 5, 10, "branch", "if", "5-6,8", 7),
        ("rtl/lab/cnt.v", 5, 11, "branch", "else", "", 0),
    ]
    assert list(json.loads(gzip.decompress(target.read_bytes()))) == ["points"]
    before = target.read_bytes()
    source.write_text(dat(ROWS[::-1]))
    pack_code(source, target)
    assert target.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["code.json.gz", "coverage.dat"]


def test_pack_refuses_what_is_no_coverage(tmp_path):
    with pytest.raises(CodecovError, match="No such file"):
        pack_code(tmp_path / "coverage.dat", tmp_path / "code.json.gz")
    (tmp_path / "coverage.dat").write_text(dat(ROWS) + "C 'x' 1\n")
    with pytest.raises(CodecovError, match="line 7 is not a coverage point"):
        pack_code(tmp_path / "coverage.dat", tmp_path / "code.json.gz")
    assert not (tmp_path / "code.json.gz").exists()


def packed(data: bytes) -> bytes:
    """Pack without the time, by which the workers of one session would name tests differently."""
    return gzip.compress(data, mtime=0)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        packed(b"{}"),
        packed(b'{"points": []}')[:-4],
        packed(b'{"points": [["a", 1, 1, "line", "o", "", -1]]}'),
        packed(b'{"points": [["a", 1, 1, "line", "o", ""]]}'),
        packed(b'{"points": [["a", "1", 1, "line", "o", "", 1]]}'),
        packed(b'{"points": 3}'),
    ],
)
def test_unpack_refuses_what_is_not_packed(tmp_path, data):
    path = tmp_path / "code.json.gz"
    path.write_bytes(data)
    with pytest.raises(PackError, match=r"code\.json\.gz: not the code coverage of a run .*: repeat the run$"):
        unpack_code(path)


def test_lines_of_points():
    assert codecov.expand_lines("12-14,16") == [12, 13, 14, 16]
    assert codecov.expand_lines("") == []
    assert codecov.join_lines("12-14,16", "15,20-21") == "12-16,20-21"
    assert codecov.join_lines("", "3") == "3"
    with pytest.raises(CodecovError, match="not ranges of lines: '3-'"):
        codecov.expand_lines("3-")
    (point,) = codecov.collapse(codecov.parse(dat(ROWS[:2])))
    assert point.lines == "5-6,8"
    assert point == CodePoint(point.file, 5, 10, "branch", "if", "")


def test_iterations_of_a_generate_loop_are_instances():
    toggles = [
        CodePoint("a.v", 9, 1, "toggle", f"lane[{i}].{name}:0->1", "tb") for i in (0, 1) for name in ("q[2]", "r")
    ]
    other = CodePoint("a.v", 9, 1, "expr", "(lane[0].q==0) => 1", "tb")
    counts = codecov.collapse({**dict.fromkeys(toggles, 3), toggles[0]: 0, other: 1})
    assert {point.comment: count for point, count in counts.items()} == {
        "q[2]:0->1": 3, "r:0->1": 6, "(lane[0].q==0) => 1": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("comment", "name"),
    [
        ("(x_p[k[3:0]+:1]==0) => 0", "(x_p[k+:1]==0) => 0"),
        ("(x_p[k[0]+:1]==0) => 0", "(x_p[k+:1]==0) => 0"),
        (
            "((start[2:0] == {32'sh3{1'h0}})==1 && (v <= (- 4'sh3))==1) => 1",
            "((start[2:0] == {'sh3{'h0}})==1 && (v <= (- 'sh3))==1) => 1",
        ),
        ("(q[0]==0 && q[10]==1) => 1", "(q[0]==0 && q[10]==1) => 1"),
    ],
)
def test_expressions_of_other_widths_are_the_same(comment, name):
    (point,) = codecov.collapse({CodePoint("a.v", 9, 1, "expr", comment, "tb"): 1})
    assert point.comment == name


def test_view_counts_a_line_by_the_most_of_its_points():
    points = {
        CodePoint("a.v", 3, 1, "line", "block", "", "3-4"): 7,
        CodePoint("a.v", 4, 2, "branch", "if", "", "4-5"): 0,
        CodePoint("a.v", 4, 3, "branch", "else", ""): 7,
        CodePoint("a.v", 9, 3, "branch", "if", "", "9-10"): 0,
        CodePoint("a.v", 11, 4, "branch", "else", "", "12"): 0,
        CodePoint("a.v", 1, 3, "toggle", "q:0->1", ""): 0,
        CodePoint("a.v", 2, 3, "expr", "(a==0) => 1", ""): 0,
    }
    seen = view(points, {})
    assert seen.lines == {3: 7, 4: 7, 5: 0, 9: 0, 10: 0, 11: 0, 12: 0}
    assert seen.branches == {4: [Branch("if", 0), Branch("else", 7)], 9: [Branch("if", 0)], 11: [Branch("else", 0)]}
    assert seen.excluded == 0
    dead = {point: "unused" for point in points if point.line in {9, 11} or point.comment == "if"}
    seen = view(points, dead)
    assert seen.lines == {3: 7, 4: 7}
    assert seen.branches == {4: [Branch("else", 7)]}
    assert seen.excluded == 5
