"""The report in a real browser: Debian's chromium, driven by Playwright, from disk."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.tb._site_data import EVIL, TAG, write_project
from ulpwise.site import _text, build

AUDIT = (Path(__file__).parent / "_site_audit.js").read_text(encoding="utf-8")
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
EVIL_PAGE = f"modules/{_text.slug(EVIL)}"
KINDS = (
    "index",
    "regression",
    "history",
    "modules/adder",
    "modules/divider",
    "modules/broken",
    "modules/wide",
    EVIL_PAGE,
)
RANGE = f"96{_text.DASH}192"
SORTED = (
    "() => [...document.querySelectorAll('#{} tbody tr')].filter(r => !r.hidden).map(r => r.cells[{}].innerText.trim())"
)


@pytest.fixture(scope="session")
def report(tmp_path_factory) -> Path:
    return build.write(write_project(tmp_path_factory.mktemp("browsed"))).parent


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One chromium for the session; its absence is a failure, not a skip."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.fail("there is no chromium: apt-get install chromium", pytrace=False)
    root = getattr(os, "geteuid", lambda: 1)() == 0  # chromium refuses its sandbox to root
    with sync_playwright() as driver:
        launched = driver.chromium.launch(executable_path=path, args=["--no-sandbox"] if root else [])
        yield launched
        launched.close()


class Visit:
    """Opens pages and keeps what they complain of, and what they ask for."""

    def __init__(self, browser: Browser, report: Path, **options) -> None:
        self.context = browser.new_context(**options)
        self.page: Page = self.context.new_page()
        self.report = report
        self.faults: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda message: self.faults.append(f"console: {message.text}"))
        self.page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        self.page.on("dialog", lambda dialog: (self.faults.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("requestfailed", lambda request: self.faults.append(f"failed: {request.url}"))

    def open(self, name: str) -> Page:
        path, _, anchor = name.partition("#")
        self.page.goto((self.report / f"{path}.html").as_uri() + (f"#{anchor}" if anchor else ""))
        return self.page

    def cells(self, table: str, column: int) -> list[str]:
        """Texts of a column, of the rows that are shown."""
        return self.page.evaluate(SORTED.format(table, column))


@pytest.fixture
def visit(browser, report) -> Iterator[Visit]:
    """A visit in light colours on a wide screen; it must end without a complaint."""
    made = Visit(browser, report, viewport={"width": 1280, "height": 900}, color_scheme="light")
    yield made
    made.context.close()
    assert made.faults == []
    assert [url for url in made.requests if not url.startswith(("file://", "data:,"))] == []


def test_every_page_loads_and_every_link_resolves(visit, report):
    """No console message, no request but for files, and each href leads to a file and an anchor that is there."""
    links, ids = {}, {}
    for path in sorted(report.rglob("*.html")):
        page = visit.open(path.relative_to(report).as_posix().removesuffix(".html"))
        assert page.locator("h1").count() == 1
        links[page.url] = page.evaluate(
            "() => [...document.querySelectorAll('[href]')].map(e => e.getAttribute('href'))"
        )
        ids[page.url] = set(page.evaluate("() => [...document.querySelectorAll('[id]')].map(e => e.id)"))
    followed = 0
    for url, targets in links.items():
        for target in set(targets) - {"data:,"}:
            place, anchor = urldefrag(urljoin(url, target))
            assert Path(unquote(urlsplit(place).path)).is_file(), (url, target)
            if anchor:
                assert unquote(anchor) in ids[place], (url, target)
            followed += 1
    assert followed > 200


def test_sorting(visit):
    """Numbers as numbers, texts as texts, nothing last, either way."""
    page = visit.open("index")
    assert [name.split()[0] for name in visit.cells("overview", 0)] == [
        EVIL,
        "adder",
        "divider",
        "wide",
        "broken",
        "idle",
    ]
    lut = page.get_by_role("button", name="LUT6")
    lut.click()
    assert visit.cells("overview", 9)[:2] == [RANGE, "672"]
    assert page.locator("#overview th[aria-sort]").get_attribute("aria-sort") == "ascending"
    lut.click()
    assert [text.split()[0] for text in visit.cells("overview", 9)] == ["672", RANGE, *[_text.DASH] * 4]
    assert page.locator("#overview th[aria-sort]").get_attribute("aria-sort") == "descending"
    assert "sorted by LUT6, descending" in page.locator("[role=status]").inner_text()
    page.get_by_role("button", name="Module").click()
    order = [EVIL, "adder", "broken", "divider", "idle", "wide"]
    assert [name.split()[0] for name in visit.cells("overview", 0)] == order
    assert page.locator("#overview th[aria-sort]").count() == 1
    page.get_by_role("button", name="Icarus").click()
    page.get_by_role("button", name="Icarus").click()
    assert visit.cells("overview", 0)[0] == "divider"  # two failures


def test_sorting_of_runs(visit):
    page = visit.open("regression")
    page.get_by_role("button", name="Simulation").click()
    seconds = [float(text.split()[0]) for text in visit.cells("run-table", 9)]
    assert seconds == sorted(seconds)
    assert len(seconds) == 32
    page.get_by_role("button", name="Checked").click()
    assert visit.cells("run-table", 6)[0] == "160"
    assert visit.cells("run-table", 6)[-1] == "12,345"


def test_filtering(visit):
    page = visit.open("regression")
    field = page.get_by_label("Filter runs")
    count = page.locator("#runs ~ .filter output")
    assert count.inner_text() == "32 of 32 runs"
    field.fill("DIVIDER icarus")
    assert set(visit.cells("run-table", 0)) == {"divider"}
    assert set(visit.cells("run-table", 2)) == {"icarus"}
    assert count.inner_text() == "4 of 32 runs"
    page.get_by_label("only failed or flaky").check()
    assert [text.split()[1] for text in visit.cells("run-table", 5)] == ["fail", "fail"]
    field.press("Escape")
    assert count.inner_text() == "8 of 32 runs"  # four failures, four flaky
    field.fill("nothing has this name")
    assert visit.cells("run-table", 0) == []
    assert count.inner_text() == "0 of 32 runs"


def test_filter_and_sort_go_together(visit):
    page = visit.open("index")
    page.get_by_label("Filter modules").fill("de lab")
    page.get_by_role("button", name="Module").click()
    shown = visit.cells("overview", 0)
    assert shown == ["adder", "divider", "wide"]
    page.get_by_role("button", name="Module").click()
    assert visit.cells("overview", 0) == shown[::-1]


def test_by_keyboard_alone(visit):
    """The skip link comes first, headers sort by Enter and Space, and the focus is seen."""
    page = visit.open("index")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    assert page.locator(".skip").bounding_box()["x"] >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "LUT6":
            break
    focus = page.evaluate(
        "(() => {const s = getComputedStyle(document.activeElement); return s.outlineStyle + s.outlineWidth})()"
    )
    assert focus == "solid2px"
    page.keyboard.press("Enter")
    assert visit.cells("overview", 9)[0] == RANGE
    page.keyboard.press("Space")
    assert visit.cells("overview", 9)[0] == "672"
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("document.activeElement.textContent") == "Mutation"


def test_tags_show_as_text(visit):
    """A module named `<script>alert(1)<`, and tags in failures, notes, replay lines and sources."""
    page = visit.open("index")
    page.get_by_role("link", name=EVIL, exact=True).click()
    assert page.locator("h1").inner_text() == EVIL
    assert page.evaluate("document.scripts.length") == 1
    assert (
        f"wrong value: 3 of 160 transactions {TAG}" in page.locator("#failures ~ article .reasons").first.inner_text()
    )
    assert "<img src=x onerror=alert(2)>" in visit.open("modules/divider").locator("table.src").inner_text()
    assert TAG in visit.open("regression").locator("#bucket-1 h3").inner_text()


def test_theme(browser, report):
    """The system's colours until the reader chooses others, which stay."""
    grounds = {}
    for scheme in ("light", "dark"):
        visit = Visit(browser, report, color_scheme=scheme)
        page = visit.open("index")
        ground = lambda page=page: page.evaluate("getComputedStyle(document.body).backgroundColor")  # noqa: E731
        grounds[scheme] = ground()
        other = {"light": "Dark theme", "dark": "Light theme"}[scheme]
        page.get_by_role("button", name=other).click()
        turned = ground()
        assert turned != grounds[scheme]
        page.reload()
        assert ground() == turned
        visit.open("modules/adder")
        assert ground() == turned
        assert visit.faults == []
        visit.context.close()
    assert grounds["light"] != grounds["dark"]


