"""Keeps what Python and the simulator print apart."""

from __future__ import annotations

import ctypes
import sys

LINE_BUFFERED = 1  # _IOLBF of Linux and macOS
STDOUT = "__stdoutp" if sys.platform == "darwin" else "stdout"  # what C calls its stream


def flush_by_lines() -> None:
    """Let the simulator write line by line: else what Python prints could cut a message of the core in two."""
    libc = ctypes.CDLL(None)
    libc.setvbuf(ctypes.c_void_p.in_dll(libc, STDOUT), None, LINE_BUFFERED, ctypes.c_size_t(0))
