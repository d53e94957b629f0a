"""Files appear whole or not at all, whoever else writes them."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from ulpwise.system import atomic


def test_many_writers_leave_one_whole_file(tmp_path):
    path = tmp_path / "file"
    texts = [str(number) * 10_000 for number in range(8)]

    def write(text):
        for _ in range(20):
            atomic.write_text(path, text)
            assert path.read_text() in texts

    threads = [threading.Thread(target=write, args=(text,)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_text() in texts
    assert list(tmp_path.iterdir()) == [path]


def test_a_failure_leaves_what_was_there(tmp_path, monkeypatch):
    path = tmp_path / "file"
    atomic.write_bytes(path, b"old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(path), "replace", full)
    with pytest.raises(OSError, match="No space"):
        atomic.write_bytes(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_names_as_long_as_a_file_system_takes(tmp_path):
    path = tmp_path / ("x" * 250)
    atomic.write_text(path, "é\r\n")
    assert path.read_bytes() == "é\r\n".encode()


def test_no_two_writers_share_a_name(tmp_path, monkeypatch):
    """Another process may write the same file at the same time."""
    names = []
    write = type(tmp_path).write_bytes

    def remember(path, data):
        names.append(path)
        return write(path, data)

    monkeypatch.setattr(type(tmp_path), "write_bytes", remember)
    for _ in range(3):
        atomic.write_bytes(tmp_path / "file", b"")
    assert len(set(names)) == 3
    assert {path.parent for path in names} == {tmp_path}  # of the same file system
    monkeypatch.setattr(atomic.os, "getpid", lambda: 7)
    atomic.write_bytes(tmp_path / "file", b"")
    assert ".7." in names[-1].name


def test_an_interrupt_leaves_nothing_behind(tmp_path, monkeypatch):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    monkeypatch.setattr(type(path), "replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        atomic.write_bytes(path, b"new")
    assert [each.read_bytes() for each in tmp_path.iterdir()] == [b"old"]


def test_a_place_is_tried_before_it_is_needed(tmp_path):
    (tmp_path / "file").touch()
    for name in ("file", "new"):
        atomic.check(tmp_path / name, "OUT")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    os.mkfifo(tmp_path / "pipe")
    for path, said in (
        (tmp_path, "that is a folder"),
        (tmp_path / "pipe", "that is no file"),
        (tmp_path / "no" / "file", f"there is no folder {tmp_path / 'no'}"),
        (tmp_path / "file" / "file", f"there is no folder {tmp_path / 'file'}"),
        (tmp_path / ("x" * 300), "File name too long"),
        (Path("/proc/file"), "No such file or directory"),
    ):
        with pytest.raises(ValueError, match=f"^OUT: {said}$"):
            atomic.check(path, "OUT")
