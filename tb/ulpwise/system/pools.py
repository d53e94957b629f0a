"""Threads that end with the wish to end: none starts anything more, and what they wait for is killed."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from ulpwise.system.process import kill_all


@contextmanager
def pool(jobs: int) -> Iterator[ThreadPoolExecutor]:
    """Give threads for the time of the block; an exception in it cancels what has not begun.

    Args:
        jobs: Threads; at least one.
    """
    with ThreadPoolExecutor(max(1, jobs)) as threads:
        try:
            yield threads
            threads.shutdown()  # here, where an interrupt cancels what it waits for
        except BaseException as fault:
            threads.shutdown(wait=False, cancel_futures=True)
            if not isinstance(fault, Exception):  # an interrupt, or the exit of a console that nobody reads
                kill_all()
            raise
