"""One way for all commands to be ended: Ctrl-C, a polite kill, and a terminal that is closed."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SET_PDEATHSIG = 1  # of Linux' prctl
NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(KeyboardInterrupt):
    """Somebody wants this process to end.

    Args:
        number: The signal that said so.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def status(fault: KeyboardInterrupt) -> int:
    """Return the exit status of an interrupt as shells give it: 130 for Ctrl-C, 143 for TERM, 129 for HUP."""
    return 128 + (fault.number if isinstance(fault, Interrupted) else signal.SIGINT)


def follow_make() -> None:
    """End with the make that started this process, be it by `kill -9`: Linux then sends TERM."""
    parent = os.environ.pop("TB_PARENT", "")  # not for what this process starts
    if parent == str(os.getppid()) and sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != int(parent):  # it ended meanwhile
            os.kill(os.getpid(), signal.SIGTERM)


@contextmanager
def heard() -> Iterator[None]:
    """Raise `Interrupted` in the block when a signal wants this process to end; only the first one counts.

    A shell's background jobs ignore Ctrl-C from their beginning, and what they start inherits that: it is heard
    nonetheless, so that `kill -INT` ends them. A closed terminal stays ignored where `nohup` wants that.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(number: int, _: FrameType | None) -> None:
        for each in before:  # a terminal may say it twice: what is kept now is kept whole
            signal.signal(each, signal.SIG_IGN)
        over.append(number)
        raise Interrupted(number)

    over: list[int] = []
    before = {}
    for number in NUMBERS:
        handler = signal.getsignal(number)
        if number != signal.SIGHUP or handler is not signal.SIG_IGN:
            before[number] = handler
            signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_IGN if over else handler)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Put an interrupt off to the end of the block, so that a result is kept whole or not at all."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    numbers = [number for number in NUMBERS if signal.getsignal(number) is not signal.SIG_IGN]
    before = [signal.signal(number, lambda number, _: came.append(number)) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
    if came:
        signal.raise_signal(came[0])
