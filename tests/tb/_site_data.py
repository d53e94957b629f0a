"""A made-up project with a past, written as a regression leaves it: no simulation, but all that a report must show."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import numpy as np

from ulpwise.bench.project import Project
from ulpwise.coverage.sampler import Coverage
from ulpwise.history.database import History

EVIL = "<script>alert(1)<"  # a module: its file name cannot hold a slash, but other texts can
TAG = "<script>alert('pwned')</script>"
NEWEST = "2026-11-21T09-00-00-smoke"
TIMES = {
    "2026-11-19T09-00-00-smoke": "2026-11-19T09",
    "2026-11-20T09-00-00-full": "2026-11-20T09",
    NEWEST: "2026-11-21T09",
}

CORE = """\
// SPDX-License-Identifier: Apache-2.0
// Sample core: adds one & compares x < y, for <b>tests</b>. A second sentence that no page needs.

`default_nettype none

module TOP #(parameter WIDTH = 8) (
    input  wire             clk,
    input  wire             rst,
    input  wire [WIDTH-1:0] x,
    output reg  [WIDTH-1:0] y
);

// Grüße: "quotes", <tags> & ampersands
always @(posedge clk) begin
    if (rst) begin
        y <= 8'h00;
    end else if (x == 8'hff) begin
        y <= 8'd255;
        $display("<img src=x onerror=alert(2)>");
    end else begin
        y <= x + 1'b1;
    end
end

endmodule
"""

BENCH = """\
import numpy as np

from ulpwise import *
from ulpwise.bench.stimuli import directed

MORE


def cover(c):
    digit = values(-1, 0, 1)
    side = values(*range(c.SIDE))
    points = [
        Point('x', lambda t: t['x'] % 3 - 1, digit),
        Point('y', lambda t: t['y'] % 3 - 1, digit, illegal=values(7), at_least=2),
        Point('row', lambda t: t['x'] % c.SIDE, side),
        Point('column', lambda t: t['y'] % c.SIDE, side),
    ]
    pairs = Cross('pairs', 'x', 'y', ignore=[('1', '1')])
    crosses = [pairs, Cross('grid', 'row', 'column'), Cross('cube', 'x', 'y', 'row')]
    return [CoverGroup('io', points, crosses)]


bench = Bench(
    top=TOP,
    configs={'w8': {'WIDTH': 8, 'SIDE': SIDES}, 'w16 <b>': {'WIDTH': 16, 'SIDE': 4}},
    interface=lambda c: Streams({'x': Axis({'x': Unsigned(8)})}, {'y': Axis({'y': Unsigned(8)})}),
    golden=lambda c, t: {'y': t['x']},
    cover=cover,
    stimuli=lambda c: {'ramp': directed(x=np.arange(64))},
    plan={'every pair of digits': ['io.pairs', 'io.y.0'], 'the grid <i>is</i> full': ['io.grid']},
)
"""

MODULES = {"adder": 5, "divider": 12, EVIL: 3, "idle": 4, "wide": 40, "broken": 4}

MUTATION = {
    "mutants": 32,
    "killed": 29,
    "equivalent": 1,
    "survivors": [f"line 15: {TAG}", {"line": 17}],
    "percent": 93.5,
}

# line, column, kind, comment, lines, count, reason of an exclusion
POINTS = [
    [7, 29, "toggle", "clk:0->1", "", 900, None],
    [7, 29, "toggle", "clk:1->0", "", 900, None],
    [8, 29, "toggle", "rst:1->0", "", 0, f"never released {TAG}"],
    *[[10, 29, "toggle", f"y[{i}]:{way}", "", 0 if i > 4 else 40, None] for i in range(8) for way in ("0->1", "1->0")],
    [14, 1, "line", "block", "14", 900, None],
    [15, 5, "branch", "if", "15-16", 4, None],
    [15, 6, "branch", "else", "", 896, None],
    [17, 14, "branch", "if", "17-19", 0, None],
    [17, 15, "branch", "else", "21", 896, None],
    [17, 21, "expr", "(x==8'hff) => 1", "", 0, None],
]


def write_project(root: Path) -> Project:
    """Write sources, benches, three regressions and their history."""
    project = Project(root)
    for name, sides in MODULES.items():
        _write(root / "rtl" / "lab" / f"{name}.v", CORE.replace("TOP", "top" if name == EVIL else name))
        more = "raise RuntimeError('no <luck>')" if name == "broken" else ""
        text = BENCH.replace("MORE", more).replace("TOP", repr(name)).replace("SIDES", str(sides))
        _write(root / "tests" / "lab" / f"test_{name}.py", text)
    history = History(project.build / "history.sqlite")
    for name, started in TIMES.items():
        _regression(project, history, name, started)
    _write(project.build / "regress" / "latest", NEWEST + "\n")
    for factor in (100, 96):
        rows = [
            ("adder", "w8", factor),
            ("adder", "w16 <b>", 2 * factor),
            ("wide", "w8", 7 * factor),
            ("idle", "w8", None),
        ]
        areas = [{"module": m, "config": c, "lut6": n, "lut4": None, "ff": 12, "depth": 3} for m, c, n in rows]
        history.add_areas("0123456789", areas)
    history.set_ranking(
        NEWEST, [{"module": "adder", "config": "w8", "sim": "verilator", "mode": "burst", "seed": 1, "n": None}]
    )
    _settle(history.path)
    return project


def record(project: Project, module: str, config: str, rows: int = 200) -> dict:
    """Sample a bench's own cover groups."""
    bench = project.bench(module)
    coverage = Coverage(bench.cover(bench.config(config)))
    rng = np.random.default_rng(7)
    coverage.sample({"x": rng.integers(0, 256, rows), "y": rng.integers(0, 256, rows)})
    return coverage.to_json()


def run_rows(regression: str) -> list[dict]:
    """The runs of one regression: `idle` has run in the first one only."""
    rows = []
    for module in MODULES:
        if module == "broken" or (module == "idle" and not regression.startswith("2026-11-19")):
            continue
        for config in ("w8", "w16 <b>"):
            rows += [
                _row(regression, module, config, sim, mode)
                for sim in ("verilator", "icarus")
                for mode in ("burst", "beat")
            ]
    return rows


def failed(row: dict) -> bool:
    """Divider fails under Icarus in the newest regression, and once the module with the evil name."""
    newest = row["regression"] == NEWEST and row["config"] == "w8"
    return newest and (
        (row["module"] == "divider" and row["sim"] == "icarus") or (row["module"] == EVIL and row["mode"] == "beat")
    )


def _row(regression: str, module: str, config: str, sim: str, mode: str) -> dict:
    row = {"regression": regression, "module": module, "config": config, "sim": sim, "mode": mode, "seed": 1, "n": None}
    row |= {"coverage": int(sim == "verilator"), "transactions": 12_345 if mode == "burst" else 160, "cycles": 98_765}
    row |= {
        "seconds": 1.5 + len(module) + len(config) / 7 + 3 * (mode == "beat"),
        "build_seconds": 0.3 if sim == "icarus" else 4.2,
    }
    bad = failed(row)
    row |= {
        "verdict": "fail" if bad else "pass",
        "reasons": [f"wrong value: 3 of 160 transactions {TAG}", "late"] if bad else [],
    }
    row |= {
        "bucket": f"wrong value: N of N transactions {TAG}" if bad else "",
        "bins": 40,
        "hit": 38,
        "fingerprint": "f",
        "digest": "d",
    }
    flaky = f"failed once, then passed {TAG}" if module == "adder" and mode == "beat" and regression == NEWEST else ""
    row |= {"attempts": 2 if flaky else 1, "worker": "tcp://<w1>", "flaky": flaky}
    return row | {
        "replay": f"make sim MODULE='{module}' CONFIG='{config}' SIM={sim} MODE={mode} SEED=1 WAVES=1" if bad else ""
    }


def _regression(project: Project, history: History, name: str, started: str) -> None:
    rows = run_rows(name)
    bad = [_name(row) for row in rows if row["verdict"] == "fail"]
    flaky = [{"run": _name(row), "text": row["flaky"]} for row in rows if row["flaky"]]
    level = name.rsplit("-", 1)[1]
    head = {
        "id": name,
        "level": level,
        "commit": "0123456789abcdef",
        "dirty": 1,
        "tree": "abc",
        "options": {"level": level},
    }
    tools = {"verilator": "5.048", "icarus": "11.0 (stable) <x>", "python": "3.11.2"}
    history.begin({**head, "tools": tools, "planned": len(rows) + 1})
    history._insert("run", [{**row, "finished": f"{started}:01:00.000+00:00"} for row in rows])  # one transaction
    status = "failed" if bad else "passed"
    history.finish(name, status)
    folder = project.build / "regress" / name
    message = f"wrong value: N of N transactions {TAG}"
    replay = next((row["replay"] for row in rows if row["replay"]), "")
    bucket = {"message": message, "count": len(bad), "runs": bad, "replay": replay, "waves": None}
    targets = {"module": "divider", "kind": "line", "percent": 80.0, "target": 95.0, "text": f"below the target {TAG}"}
    info = {
        **head,
        "tools": tools,
        "status": status,
        "started": f"{started}:00:00.000+00:00",
        "finished": f"{started}:02:05.000+00:00",
    }
    info |= {
        "plan": [*map(_name, rows), f"late-{TAG}-icarus-beat-1"],
        "notes": [f"worker {TAG} died: 2 runs again"],
        "flaky": flaky,
    }
    info |= {"buckets": [{**bucket, "first": bad[0]}] if bad else [], "targets": [targets]}
    _write(folder / "regression.json", json.dumps(info))
    for row in rows:
        _run(folder / "runs" / _name(row), row)
    _coverage(project, history, name, folder)


def _run(folder: Path, row: dict) -> None:
    summary = {"bins": row["bins"], "hit": row["hit"]}
    _write(
        folder / "record.json",
        json.dumps({**row, "coverage_summary": summary, "shrunk": 1 if row["reasons"] else None}),
    )
    if not row["reasons"]:
        return
    first = {"sequence": "corners", "row": 2, "inputs": {"x": f"1 0 -1 = 0x5/0x1 (3/8) {TAG}"}}
    first |= {"expected": {"y": "-1 0 = 0x0/0x2 (-1/2)", "z": "7"}, "actual": {"y": "√2 ≈ 1.41 <b>", "z": "7"}}
    _write(folder / "result.json", json.dumps({"first": first}))
    _write(folder / "sim.log", f"\x1b[31mERROR\x1b[0m {TAG} ünïcode\nTraceback (most recent call last):\n  boom\n")


def _coverage(project: Project, history: History, name: str, folder: Path) -> None:
    """Write merged coverage of all that ran but the evil one, whose coverage the history alone knows."""
    rows = []
    for module in ("adder", "divider", "wide"):
        functional = {}
        for config in ("w8", "w16 <b>"):
            found = record(project, module, config, rows=20_000 if module == "adder" else 2_000)
            functional[config] = {"record": found, "summary": {}, "runs": 4}
        points = [[*p[:5], p[5] or 3, None] for p in POINTS] if module == "adder" else POINTS
        hit = sum(bool(p[5]) for p in points if p[2] == "toggle")
        kinds = {
            "functional": _kind(38, 40, 100),
            "line": _kind(9, 10, 95),
            "branch": _kind(3, 4, 95),
            "toggle": _kind(hit, 19, 90),
        }
        if module == "adder":
            kinds = {kind: _kind(body["points"], body["points"], body["target"]) for kind, body in kinds.items()}
        plan = [
            {
                "feature": "every pair of digits",
                "proofs": ["io.pairs", "io.y.0"],
                "covered": {"w8": True, "w16 <b>": True},
            },
            {
                "feature": f"the grid {TAG}",
                "proofs": ["io.grid", "gone.point"],
                "covered": {"w8": False, "w16 <b>": True},
            },
        ]
        body = {
            "module": module,
            "family": "lab",
            "file": f"rtl/lab/{module}.v",
            "functional": functional,
            "plan": plan,
        }
        body |= {
            "code": {"points": points},
            "kinds": kinds,
            "mutation": MUTATION if module == "adder" else None,
            "bins": _kind(290, 300, 0) | {"target": None},
            "unrun": [TAG],
            "stale": [f"toggle 'x*' matches nothing {TAG}"],
        }
        _write(
            folder / "coverage" / f"{module}.json",
            json.dumps(body | {"missed": [] if module == "adder" else [f"line 90 % {TAG}"]}),
        )
        rows += [{"module": module, "kind": kind, "points": k["points"], "hit": k["hit"]} for kind, k in kinds.items()]
    rows.append({"module": EVIL, "kind": "functional", "points": 40, "hit": 20})
    history.set_coverage(name, rows)


def _kind(hit: int, points: int, target: float) -> dict:
    return {"points": points, "hit": hit, "percent": 100.0 * hit / points, "excluded": 1, "target": target}


def _name(row: dict) -> str:
    return f"{row['module']}-{row['config']}-{row['sim']}-{row['mode']}-{row['seed']}".replace("/", "_")


def _settle(path: Path) -> None:
    """Give the regressions and measurements fixed times, so that two such projects are the same."""
    with sqlite3.connect(path) as base:
        for name, started in TIMES.items():
            times = (f"{started}:00:00.000+00:00", f"{started}:02:05.000+00:00", name)
            base.execute("UPDATE regression SET started = ?, finished = ? WHERE id = ?", times)
        for row, day in enumerate((*[19] * 4, *[21] * 4), start=1):
            base.execute("UPDATE area SET measured = ? WHERE rowid = ?", (f"2026-11-{day}T10:00:00.000+00:00", row))
    base.close()


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
