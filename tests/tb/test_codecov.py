"""Code coverage: a real coverage.dat of Verilator 5.048, parsed, merged and summed up."""

from __future__ import annotations

import re

import pytest

from ulpwise.coverage import codecov
from ulpwise.coverage.codecov import CodecovError, CodePoint

# `verilator --binary --coverage` of a counter under rtl/, widths 2 and 3, and its bench; ^A and ^B are bytes 1 and 2
REAL = """\
# SystemC::Coverage-3
C '^Af^Brtl/cnt.v^Al^B1^An^B98^At^Btoggle^Apage^Bv_toggle/cnt^Ao^Bq[0]:0->1^Ah^Btbench.a' 2
C '^Af^Brtl/cnt.v^Al^B1^An^B98^At^Btoggle^Apage^Bv_toggle/cnt^Ao^Bq[0]:1->0^Ah^Btbench.a' 1
C '^Af^Brtl/cnt.v^Al^B1^An^B98^At^Btoggle^Apage^Bv_toggle/cnt__W3^Ao^Bq[0]:0->1^Ah^Btbench.b' 0
C '^Af^Brtl/cnt.v^Al^B1^An^B98^At^Btoggle^Apage^Bv_toggle/cnt__W3^Ao^Bq[0]:1->0^Ah^Btbench.b' 0
C '^Af^Brtl/cnt.v^Al^B2^An^B21^At^Bexpr^Apage^Bv_expr/cnt^Ao^B(q[0]==0 && rst==0) => 0^Ah^Btbench.a' 7
C '^Af^Brtl/cnt.v^Al^B2^An^B21^At^Bexpr^Apage^Bv_expr/cnt^Ao^B(q[0]==1 && en==0) => 1^Ah^Btbench.a' 0
C '^Af^Brtl/cnt.v^Al^B3^An^B3^At^Bline^Apage^Bv_line/cnt^Ao^Bblock^AS^B3^Ah^Btbench.a' 5
C '^Af^Brtl/cnt.v^Al^B4^An^B5^At^Bline^Apage^Bv_line/cnt^Ao^Belsif^AS^B4^Ah^Btbench.a' 2
C '^Af^Brtl/cnt.v^Al^B5^An^B10^At^Bbranch^Apage^Bv_branch/cnt^Ao^Bif^AS^B5^Ah^Btbench.a' 3
C '^Af^Brtl/cnt.v^Al^B5^An^B10^At^Bbranch^Apage^Bv_branch/cnt__W3^Ao^Bif^AS^B5^Ah^Btbench.b' 0
C '^Af^Brtl/cnt.v^Al^B5^An^B11^At^Bbranch^Apage^Bv_branch/cnt^Ao^Belse^Ah^Btbench.a' 0
C '^Af^Brtl/cnt.v^Al^B5^An^B11^At^Bbranch^Apage^Bv_branch/cnt__W3^Ao^Belse^Ah^Btbench.b' 3
C '^Af^Brtl/cnt.v^Al^B6^An^B3^At^Buser^Apage^Bv_user/cnt^Ao^Bcover^AS^B6^Ah^Btbench.a' 0
C '^Af^Btbench.sv^Al^B8^An^B57^At^Bbranch^Apage^Bv_branch/tbench^Ao^Bif^AS^B8^Ah^Btbench' 7
C '^Af^Btbench.sv^Al^B8^An^B58^At^Bbranch^Apage^Bv_branch/tbench^Ao^Belse^Ah^Btbench' 3
"""
TEXT = REAL.replace("^A", "\x01").replace("^B", "\x02")
TOGGLE = CodePoint("rtl/cnt.v", 1, 98, "toggle", "q[0]:0->1", "tbench.a")


def test_parse_reads_every_part():
    counts = codecov.parse(TEXT)
    assert len(counts) == len(REAL.splitlines()) - 1
    assert counts[TOGGLE] == 2
    assert counts[CodePoint("rtl/cnt.v", 2, 21, "expr", "(q[0]==0 && rst==0) => 0", "tbench.a")] == 7
    assert counts[CodePoint("rtl/cnt.v", 5, 11, "branch", "else", "tbench.b")] == 3
    assert counts[CodePoint("rtl/cnt.v", 6, 3, "user", "cover", "tbench.a")] == 0


