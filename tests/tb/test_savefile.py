"""The save files beside the waves: every port of the core by a name that the dump has, and a marker."""

from __future__ import annotations

import gzip
import os
import re

import pytest

from tests.tb._project import DELAY, DIGITS, ECHO, STREAM, fault
from ulpwise.data.formats import SignedDigits, Unsigned
from ulpwise.ports import harness
from ulpwise.ports.axis import Axis, Streams
from ulpwise.ports.digits import DigitSerial
from ulpwise.run import savefile, waves
from ulpwise.verilog import fst

PORTS = ["clk", "rst", *(f"s_axis_x_{pin}" for pin in ("tdata", "tvalid", "tready", "tlast"))]
PORTS += [f"m_axis_y_{pin}" for pin in ("tdata", "tvalid", "tready", "tlast")]
RAILS = ["clk", "rst", "ce", "first", "x_p", "x_n", "z_first", "z_p", "z_n"]


def test_the_ports_of_a_core_are_those_of_its_text():
    streams = Streams({"x": Axis({"x": Unsigned(8)})}, {"y": Axis({"y": Unsigned(8)})})
    digits = DigitSerial({"x": SignedDigits(4)}, {"z": SignedDigits(4)}, cycles=5)
    for core, interface, names in ((ECHO, streams, PORTS), (DELAY, digits, RAILS)):
        assert harness.ports(harness.Core("core", "c", {}, interface, {}, [])) == names
        assert set(names) == set(re.findall(r"(?:input|output)\s+\w+\s+(?:\[.*?\]\s+)?(\w+)", core))


@pytest.mark.parametrize("sim", ["icarus", "verilator"])
@pytest.mark.parametrize("kind", ["streams", "digits"])
def test_all_ports_are_named_as_in_the_dump(lab, sim, kind):
    core, parts, ports, config = (ECHO, STREAM, PORTS, "w8") if kind == "streams" else (DELAY, DIGITS, RAILS, "n4")
    folder = lab.run(lab.add(f"saved_{kind}_{sim}", core, parts), config, sim=sim, waves=True).folder
    variables, exponent = fst.read(folder / "waves.fst")
    names = [f"{item.scope}.{item.name}" for item in variables]
    lines = (folder / "waves.gtkw").read_text().splitlines()
    assert lines[0] == '[dumpfile] "waves.fst"'
    shown = [line for line in lines if not line.startswith(("[", "*", "@"))]
    assert [name.partition("[")[0] for name in shown] == [f"harness.dut.{port}" for port in ports]
    assert set(shown) <= set(names)
    wide = [line for line in lines if line.endswith("]") and "dut" in line]
    assert wide == (["harness.dut.s_axis_x_tdata[7:0]", "harness.dut.m_axis_y_tdata[7:0]"] if kind == "streams" else [])
    commands = (folder / "waves.sucl").read_text().splitlines()
    assert commands == [*(f"variable_add harness.dut.{port}" for port in ports), "zoom_fit"]
    assert exponent == -12


def test_the_marker_stands_at_the_time_of_the_failure(lab):
    record = lab.run(lab.add("marked"), waves=True)
    savefile.write(record.folder, {"time": 12345}, PORTS)
    (zoom,) = re.findall(r"^\*(\S+) (\S+)(.*)$", (record.folder / "waves.gtkw").read_text(), re.MULTILINE)
    assert zoom == ("-9.000000", "12345000", " -1" * 26)  # in ps, as the dump
    assert "[timestart] 11945000\n" in (record.folder / "waves.gtkw").read_text()
    told = (record.folder / "waves.sucl").read_text()
    assert told.endswith("\ncursor_set 12345000\nmarker_set wrong\ngoto_cursor\n")


