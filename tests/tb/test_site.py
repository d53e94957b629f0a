"""The report without a browser: what it reads, what it writes, and what it makes of data that are not whole."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import sqlite3
import subprocess
from contextlib import nullcontext
from html.parser import HTMLParser
from pathlib import Path

import pytest
from filelock import FileLock
from markupsafe import Markup

from tests.tb._site_data import CORE, EVIL, MODULES, NEWEST, POINTS, TAG, write_project
from ulpwise.bench.project import Project
from ulpwise.history.database import History
from ulpwise.site import _text, build, functional, plots, source, trend
from ulpwise.site.changes import Change, Changes, files_of
from ulpwise.site.files import Folder
from ulpwise.site.load import load
from ulpwise.site.model import Moment


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Project:
    """A project that no test changes."""
    return write_project(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def report(whole) -> Path:
    return build.write(whole).parent


@pytest.fixture
def own(whole, tmp_path, monkeypatch) -> Project:
    """A copy that a test may change; its reports have names of plots only, since drawing takes most of the time."""
    monkeypatch.setattr(plots, "_plot", lambda _key, name, *_, **__: Markup("<p>{}</p>").format(name))
    shutil.copytree(whole.root, tmp_path / "own", ignore=shutil.ignore_patterns("report", "__pycache__"))
    return Project(tmp_path / "own")


def newest(project: Project) -> Path:
    return project.build / "regress" / NEWEST


def text(folder: Path, name: str = "index") -> str:
    return (folder / f"{name}.html").read_text(encoding="utf-8")


def page(module: str) -> str:
    return f"modules/{_text.slug(module)}"


class Tags(HTMLParser):
    """Collects elements, and checks that they close in order."""

    VOID = frozenset({"meta", "link", "br", "wbr", "input", "img", "path", "circle", "use", "rect"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self._open: list[str] = []
        self.feed(html)
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert self._open.pop() == tag, f"</{tag}> closes {self._open[-3:]} at {self.getpos()}"


def test_pages(report):
    """One page a module, and three of the whole; nothing else but assets and the mark."""
    found = {path.relative_to(report).as_posix() for path in report.rglob("*") if path.is_file()}
    expected = {f"{name}.html" for name in ("index", "regression", "history", *map(page, MODULES))}
    assert found == expected | {"assets/app.js", "assets/style.css", build.MARK}


def test_nothing_from_the_network_and_no_code_in_pages(report):
    for path in report.rglob("*.html"):
        for tag, attributes in Tags(path.read_text(encoding="utf-8")).found:
            if tag == "script":
                assert re.fullmatch(r"(\.\./)?assets/app\.js", attributes["src"] or "")
            assert not [name for name in attributes if name.startswith("on")], path
            for name in ("src", "href", "xlink:href", "action"):
                target = attributes.get(name) or ""
                assert not re.match(r"(?!data:,)[a-z]+:|//", target), (path, target)
    for name in ("app.js", "style.css"):
        assert not re.search(r"https?:|@import|url\(", (report / "assets" / name).read_text(encoding="utf-8"))


def test_texts_are_escaped(report):
    """A tag in any text that the report takes from elsewhere shows as text."""
    everything = ""
    for path in report.rglob("*.html"):
        html = path.read_text(encoding="utf-8")
        assert TAG not in html
        assert "<script>" not in html
        assert "<img" not in html
        everything += html
    escaped = str(Markup.escape(TAG))
    divider, regression = text(report, page("divider")), text(report, "regression")
    for html in (text(report), divider, regression):
        assert escaped in html
    assert "&lt;luck&gt;" in everything
    assert "√2 ≈ 1.41 &lt;b&gt;" in divider
    assert f"ERROR {escaped} ünïcode" in divider  # the log, without the terminal's colours
    assert "tcp://&lt;w1&gt;" in regression
    assert "adds one &amp; compares x &lt; y, for &lt;b&gt;tests&lt;/b&gt;." in divider


def test_same_data_same_bytes(whole, report, tmp_path):
    """A second report differs only in the way to the runs' files, as it lies elsewhere."""
    again = build.write(whole, tmp_path / "again").parent
    for path in sorted(report.rglob("*.html")):
        name = path.relative_to(report).as_posix().removesuffix(".html")
        hidden = re.compile(r'href="[./]*[^"]*regress/')
        assert hidden.sub("", text(report, name)) == hidden.sub("", text(again, name))