def test_merge_adds_and_keeps_every_point():
    counts = codecov.parse(TEXT)
    other = {TOGGLE: 5, CodePoint("rtl/new.v", 1, 1, "line", "block", "top"): 0}
    total = codecov.merge([counts, other])
    assert total[TOGGLE] == 7
    assert set(total) == set(counts) | set(other)
    assert codecov.merge([]) == {}
    assert codecov.merge([counts]) == counts


def test_summary_counts_cores_and_not_the_harness():
    assert codecov.summary(codecov.parse(TEXT)) == {
        "branch": {"points": 4, "hit": 2, "percent": 50.0},
        "expr": {"points": 2, "hit": 1, "percent": 50.0},
        "line": {"points": 2, "hit": 2, "percent": 100.0},
        "toggle": {"points": 4, "hit": 2, "percent": 50.0},
        "user": {"points": 1, "hit": 0, "percent": 0.0},
    }
    harness = codecov.summary(codecov.parse(TEXT), keep=lambda file: file == "tbench.sv")
    assert harness == {"branch": {"points": 2, "hit": 2, "percent": 100.0}}
    assert codecov.summary({}) == {}


def test_collapse_joins_instances():
    counts = codecov.collapse(codecov.parse(TEXT))
    assert counts[CodePoint("rtl/cnt.v", 1, 98, "toggle", "q[0]:0->1", "")] == 2
    assert codecov.summary(counts)["branch"] == {"points": 2, "hit": 2, "percent": 100.0}


def test_holes_are_listed_by_place():
    holes = codecov.holes(codecov.parse(TEXT))
    assert [(hole.line, hole.kind, hole.comment, hole.hierarchy) for hole in holes] == [
        (1, "toggle", "q[0]:0->1", "tbench.b"),
        (1, "toggle", "q[0]:1->0", "tbench.b"),
        (2, "expr", "(q[0]==1 && en==0) => 1", "tbench.a"),
        (5, "branch", "if", "tbench.b"),
        (5, "branch", "else", "tbench.a"),
        (6, "user", "cover", "tbench.a"),
    ]


def test_a_point_listed_twice_is_added_up():
    header, line = TEXT.splitlines()[:2]
    assert codecov.parse(f"{header}\n{line}\n{line}\n") == {TOGGLE: 4}


def test_under_rtl():
    assert codecov.under_rtl("/home/rtl/online/online_add.v")
    assert codecov.under_rtl("rtl/a.v")
    assert not codecov.under_rtl("build/harness.v")
    assert not codecov.under_rtl("build/rtl")
    assert not codecov.under_rtl("build/my_rtl/a.v")


@pytest.mark.parametrize(
    "line",
    [
        "C 'f' 1",
        "D '\x01f\x02a.v\x01l\x021\x01t\x02line' 1",
        "C '\x01f\x02a.v\x01l\x021\x01t\x02line' -1",
        "C '\x01f\x02a.v\x01l\x021\x01t\x02line'",
        "C '\x01f\x02a.v\x01l\x02one\x01t\x02line' 1",
        "C '\x01f\x02a.v\x01l\x021' 1",
        "",
    ],
)
def test_malformed_lines(line):
    message = f"coverage.dat: line 2 is not a coverage point: {line!r}"
    with pytest.raises(CodecovError, match=f"^{re.escape(message)}$"):
        codecov.parse(f"# SystemC::Coverage-3\n{line}\n")


@pytest.mark.parametrize("text", ["", "TN:\n", "C 'x' 1\n"])
def test_what_is_no_coverage_file(text):
    message = "run.dat: not a coverage file: the first line is not '# SystemC::Coverage-3'"
    with pytest.raises(CodecovError, match=f"^{re.escape(message)}$"):
        codecov.parse(text, "run.dat")


def test_read(tmp_path):
    path = tmp_path / "coverage.dat"
    with pytest.raises(CodecovError, match=r"coverage\.dat: cannot read code coverage: No such file or directory$"):
        codecov.read(path)
    path.write_text(TEXT)
    assert codecov.read(path) == codecov.parse(TEXT)
    path.write_bytes(b"\xff")
    with pytest.raises(CodecovError, match=r"coverage\.dat: not a coverage file: not UTF-8 text$"):
        codecov.read(path)