def test_a_browser_that_refuses_storage(visit):
    refuse = "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('no', 'SecurityError'); }})"
    visit.page.add_init_script(refuse)
    page = visit.open("index")
    page.get_by_role("button", name="Dark theme").click()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_without_javascript(browser, report):
    """All content is there, and nothing that would need a script."""
    visit = Visit(browser, report, java_script_enabled=False)
    page = visit.open("index")
    assert page.locator("#overview tbody tr").count() == 6
    assert page.locator("#overview").get_by_role("button").count() == 0
    assert not page.locator(".filter").first.is_visible()
    assert not page.locator(".theme").is_visible()
    page = visit.open("modules/divider")
    assert page.locator("table.first").first.is_visible()
    assert page.locator("table.src tr").count() > 25
    visit.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_accessible(browser, report, scheme):
    """Names, labels, captions, order of headings, and contrast of every text, also of what is folded."""
    visit = Visit(browser, report, color_scheme=scheme, viewport={"width": 1280, "height": 900})
    for name in KINDS:
        page = visit.open(name)
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        assert page.evaluate(AUDIT) == [], name
    assert visit.faults == []
    visit.context.close()


def test_the_audit_finds_faults(visit):
    """Lest it passes because it looks at nothing."""
    page = visit.open("index")
    page.evaluate(
        """() => { document.querySelector("main").innerHTML = `<h2>no h1</h2><h4 id="x">deep</h4><svg></svg>
        <input id="x"><p style="color: #888; background: #777">faint</p><button></button>
        <table><tr><th>head</th></tr></table>`; }"""
    )
    found = "\n".join(page.evaluate(AUDIT))
    for fault in ("0 h1", "h4 after h2", "no name: <svg", "no label: <input", "contrast 1.2", "no caption", "no scope"):
        assert fault in found
    assert "no text: <button></button>" in found
    assert "ids occur twice: x" in found


