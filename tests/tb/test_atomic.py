"""Files appear whole or not at all, whoever else writes them."""

from __future__ import annotations

import threading

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