def test_no_regression(tmp_path):
    project = Project(tmp_path)
    with pytest.raises(ValueError, match=r"^no regression yet: run make regress LEVEL=smoke$"):
        build.write(project)
    assert not project.build.exists()
    History(project.build / "history.sqlite")
    with pytest.raises(ValueError, match=r"^no regression yet: run make regress LEVEL=smoke$"):
        build.write(project)
    assert not (project.build / "report").exists()


def test_a_failed_build_leaves_the_old_report(own, monkeypatch):
    old = build.write(own).parent
    before = text(old)

    def fails(*_):
        yield "index.html", "half"
        raise RuntimeError("no ink")

    monkeypatch.setattr(build, "pages", fails)
    with pytest.raises(RuntimeError, match="no ink"):
        build.write(own)
    assert text(old) == before
    assert {path.name for path in own.build.iterdir()} >= {"report", "regress"}
    assert not [path for path in own.build.iterdir() if path.name.endswith((".part", ".old"))]


def test_a_swap_that_fails_puts_the_old_report_back(tmp_path, monkeypatch):
    (tmp_path / "new").mkdir()
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "index.html").write_text("old")
    rename = Path.rename

    def fails(path, target):
        if path.name == "new":
            raise OSError("no")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", fails)
    with pytest.raises(OSError, match="no"):
        build._swap(tmp_path / "new", tmp_path / "report")
    assert text(tmp_path / "report") == "old"


def test_a_new_report_replaces_the_old(own):
    folder = build.write(own).parent
    (folder / "modules" / "gone.html").write_text("of a module that is gone")
    build.write(own)
    assert not (folder / "modules" / "gone.html").exists()


def test_a_folder_that_is_no_report_is_not_replaced(own, tmp_path):
    out = tmp_path / "mine"
    out.mkdir()
    (out / "thesis.txt").write_text("years of work")
    with pytest.raises(
        ValueError, match=r"^.*mine is no report, so it is not replaced: name a new or an empty folder$"
    ):
        build.write(own, out)
    assert (out / "thesis.txt").read_text() == "years of work"
    (out / "thesis.txt").unlink()
    assert build.write(own, out) == out / "index.html"


@pytest.mark.parametrize("status", ["running", "interrupted", "killed"])
def test_an_unfinished_regression(own, status):
    """One that is said to be running while no process works on it was killed."""
    path = newest(own) / "regression.json"
    info = json.loads(path.read_text())
    said = "interrupted" if status == "interrupted" else "running"
    path.write_text(json.dumps({**info, "status": said, "finished": None, "buckets": []}))
    with FileLock(path.with_name("lock")) if status == "running" else nullcontext():
        folder = build.write(own).parent
    assert status in text(folder)
    assert "1 of 33 planned runs have no outcome" in text(folder, "regression")
    assert "divider-w8-icarus-burst-1" in re.sub("<wbr>", "", text(folder, "regression"))  # failures without buckets


def test_files_that_are_missing_or_cut_off(own):
    """The report says what it left out, and shows the rest."""
    (newest(own) / "regression.json").write_text('{"id": "2026-1')
    (newest(own) / "coverage" / "adder.json").write_text("")
    shutil.rmtree(newest(own) / "runs")
    folder = build.write(own).parent
    assert "regression.json is not whole: it was left out" in text(folder, "regression")
    assert "coverage/adder.json is not whole: it was left out" in text(folder, "regression")
    assert "No code coverage in this regression" in text(folder, page("adder"))
    assert f"{_text.DASH} not measured" in text(folder, page("adder"))  # the plan, from the bench
    assert "100 %" in text(folder)  # adder's coverage, from the history


def test_no_coverage_and_no_area(own):
    shutil.rmtree(newest(own) / "coverage")
    with sqlite3.connect(own.build / "history.sqlite") as base:
        base.execute("DELETE FROM coverage")
        base.execute("DELETE FROM area")
    base.close()
    folder = build.write(own).parent
    assert "run <code>make coverage</code>" in text(folder, "history")
    assert "No area has been measured" in text(folder, "history")
    assert "pass rate over 2 regressions: 100 % to 75 %; failures in 1" in text(folder).replace("75.0", "75")