@pytest.mark.parametrize("cut", [0, 1, 8, 60, -1, -40])
def test_a_dump_that_is_not_whole_has_no_save_file(lab, tmp_path, cut):
    """The simulator died; what an earlier run left in the folder goes, too."""
    whole = (lab.run(lab.add(f"cut_{cut % 100}"), waves=True).folder / "waves.fst").read_bytes()
    (tmp_path / "waves.fst").write_bytes(whole[:cut])
    for name in ("waves.gtkw", "waves.sucl"):
        (tmp_path / name).write_text("old")
    savefile.write(tmp_path, None, PORTS)
    left = {path.name for path in tmp_path.iterdir()}
    assert left in ({"waves.fst"}, {"waves.fst", "waves.gtkw", "waves.sucl"})
    assert all(path.read_text() != "old" for path in tmp_path.glob("waves.[gs]*"))


def _lz4(data):
    """Pack the way LZ4 does: here what repeats one period of 12 bytes, and the rest as new bytes."""
    out, at, new = bytearray(), 0, 0
    while at < len(data):
        size = 0
        while at >= 12 and at + size < len(data) - 5 and data[at + size] == data[at + size - 12]:
            size += 1
        if size < 4:
            at += 1
            continue
        out += _token(at - new, size - 4) + data[new:at] + bytes([12, 0]) + _more(size - 4)
        at = new = at + size
    return bytes(out + _token(len(data) - new, 0) + data[new:])


def _token(new, copied):
    return bytes([min(new, 15) << 4 | min(copied, 15)]) + _more(new)


def _more(length):
    return bytes([255] * ((length - 15) // 255) + [(length - 15) % 255]) if length >= 15 else b""


def test_hierarchies_of_all_three_packings(tmp_path):
    """Small ones are packed by gzip, others by LZ4, large ones by LZ4 twice."""
    tree = b"\xfe\x00top\x00\x00" + b"\x10\x00x [7:0]\x00\x08\x00" * 40 + b"\xff"
    lz4 = _lz4(tree)
    twice = _lz4(lz4)
    packed = {4: gzip.compress(tree), 6: lz4, 7: bytes([len(lz4)]) + twice}
    header = b"\x00" + (329).to_bytes(8, "big") + bytes(64) + b"\xf7" + bytes(256)
    for kind, data in packed.items():
        block = len(tree).to_bytes(8, "big") + data
        path = tmp_path / f"{kind}.fst"
        path.write_bytes(header + bytes([kind]) + (len(block) + 8).to_bytes(8, "big") + block)
        variables, exponent = fst.read(path)
        assert exponent == -9
        assert variables == [fst.Variable("top", "x[7:0]", 8)] * 40


def test_the_command_line_tells_where_they_are(own_lab):
    top = own_lab.add("told", fault(ECHO, ("+ 1'b1", "+ 2'd2")))
    options = ("sim", "--module", top, "--sim", "icarus", "--mode", "burst", "--waves")
    folder = own_lab.root / "build" / "runs" / "told-w8-icarus-burst-1"
    where = f"waves: {folder}/waves.fst (ports of the core: waves.gtkw for GTKWave, waves.sucl for Surfer;"
    assert f"\n  {where}" in own_lab.cli(*options).stdout
    own_lab.add("told")
    assert f"told-w8-icarus-burst-1: {where}" in own_lab.cli(*options).stdout
    assert "waves:" not in own_lab.cli(*options[:-1]).stdout


def test_viewers_are_given_the_save_file(tmp_path):
    path = tmp_path / "waves.fst"
    assert waves.arguments("/usr/bin/gtkwave", path) == [str(path)]
    assert waves.arguments("surfer", path) == [str(path)]
    for name in ("waves.gtkw", "waves.sucl"):
        (tmp_path / name).touch()
    assert waves.arguments("/usr/bin/gtkwave", path) == [str(path), f"{tmp_path}{os.sep}waves.gtkw"]
    assert waves.arguments("surfer", path) == ["--command-file", f"{tmp_path}{os.sep}waves.sucl", str(path)]
