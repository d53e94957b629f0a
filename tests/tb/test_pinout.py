"""What is guessed of a core's pins by their names, and what is not: a clock, a reset, an enable is never held at 0."""

from __future__ import annotations

import pytest

from ulpwise.scaffold.bench_text import describe
from ulpwise.scaffold.guess import guess
from ulpwise.scaffold.pinout import PinError, Told
from ulpwise.scaffold.roles import Role, role
from ulpwise.verilog.elaborate import Port

CLOCKS = "clk aclk clock CLK core_clk ap_clk sys_clk clk_i i_clk clk_in clk_sys axis_aclk clk0 iclk"
HIGH = "rst reset RST rst_i i_rst clr clear arst srst sys_rst ap_reset core_reset reset_p rst_in"
LOW = "rst_n RST_N nreset nrst resetn rstn aresetn ARESETN ap_rst_n sys_rst_n rst_ni rstb resetb"
LOW += " rst_b rst_l n_rst clrn clr_n core_nrst"
ENABLES = "ce en enable clken clk_en aclken ACLKEN clock_enable i_ce tx_en"
UNSURE = "xrst rst_req reset_done cen en_n enb ce_n en_relu enable_x clk_sel clk_n my_reset_sync res_n clk_div"
OTHERS = "first burst worst mode x_p data start place valid length"


@pytest.mark.parametrize(
    ("names", "wanted"),
    [
        (CLOCKS, Role("clock")),
        (HIGH, Role("reset")),
        (LOW, Role("reset", low=True)),
        (ENABLES, Role("enable")),
        (UNSURE, Role("unsure")),
        (OTHERS, Role("")),
    ],
)
def test_roles_by_name(names, wanted):
    assert {name: role(name) for name in names.split()} == dict.fromkeys(names.split(), wanted)


def ports(text):
    """`<a:8 >b` is an input a of 8 bits and an output b."""
    found = {}
    for word in text.split():
        name, _, width = word[1:].partition(":")
        found[name] = Port(name, {"<": "input", ">": "output", "=": "inout"}[word[0]], int(width or 1), "x.v:1")
    return found


def stream(stem, way="<", width=8, more=""):
    back = "<>"[way == "<"]
    pins = f"{way}{stem}_tdata:{width} {way}{stem}_tvalid {back}{stem}_tready {way}{stem}_tlast "
    return pins + " ".join(f"{way}{stem}_{pin}" for pin in more.split())


PINS = ("tdata", "tvalid", "tlast")
PLAIN = f"<clk <rst {stream('s_axis_x')} {stream('m_axis_y', '>')} "


def test_a_core_of_the_convention():
    found = guess(ports(PLAIN), Told())
    assert [(each.name, each.source) for each in found.streams] == [("x", True), ("y", False)]
    assert (found.wired, found.tie, found.ignore) == (False, {}, [])


def test_side_pins_and_others_are_held_or_ignored():
    text = f"<clk <rst {stream('s_axis_x', more='tkeep:4 tid:2 tuser:3')} {stream('m_axis_y', '>', more='tkeep:4')}"
    found = guess(ports(text + " <aclken <mode:3 >busy"), Told())
    values = {name: value for name, (value, _) in found.tie.items()}
    assert values == {"s_axis_x_tkeep": 15, "aclken": 1, "mode": 0}
    assert found.ignore == ["m_axis_y_tkeep", "busy"]
    assert {pin: found.streams[0].pins[pin].width for pin in ("tuser", "tid")} == {"tuser": 3, "tid": 2}
    assert found.labels(found.streams[0]) == {"tdata": "x", "tuser": "x_user", "tid": "x_id"}


def test_tkeep_of_as_many_bits_as_bytes():
    found = guess(ports(f"<clk <rst {stream('s_axis_x', width=32, more='tkeep:4')} {stream('m', '>', 32)}"), Told())
    assert found.streams[0].pins["tkeep"].width == 4
    assert (found.tie, found.ignore) == ({}, [])
    widths = {"s_axis_x_tdata": "c.WIDTH", "s_axis_x_tkeep": "4", "m_tdata": "32"}
    text = describe(found, widths)
    assert text["inputs"] == ['"x": Axis({"x": Unsigned(c.WIDTH)}, keep=Keep(c.WIDTH // 8)),']
    assert "Keep, " in text["imports"]
    assert "keep=Keep(c.KEEP)" in describe(found, widths | {"s_axis_x_tkeep": "c.KEEP"})["inputs"][0]
    assert "keep=Keep(4)" in describe(found, widths | {"s_axis_x_tdata": "32"})["inputs"][0]


def test_a_stream_without_tready_has_none():
    found = guess(ports("<clk <rst <x_tdata:8 <x_tvalid <x_tlast >y_tdata:8 >y_tvalid >y_tlast"), Told())
    assert ["tready" in each.pins for each in found.streams] == [False, False]
    assert found.tie == {}
    found = guess(ports(f"<clk <rst <x_tdata:8 <x_tvalid <x_tlast {stream('y', '>')}"), Told())
    assert ["tready" in each.pins for each in found.streams] == [False, False]
    assert found.tie == {"y_tready": (1, "x has no tready, so nothing may wait")}
    assert found.names == {f"{way}_axis_{way2}_{pin}": f"{way2}_{pin}" for way, way2 in ("sx", "my") for pin in PINS}