def test_no_history(own):
    """Runs are then read from their folders."""
    for path in own.build.glob("history.sqlite*"):
        path.unlink()
    folder = build.write(own).parent
    assert "28" in text(folder)
    assert "There is no history" in text(folder, "history")
    assert not (own.build / "history.sqlite").exists()


def test_no_latest(own):
    """The history then says which regression is the newest; a name that leaves the folder is not followed."""
    (own.build / "regress" / "latest").write_text("../../etc")
    assert load(own).info["id"] == NEWEST
    (own.build / "regress" / "latest").unlink()
    assert load(own).info["id"] == NEWEST


def test_what_the_overview_gathers(whole):
    site = load(whole)
    modules = {module.name: module for module in site.modules}
    assert set(modules) == set(MODULES)
    assert modules["divider"].state == "fail"
    assert [(v.sim, v.runs, v.failed) for v in modules["divider"].verdicts] == [("verilator", 4, 0), ("icarus", 4, 2)]
    assert modules["idle"].last_run == "2026-11-19T09-00-00-smoke"
    assert re.fullmatch(r"tests/\w+/test_broken\.py:\d+: RuntimeError: no <luck>", modules["broken"].fault)
    assert modules["adder"].luts == (96, 192)
    assert modules["adder"].mutation == 93.5
    assert modules[EVIL].kinds["functional"].percent == 50.0  # from the history
    assert modules["adder"].axes["w8", "io", "cube"] == ("x", "y", "row")
    assert [moment.failed for moment in modules["divider"].trend] == [0, 2]  # regressions of this level only
    assert [moment.runs for moment in site.trend] == [40, 32]
    assert site.left == [f"late-{TAG}-icarus-beat-1"]
    assert sorted(m.name for m in site.modules if m.attention) == sorted([EVIL, "adder", "broken", "divider", "wide"])


def test_a_run_that_was_tried_again(own):
    """The last outcome by one name counts."""
    row = next(row for row in History(own.build / "history.sqlite").runs(NEWEST) if row["verdict"] == "fail")
    again = {**row, "verdict": "pass", "reasons": [], "finished": "2026-11-21T10:00:00.000+00:00"}
    History(own.build / "history.sqlite").add_run(again)
    site = load(own)
    assert (len(site.runs), len(site.failures)) == (32, 3)
    assert site.trend[-1].failed == 3


def test_long_lists_are_cut(own, monkeypatch):
    monkeypatch.setattr(build, "ROWS", 10)
    monkeypatch.setattr(build, "DESCRIBED", 1)
    folder = build.write(own).parent
    assert "The failures and the slowest: 10 of 32 runs" in text(folder, "regression")
    assert "1 more failed" in text(folder, page("divider"))


def test_large_crosses_keep_pages_small(report):
    """Module wide has a grid of 1,600 and a cube of 360 combinations."""
    html = text(report, page("wide"))
    assert len(html) < 150_000
    assert '<svg class="heatmap"' in html
    assert "grid: " in html


def test_ids_are_unique_and_drawings_carry_no_date(report):
    for path in report.rglob("*.html"):
        html = path.read_text(encoding="utf-8")
        ids = re.findall(r'\bid="([^"]*)"', html)
        assert len(ids) == len(set(ids)), path
        assert "<dc:date>" not in html
        assert "#00000" not in html  # every colour of a plot is one of the page's


def test_counts_beside_lines():
    lines = {line.number: line for line in source.annotate(CORE, POINTS)}
    assert {number: (line.count, line.state) for number, line in lines.items() if line.state} == {
        7: ("", "hit"),  # toggles only
        8: ("", "excl"),
        10: ("", "part"),
        14: ("900", "hit"),
        15: ("900", "hit"),  # both ways of the branch together
        16: ("4", "hit"),
        17: ("896", "part"),
        18: ("0", "miss"),
        19: ("0", "miss"),
        21: ("896", "hit"),
    }
    assert [note.text for note in lines[10].notes] == ["never toggled: y[7:5]"]
    assert [note.text for note in lines[17].notes] == [
        "branch never taken: if",
        "never evaluated: (x==8'hff) => 1",
    ]
    assert lines[8].notes[0].text == f"excluded (toggle rst 1→0): never released {TAG}"
    assert source.holes(list(lines.values())) == [(18, 19)]