def test_on_a_phone(browser, report):
    """Tables scroll in their frames; the page does not."""
    visit = Visit(browser, report, viewport={"width": 360, "height": 740}, device_scale_factor=2)
    for name in KINDS:
        page = visit.open(name)
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        assert page.evaluate("document.documentElement.scrollWidth") == 360, name
    visit.context.close()


def test_plan_leads_to_what_is_folded(visit):
    """The link of a proof unfolds the configuration that holds it."""
    page = visit.open("modules/divider")
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = false)")
    page.locator("#plan-table a", has_text="io.grid").click()
    assert page.locator("#cov-w8-io-grid table").is_visible()
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = false)")
    page.evaluate("dispatchEvent(new HashChangeEvent('hashchange'))")  # for browsers that leave it folded
    assert page.locator("#cov-w8-io-grid table").is_visible()
    box = page.locator("#cov-w8-io-grid").bounding_box()
    assert box is not None
    assert 0 <= box["y"] < 900


def test_coverage_marks_are_words_too(visit):
    """Lines that never ran, branches and toggles are told by sign and text, not by colour alone."""
    page = visit.open("modules/divider")
    line = page.locator("#L18")
    assert line.inner_text().split("\t")[:2] == ["18", "0"]
    assert "never executed" in line.inner_text()
    assert "✗ never toggled: y[7:5]" in page.locator("#L10 + tr").inner_text()
    assert "branch never taken: if" in page.locator("#L17 + tr").inner_text()
    assert f"never released {TAG}" in page.locator("#L8 + tr").inner_text()
    page.get_by_role("link", name=f"18{_text.DASH}19").click()
    assert page.url.endswith("#L18")


def test_replay_line_is_copied(visit):
    page = visit.open("modules/divider")
    assert page.locator(".replay code").first.inner_text() == (
        "make sim MODULE='divider' CONFIG='w8' SIM=icarus MODE=beat SEED=1 WAVES=1"
    )
    button = page.get_by_role("button", name="Copy the command").first
    button.click()
    page.wait_for_function(
        "() => ['copied', 'selected'].includes(document.querySelector('[role=status]').textContent.split(':')[0])"
    )


def test_pages_show_at_once(visit, report):
    """Each loads within a second, and stays below three megabytes."""
    for path in report.rglob("*.html"):
        assert path.stat().st_size < 3_000_000
    page = visit.open("modules/wide")
    assert page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd") < 1000
