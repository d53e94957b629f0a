// SPDX-License-Identifier: Apache-2.0
// Interprets a netlist of six-input LUTs and flip-flops on one clock, and counts what switches in it.
//
// A netlist of 60,000 LUTs as Verilog takes a compiler many minutes; as tables it takes none, and some 0.5 ms a cycle.
// Nets are numbered: 0 and 1 are constants, then come the inputs, the flip-flops, and the LUTs in order of their level,
// which is the most LUTs between them and an input or a flip-flop, counted from 0. tb/ulpwise/synthesis/switching.py writes the tables.
//
// Everything happens at the falling edge: flip-flops take what the LUTs gave before the rising one, inputs change, LUTs
// follow. So an input may not depend on an output of the same cycle, as no transactor of ours makes it.
//
// GLITCHES = 0: each LUT follows once, when all before it have: outputs are counted once a cycle at most.
// GLITCHES = 1: every LUT takes one unit of time, wires and flip-flops none: each change on the way counts.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module netlist #(
    parameter INPUTS   = 1,
    parameter OUTPUTS  = 1,
    parameter FFS      = 1,
    parameter LUTS     = 1,
    parameter LEVELS   = 1,
    parameter GLITCHES = 0,
    parameter FOLDER   = ""            // of the tables
) (
    input  wire               clk,
    input  wire [INPUTS-1:0]  in,
    output reg  [OUTPUTS-1:0] out
);

localparam FF   = 2 + INPUTS;          // net of the first flip-flop
localparam LUT  = FF + FFS;            // net of the first LUT
localparam NETS = LUT + LUTS;
localparam B    = $clog2(NETS);

// tables are as long as their indices reach, so that no index needs a check
reg [B-1:0]  pins   [0:(1<<$clog2(6*LUTS))-1];      // of LUTs, six each
reg [63:0]   table_ [0:(1<<$clog2(LUTS+1))-1];      // output of a LUT for each value of its pins
integer      starts [0:(1<<$clog2(LEVELS+1))-1];    // first LUT of each level
reg [B-1:0]  ff     [0:(1<<$clog2(4*FFS))-1];       // D, enable, reset, value after reset
reg [B-1:0]  ports  [0:(1<<$clog2(OUTPUTS+1))-1];   // nets of outputs

reg          net    [0:(1<<B)-1];
reg          next   [0:(1<<$clog2(FFS+1))-1];       // of flip-flops
reg [63:0]   lut_toggles [0:LUTS-1];
reg [63:0]   ff_toggles  [0:FFS-1];
reg [63:0]   ff_clocked  [0:FFS-1];                 // edges with enable or reset high

integer      i, level;
reg          value, changed;

initial begin
    $readmemh({FOLDER, "/pins.hex"}, pins, 0, 6 * LUTS - 1);
    $readmemh({FOLDER, "/tables.hex"}, table_, 0, LUTS - 1);
    $readmemh({FOLDER, "/starts.hex"}, starts, 0, LEVELS - 1);
    $readmemh({FOLDER, "/ffs.hex"}, ff, 0, 4 * FFS - 1);
    $readmemh({FOLDER, "/ports.hex"}, ports, 0, OUTPUTS - 1);
    for (i = 0; i < NETS; i = i + 1) net[i] = i == 1;
    for (i = 0; i < FFS; i = i + 1) next[i] = 1'b0;
    for (i = 0; i < FFS; i = i + 1) ff_toggles[i] = 64'd0;
    for (i = 0; i < FFS; i = i + 1) ff_clocked[i] = 64'd0;
    for (i = 0; i < LUTS; i = i + 1) lut_toggles[i] = 64'd0;
end

always @(negedge clk) begin
    for (i = 0; i < FFS; i = i + 1) begin
        if (net[FF+i] != next[i]) begin
            net[FF+i]     = next[i];
            ff_toggles[i] = ff_toggles[i] + 64'd1;
        end
    end
    for (i = 0; i < INPUTS; i = i + 1) begin
        net[2+i] = in[i];
    end

    // in order of levels all is settled after one pass; against it, each LUT sees what was before this pass, and a
    // pass is a unit of time, by which one level more is settled
    changed = 1'b1;
    for (level = 0; level < (GLITCHES != 0 ? LEVELS : 1) && changed; level = level + 1) begin
        changed = 1'b0;
        for (i = GLITCHES != 0 ? LUTS - 1 : 0; i >= starts[level] && i < LUTS; i = GLITCHES != 0 ? i - 1 : i + 1) begin
            value = table_[i][{net[pins[6*i+5]], net[pins[6*i+4]], net[pins[6*i+3]],
                               net[pins[6*i+2]], net[pins[6*i+1]], net[pins[6*i]]}];
            if (net[LUT+i] != value) begin
                net[LUT+i]     = value;
                lut_toggles[i] = lut_toggles[i] + 64'd1;
                changed        = 1'b1;
            end
        end
    end

    for (i = 0; i < OUTPUTS; i = i + 1) begin
        out[i] = net[ports[i]];
    end
    for (i = 0; i < FFS; i = i + 1) begin
        if (net[ff[4*i+2]]) begin
            next[i] = net[ff[4*i+3]];
        end else if (net[ff[4*i+1]]) begin
            next[i] = net[ff[4*i]];
        end
        if (net[ff[4*i+2]] || net[ff[4*i+1]]) begin
            ff_clocked[i] = ff_clocked[i] + 64'd1;
        end
    end
end

// at the end: a line a cell, in the folder of the run
final begin
    $writememh("lut_toggles.hex", lut_toggles);
    $writememh("ff_toggles.hex", ff_toggles);
    $writememh("ff_clocked.hex", ff_clocked);
end

endmodule

`resetall