def test_excluded_lines():
    """A line that never ran and is excluded is no hole."""
    points = [[1, 1, "line", "block", "1-2", 0, "cannot occur"], [3, 1, "line", "block", "3", 0, None]]
    states = [line.state for line in source.annotate("a\nb\nc\n", points)]
    assert states == ["excl", "excl", "miss"]


def test_toggles_in_one_direction():
    points = [[1, 1, "toggle", f"q[{i}]:0->1", "", 0, None] for i in (0, 1, 2, 7)]
    points += [[1, 1, "toggle", "m[3][5]:1->0", "", 0, None], [1, 1, "toggle", "odd", "", 0, None]]
    assert source.annotate("q", points)[0].notes[0].text == "never toggled: q[7,2:0] 0→1, m[3][5] 1→0, odd"


def test_every_line_of_the_source_is_there():
    for code in (CORE, "", '\n\n/* a\nb < c */\nassign x = "<i>";', "no newline at the end"):
        lines = source.highlight(code)
        assert [Markup(line).striptags() for line in lines] == [" ".join(x.split()) for x in code.splitlines()]
        for line in lines:
            Tags(str(line))


def view(bins: dict[str, int], **sides: tuple[str, ...]) -> functional.PointView:
    """The view of one cross."""
    points = {name: point(dict.fromkeys(side, 1)) for name, side in sides.items()}
    points["cross"] = point(bins, "cross")
    return functional._point("c", "g", "cross", points, list(sides), functional._Budget(functional.BUDGET))


def point(bins: dict[str, int], kind: str = "value") -> dict:
    return {"kind": kind, "at_least": 2, "samples": 9, "bins": bins, "other": 0, "illegal": {}, "definition": ""}


def test_heat_map():
    """Rows and columns in the order of the points' bins, nothing where a combination is ignored."""
    heat = view({"a,y": 1, "b,x": 100, "b,y": 2_500}, row=("a", "b"), column=("x", "y")).heat
    assert heat is not None
    assert (heat.down, heat.across, heat.columns) == ("row", "column", ("x", "y"))
    texts = [(name, [cell and (cell.text, cell.level) for cell in cells]) for name, cells in heat.rows]
    assert texts == [("a", [None, ("1", 0)]), ("b", [("100", 3), ("2.5k", 5)])]


def test_heat_map_of_three_points():
    bins = {f"{a},{b},{c}": 5 for a in "ab" for b in "mn" for c in "xyz"}
    heat = view(bins, first=("a", "b"), second=("m", "n"), third=("x", "y", "z")).heat
    assert heat is not None
    assert heat.down == "first × second"  # noqa: RUF001 (a product)
    assert [name for name, _ in heat.rows] == ["a, m", "a, n", "b, m", "b, n"]


def test_wide_heat_map_is_turned():
    names = tuple(map(str, range(40)))
    heat = view({f"{a},{b}": 5 for a in "ab" for b in names}, few=("a", "b"), many=names).heat
    assert heat is not None
    assert (heat.across, len(heat.rows)) == ("few", 40)


def test_heat_map_of_a_bench_that_changed():
    """Names of bins stand in for the points that the bench no longer has."""
    heat = view({"a,x": 1, "b,y": 3}).heat
    assert heat is not None
    assert (heat.down, heat.columns) == ("part 1", ("x", "y"))


def test_huge_heat_maps():
    names = tuple(map(str, range(150)))
    bins = {f"{a},{b}": int(a != b) * 7 for a in names for b in names}
    shown = view(bins, a=names, b=names)
    assert shown.heat is not None
    assert shown.heat.drawing is not None
    assert len(str(shown.heat.drawing)) < 20_000  # neighbours of one level are one box
    assert "22,350 of 22,500 combinations hit, 99.3 %" in str(shown.heat.drawing)
    assert (len(shown.holes), shown.more) == (100, 50)
    budget = functional._Budget(10)
    points = {"a": point(dict.fromkeys(names, 2)), "b": point(dict.fromkeys(names, 2)), "x": point(bins, "cross")}
    skipped = functional._point("c", "g", "x", points, ["a", "b"], budget).heat
    assert skipped is not None
    assert skipped.skipped


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, _text.DASH),
        (100.0, "100 %"),
        (99.99, "99.9 %"),
        (0.0, "0 %"),
        (0.04, "0 %"),
        (100 * 2 / 3, "66.6 %"),
        (70, "70.0 %"),
    ],
)
def test_percent(value, expected):
    assert _text.percent(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0, "0"), (999, "999"), (1000, "1.0k"), (12_399, "12.3k"), (999_999, "999k"), (10**12, "1.0T")],
)
def test_short(value, expected):
    assert _text.short(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"), [(0.5, "0.50 s"), (59.96, "60.0 s"), (125, "2 min 05 s"), (7_260, "2 h 01 min")]
)
def test_seconds(value, expected):
    assert _text.seconds(value) == expected


