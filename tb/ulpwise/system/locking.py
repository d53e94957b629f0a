"""Locks between processes that do not outlast the wish to end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from ulpwise.system import process

LOOK = 0.5  # seconds between looks at whether everything is to end


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold the lock of a file or folder; another process or thread that wants it waits.

    Args:
        path: What is locked; the lock is a file beside it, `<name>.lock`, whose folder must exist.

    Raises:
        KeyboardInterrupt: `process.kill_all` was called while this waited.
    """
    lock = FileLock(f"{path}.lock")
    while not lock.is_locked:
        try:
            lock.acquire(timeout=LOOK)
        except Timeout:
            if process.stopping():
                raise KeyboardInterrupt from None
    try:
        yield
    finally:
        lock.release()
