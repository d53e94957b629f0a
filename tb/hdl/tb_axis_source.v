// SPDX-License-Identifier: Apache-2.0
// File-backed AXI4-Stream source: frames of BEATS beats, `tlast` with the last one.
//
// Words come in blocks from a file, as $fread reads them. When not in a burst, the output registers are left alone:
// cocotb writes them cycle by cycle.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module tb_axis_source #(
    parameter WIDTH = 8,             // bits of tdata
    parameter BEATS = 1,             // beats of a frame
    parameter BLOCK = 1024,          // words read at once
    parameter FILE  = "in.bin"
) (
    input  wire        clk,
    input  wire        rst,
    input  wire        start,        // opens the file, one cycle
    input  wire        busy,         // a burst is on
    input  wire        hold,         // another source has to be empty first
    input  wire [31:0] frames,       // frames to send in this burst
    input  wire [7:0]  rnd,          // random bits, new every cycle
    input  wire [7:0]  stall,        // out of 256 cycles, how many leave a gap before the next beat
    input  wire        tready,
    // the pins of the source; cocotb's driver writes them in beat mode
    output reg  [WIDTH-1:0] tdata  /*verilator public_flat_rw*/,
    output reg         tvalid /*verilator public_flat_rw*/,
    output reg         tlast  /*verilator public_flat_rw*/,
    output wire        drained,      // all beats were accepted
    output wire        moved         // a beat is accepted in this cycle
);

localparam BYTES = (WIDTH + 7) / 8;

// what cocotb's driver reads in beat mode
wire ready_pin /*verilator public_flat_rd*/ = tready;
reg [31:0] unknown /*verilator public_flat_rd*/ = 0; // cycles with an unknown tready

// a word is a whole number of bytes, because $fread fills whole bytes
reg [8*BYTES-1:0] mem [0:BLOCK-1];

integer fd, got;
reg [31:0] at, have, beat;
reg [31:0] left; // frames not yet sent; seen from outside, hence assigned with <= alone

assign drained = left == 0 && !tvalid;
assign moved   = busy && tvalid && tready;

initial begin
    tdata  = {WIDTH{1'b0}};
    tvalid = 1'b0;
    tlast  = 1'b0;
    left   = 0;
    fd     = 0;
end

always @(posedge clk) begin
    if (rst) begin
        tvalid <= 1'b0;
        tlast  <= 1'b0;
        left   <= 0;
    end else if (start) begin
        if (fd != 0) $fclose(fd);
        fd = $fopen(FILE, "rb");
        at = 0; have = 0; beat = 0;
        left    <= frames;
        unknown <= 0;
    end else if (busy && (!tvalid || tready)) begin
        // once raised, tvalid stays up until the beat is taken
        tvalid <= 1'b0;
        tlast  <= 1'b0;
        if (left != 0 && !hold && rnd >= stall) begin
            if (at == have) begin
                got  = $fread(mem, fd);
                have = got / BYTES;
                at   = 0;
            end
            tdata  <= mem[at][WIDTH-1:0];
            tvalid <= 1'b1;
            tlast  <= beat == BEATS - 1;
            at   = at + 1;
            beat = beat + 1;
            if (beat == BEATS) begin
                beat = 0;
                left <= left - 1;
            end
        end
    end
    // a two-state simulator folds this away
    if (busy && ^tready === 1'bx) unknown <= unknown + 1;
end

endmodule

`resetall
