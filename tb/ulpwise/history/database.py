"""What every run came to, kept in SQLite: verdicts, durations, coverage, areas, tool versions, commits.

Each write is one immediate transaction in write-ahead mode, so that several processes write at once and lose nothing.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

SCHEMA = 1
PATIENCE = 60.0  # seconds that a writer waits for another

Row: TypeAlias = dict[str, Any]

_TABLES = """
CREATE TABLE IF NOT EXISTS regression (
    id TEXT PRIMARY KEY, level TEXT NOT NULL, started TEXT NOT NULL, finished TEXT, status TEXT NOT NULL,
    "commit" TEXT NOT NULL, dirty INTEGER NOT NULL, tree TEXT NOT NULL, options TEXT NOT NULL, tools TEXT NOT NULL,
    planned INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS run (
    regression TEXT, module TEXT NOT NULL, config TEXT NOT NULL, sim TEXT NOT NULL, mode TEXT NOT NULL,
    seed INTEGER NOT NULL, n INTEGER, coverage INTEGER NOT NULL, finished TEXT NOT NULL, verdict TEXT NOT NULL,
    reasons TEXT NOT NULL, bucket TEXT NOT NULL, transactions INTEGER NOT NULL, cycles INTEGER NOT NULL,
    seconds REAL NOT NULL, build_seconds REAL NOT NULL, bins INTEGER NOT NULL, hit INTEGER NOT NULL,
    fingerprint TEXT NOT NULL, digest TEXT NOT NULL, attempts INTEGER NOT NULL, worker TEXT NOT NULL,
    replay TEXT NOT NULL, flaky TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS run_of ON run (regression);
CREATE INDEX IF NOT EXISTS run_same ON run (module, config, sim, mode, seed, fingerprint);
CREATE TABLE IF NOT EXISTS coverage (
    regression TEXT NOT NULL, module TEXT NOT NULL, kind TEXT NOT NULL, points INTEGER NOT NULL, hit INTEGER NOT NULL,
    PRIMARY KEY (regression, module, kind)
);
CREATE TABLE IF NOT EXISTS area (
    measured TEXT NOT NULL, "commit" TEXT NOT NULL, module TEXT NOT NULL, config TEXT NOT NULL, lut6 INTEGER,
    lut4 INTEGER, ff INTEGER NOT NULL, depth INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS ranking (
    module TEXT NOT NULL, config TEXT NOT NULL, sim TEXT NOT NULL, mode TEXT NOT NULL, seed INTEGER NOT NULL, n INTEGER,
    regression TEXT NOT NULL
);
"""


class HistoryError(ValueError):
    """A history that cannot be read or written; the message is one line with the remedy."""


def now() -> str:
    """Return the present time as ISO 8601 in UTC, to the millisecond, so that texts sort by time."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


class History:
    """The history of one project.

    Args:
        path: The file, by convention `build/history.sqlite`; made when it is missing.

    Raises:
        HistoryError: The file is no database, or one of another schema.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._opened() as base:  # before anything is written to it
            version = base.execute("PRAGMA user_version").fetchone()[0]
            if version not in {0, SCHEMA}:
                raise HistoryError(f"{path} has schema {version}, not {SCHEMA}: move it away, a new one will be made")
        with self._transaction() as base:
            if base.execute("PRAGMA user_version").fetchone()[0] == 0:
                for statement in filter(str.strip, _TABLES.split(";")):
                    base.execute(statement)
                base.execute(f"PRAGMA user_version = {SCHEMA}")

    def begin(self, row: Mapping[str, Any]) -> None:
        """Note that a regression has begun.

        Args:
            row: id, level, commit, dirty, tree (hash of the sources), options and tools (dicts), planned (runs).
        """
        known = {**row, "started": now(), "finished": None, "status": "running"}
        self._insert("regression", [known])

    def finish(self, regression: str, status: str) -> None:
        """Note how a regression ended: passed, failed, or interrupted; a resumed one is set to running again."""
        with self._transaction() as base:
            done = None if status == "running" else now()
            base.execute("UPDATE regression SET status = ?, finished = ? WHERE id = ?", (status, done, regression))

    def add_run(self, row: Mapping[str, Any]) -> None:
        """Add one finished run: the columns of the table but for `finished`."""
        self._insert("run", [{"finished": now(), **row}])

    def set_coverage(self, regression: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Replace the coverage of a regression.

        Args:
            regression: Its id.
            rows: module, kind (functional, line, branch, expr, toggle), points, hit.
        """
        with self._transaction() as base:
            base.execute("DELETE FROM coverage WHERE regression = ?", (regression,))
            _insert(base, "coverage", [{"regression": regression, **row} for row in rows])

    def add_areas(self, commit: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Add measured areas: module, config, lut6, lut4 (None when not measured), ff, depth."""
        self._insert("area", [{"measured": now(), "commit": commit, **row} for row in rows])

    def set_ranking(self, regression: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Replace the ranking of the modules that the rows name: module, config, sim, mode, seed, n."""
        chosen = [{"regression": regression, **row} for row in rows]
        with self._transaction() as base:
            for module in {row["module"] for row in chosen}:
                base.execute("DELETE FROM ranking WHERE module = ?", (module,))
            _insert(base, "ranking", chosen)

    def regressions(self) -> list[Row]:
        """Return all regressions, the newest first."""
        rows = self._select("SELECT * FROM regression ORDER BY started DESC, id DESC")
        return [{**row, **{name: json.loads(row[name]) for name in ("options", "tools")}} for row in rows]

    def regression(self, name: str | None = None) -> Row | None:
        """Return one regression by its id, or the newest; None when there is none."""
        return next((row for row in self.regressions() if name in {None, row["id"]}), None)

    def runs(self, regression: str | None = None, module: str | None = None) -> list[Row]:
        """Return the runs of a regression, of a module, or all, the oldest first; `reasons` is a list."""
        where = [f"{name} = ?" for name, value in (("regression", regression), ("module", module)) if value is not None]
        values = [value for value in (regression, module) if value is not None]
        order = f"SELECT * FROM run {'WHERE ' + ' AND '.join(where) if where else ''} ORDER BY finished, rowid"
        return [{**row, "reasons": json.loads(row["reasons"])} for row in self._select(order, values)]

    def same_runs(self, row: Mapping[str, Any]) -> list[Row]:
        """Return earlier runs of the same inputs under the same simulator; counted coverage is an input."""
        keys = ("module", "config", "sim", "mode", "seed", "coverage", "fingerprint")
        where = " AND ".join(f"{key} = ?" for key in keys)
        return self._select(f"SELECT * FROM run WHERE {where} ORDER BY finished", [row[key] for key in keys])

    def durations(self) -> dict[tuple[str, str, str, str], float]:
        """Return the seconds, build included, of the last run of each module, configuration, simulator and mode."""
        total = "seconds + build_seconds AS total, MAX(finished)"  # SQLite takes the other columns from that row
        rows = self._select(f"SELECT module, config, sim, mode, {total} FROM run GROUP BY module, config, sim, mode")
        return {(row["module"], row["config"], row["sim"], row["mode"]): row["total"] for row in rows}

    def coverage(self, regression: str | None = None) -> list[Row]:
        """Return the coverage of a regression, or of all, the oldest regression first."""
        where, values = ("WHERE regression = ?", [regression]) if regression is not None else ("", [])
        return self._select(
            f"SELECT c.*, r.started FROM coverage c JOIN regression r ON r.id = c.regression {where} "
            "ORDER BY r.started, module, kind",
            values,
        )

    def areas(self) -> list[Row]:
        """Return all measured areas, the oldest first."""
        return self._select("SELECT * FROM area ORDER BY measured, rowid")

    def ranking(self) -> list[Row]:
        """Return the chosen runs of every ranked module."""
        return self._select("SELECT * FROM ranking ORDER BY rowid")

    def _insert(self, table: str, rows: list[dict[str, Any]]) -> None:
        with self._transaction() as base:
            _insert(base, table, rows)

    def _select(self, order: str, values: Iterable[Any] = ()) -> list[Row]:
        with self._opened() as base:  # a reader keeps no writer waiting
            return [dict(row) for row in base.execute(order, tuple(values))]

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._opened() as base:
            base.execute("PRAGMA journal_mode = WAL")
            base.execute("PRAGMA synchronous = NORMAL")
            base.execute("BEGIN IMMEDIATE")
            try:
                yield base
            except BaseException:
                base.execute("ROLLBACK")
                raise
            base.execute("COMMIT")

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self.path, timeout=PATIENCE, isolation_level=None)) as base:
                base.row_factory = sqlite3.Row
                yield base
        except sqlite3.OperationalError as fault:
            raise HistoryError(f"{self.path}: {fault}; free the disk or move the file away") from None
        except sqlite3.DatabaseError as fault:
            raise HistoryError(f"{self.path}: {fault}; move it away, a new one will be made") from None


def _insert(base: sqlite3.Connection, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Insert rows; lists and dicts are written as JSON."""
    for row in rows:
        values = [json.dumps(value) if isinstance(value, (list, dict, tuple)) else value for value in row.values()]
        names = ", ".join(f'"{name}"' for name in row)
        base.execute(f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(values))})", values)