def test_other_names_are_wired():
    found = guess(ports(f"<aclk <aresetn {stream('s_axis')} {stream('out_Q', '>')}"), Told())
    assert (found.clock, found.reset, found.low, found.wired) == ("aclk", "aresetn", True, True)
    assert found.names["s_axis_x_tdata"] == "s_axis_tdata"
    assert found.names["m_axis_Q_tready"] == "out_Q_tready"
    assert len(found.names) == 8


def test_a_core_without_a_reset_is_wired():
    found = guess(ports(PLAIN.replace("<rst", "")), Told())
    assert (found.reset, found.wired) == ("", True)


def test_digit_serial():
    found = guess(ports("<clk <rst <ce <first <x_p:2 <x_n:2 <w:8 >z_first >z_p >z_n >q_valid >q:16 >busy"), Told())
    assert [*found.digits.inputs, *found.digits.held] == ["x", "w"]
    assert ([*found.digits.serial], [*found.digits.parallel], found.ignore) == (["z"], ["q"], ["busy"])
    assert not found.wired


def test_what_the_user_says_counts():
    found = guess(ports(PLAIN.replace("<rst", "<xrst <clr <clk_sel")), Told("clk", "xrst=0", {"clr": 0, "clk_sel": 1}))
    assert (found.reset, found.low) == ("xrst", True)
    assert {name: value for name, (value, _) in found.tie.items()} == {"clr": 0, "clk_sel": 1}


@pytest.mark.parametrize(
    ("text", "told", "said"),
    [
        (PLAIN + "<xrst", Told(), "xrst: clock, reset or enable, and at which level?"),
        (PLAIN + "<cen", Told(), "cen: clock, reset or enable, and at which level?"),
        (PLAIN + "<clr", Told(), "rst, clr are resets, and a bench drives one: --reset PIN"),
        (PLAIN + "<aclk", Told(), "clk, aclk are clocks, and a bench drives one: --clock PIN"),
        (PLAIN.replace("<clk", "<tick"), Told(), "is a clock by its name: say which, --clock PIN"),
        (PLAIN.replace("<rst", "<rst:2"), Told(), "rst: a clock or reset of 2 bits has no harness"),
        (PLAIN + "=sda", Told(), "sda: there is no harness for a port of both directions"),
        (PLAIN.replace("<s_axis_x_tlast", ""), Told(), "stream s_axis_x has no tlast"),
        (PLAIN.replace("<s_axis_x_tlast", "").replace(">s_axis_x_tready", ""), Told(), "has no tlast"),
        (f"{PLAIN} <z_tdata:8 <z_tvalid <z_tlast", Told(), "stream z has no tready, and would run ahead of x"),
        (f"<clk <rst {stream('s_axis_x')}", Told(), "streams x: a bench needs an input and an output"),
        ("<clk <rst <a:8 >y:8", Told(), "a, y: neither AXI4-Stream (..._tdata, _tvalid, _tlast) nor"),
        ("<clk <rst <ce <first >z:8", Told(), "z: no operand (x_p, x_n) or no result"),
        ("<clk <rst <a:8 >y:8", Told(), "write the bench with Pipeline (docs/ports.md)"),
        ("<a:8 <b:8 >y:8", Told(), "none of a, b, y is a clock by its name: say which, --clock PIN; a core that is"),
        ("<a:8 <b:8 >y:8", Told(), "write the bench with Pipeline (docs/ports.md)"),
        ("", Told(), "the core has no ports"),
        (stream("s_axis_x") + stream("m_axis_y", ">"), Told(), "none of its pins is a clock by its name"),
        (PLAIN, Told(clock="s_axis_x_tdata"), "s_axis_x_tdata: a pin of a stream is neither clock nor reset"),
        (PLAIN, Told(reset="s_axis_x_tdata=1"), "s_axis_x_tdata: a pin of a stream is neither clock nor reset"),
        (PLAIN, Told(clock="clk", reset="clk=1"), "clk: clock and reset are two pins, not one"),
        (PLAIN, Told(reset="clk=1"), "clk: clock and reset are two pins, not one"),
        (PLAIN, Told(clock="rst"), "rst: clock and reset are two pins, not one"),
        (PLAIN + ">busy", Told(clock="busy"), "busy is an output of the core: neither clock nor reset"),
        (PLAIN, Told(clock="clk", tie={"clk": 1}), "clk: clock or reset, or held by --tie, but not both"),
        (PLAIN + ">busy", Told(tie={"busy": 0}), "tie: busy is an output of the core"),
        (PLAIN + "<mode:3", Told(tie={"mode": 8}), "tie: 8 does not fit mode, which is 3 bits"),
        (PLAIN + "<mode", Told(tie={"mode": -2}), "tie: -2 does not fit mode, which is 1 bit"),
        (PLAIN, Told(clock="clok"), "the core has no pin clok"),
        (PLAIN, Told(tie={"mode": 1}), "the core has no pin mode"),
        (PLAIN.replace("<rst", "<xrst"), Told(reset="xrst"), "write xrst=0 if it is on while it is low"),
        (PLAIN, Told(reset="rst=2"), "reset rst=2: write rst=0"),
    ],
)
def test_refusals(text, told, said):
    with pytest.raises(PinError) as fault:
        guess(ports(text), told)
    assert said in str(fault.value)
    assert "\n" not in str(fault.value)