def test_names_in_files():
    """Safe, and never the same for two names."""
    assert _text.slug("online_add") == "online_add"
    names = ["../../etc/passwd", "a b", "a-b", "a/b", "<script>", "", ".", "ü", "x" * 300 + "/", ".ulpwise-report"]
    slugs = [_text.slug(name) for name in names]
    assert len(set(slugs)) == len(names)
    assert all(re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*", slug) and len(slug) < 60 for slug in slugs)


def test_settings():
    assert _text.setting(8) == "8"
    assert _text.setting(1 << 20_000) == "(20,001 bits)"


def test_control_characters():
    """Neither what HTML forbids nor what turns the direction of a line gets into a page."""
    assert _text.clean("a\x00b\x1b[0m\u202ec\ttab") == "a�b�[0m�c\ttab"
    assert _text.clean(Markup("<b>")) == Markup("<b>")
    assert _text.plain("\x1b[31mred\x1b[0m\r\n") == "red\n"


def test_sparkline():
    moments = [
        Moment("a", "", 4, 0, {"functional": 50.0}),
        Moment("b", "", 4, 1),
        Moment("c", "", 4, 0, {"functional": 99.96}),
    ]
    drawing = str(trend.sparkline(moments))
    assert "functional coverage over 3 regressions: 50.0 % to 99.9 %; failures in 1" in drawing
    assert drawing.count('class="bad"') == 1
    assert trend.sparkline([]) == ""
    assert "6-input LUTs over 1 measurement: 5 to 5" in str(trend.line([5], "6-input LUTs"))


def test_last_change(tmp_path):
    """Of source, bench and the models that it imports; a file that is not committed counts by its time."""

    def git(*words: str) -> None:
        name = ("-c", "user.name=x", "-c", "user.email=x@y")
        subprocess.run(["git", *name, *words], cwd=tmp_path, check=True, capture_output=True)

    files = {"rtl/lab/a.v": "a", "models/lab/sum.py": "", "models/lab/other.py": ""}
    files["tests/lab/test_a.py"] = "from models.lab.sum import add\nfrom models.lab import other, none\n"
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    found = files_of(tmp_path, tmp_path / "rtl/lab/a.v", tmp_path / "tests/lab/test_a.py")
    assert sorted(path.relative_to(tmp_path).as_posix() for path in found) == sorted(files)
    plain = Changes(tmp_path).newest(found)
    assert plain is not None
    assert (plain.commit, plain.subject) == ("", "")
    git("init")
    git("add", ".")
    git("commit", "--date=2024-01-02T03:04:05Z", "-m", "first: ünïcode & <tags>")
    committed = Changes(tmp_path).newest(found)
    assert committed is not None
    assert committed.subject == "first: ünïcode & <tags>"
    assert len(committed.commit) >= 7
    (tmp_path / "models/lab/sum.py").write_text("changed")
    touched = Changes(tmp_path).newest(found)
    assert touched is not None
    assert (touched.commit, touched.subject) == ("", "not committed")
    assert Changes(tmp_path).newest([]) is None
    assert Change("2026-01-01") == Change("2026-01-01", "", "")


def test_a_log_without_end(tmp_path):
    """Of a large log only the end is read."""
    folder = tmp_path / "runs" / "a-b-c-d-1"
    folder.mkdir(parents=True)
    (folder / "sim.log").write_bytes(b"x" * 5_000_000 + b"\nlast \xff words\n")
    row = {"module": "a", "config": "b", "sim": "c", "mode": "d", "seed": 1, "verdict": "fail"}
    (folder / "record.json").write_text(json.dumps(row))
    run = Folder(tmp_path).runs(None)[0]
    assert run.log == "…last � words\n"
    assert gzip.compress(run.log.encode())  # a text that encodes
