// SPDX-License-Identifier: Apache-2.0
// File-backed AXI4-Stream source: frames of BEATS beats, `tlast` with the last one, or where a second file says.
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
    parameter NAME  = "in"           // of its files: .in, .last and .when
) (
    input  wire        clk,
    input  wire        rst,
    input  wire        start,        // opens the files, one cycle
    input  wire        finish,       // closes them, one cycle
    input  wire        busy,         // a burst is on
    input  wire        hold,         // not yet: another source has to be empty first, or all wait
    input  wire [31:0] frames,       // frames to send in this burst
    input  wire [75:0] setting,      // of the stall generator
    input  wire [8:0]  most_pause,
    input  wire        quiet,        // nothing has moved for long
    input  wire        passed,       // the last beat of a frame went in, of the first stream that is no set-up
    input  wire        tready,
    // the pins of the source; cocotb's driver writes them in beat mode
    output reg  [WIDTH-1:0] tdata  /*verilator public_flat_rw*/,
    output reg         tvalid /*verilator public_flat_rw*/,
    output reg         tlast  /*verilator public_flat_rw*/,
    output wire        drained,      // all beats were accepted
    output reg         begun,        // a whole frame was accepted
    output wire        moved         // a beat is accepted in this cycle
);

localparam BYTES = (WIDTH + 7) / 8;

// what cocotb's driver reads in beat mode
wire ready_pin /*verilator public_flat_rd*/ = tready;
reg [31:0] unknown /*verilator public_flat_rd*/ = 0; // cycles with an unknown tready
// written by cocotb before a burst: beats to send, each with its own tlast in a file; 0: whole frames
reg [31:0] loose /*verilator public_flat_rw*/ = 0;

// a word is a whole number of bytes, because $fread fills whole bytes
reg [8*BYTES-1:0] mem [0:BLOCK-1];
reg [7:0] ends [0:BLOCK-1];

integer fd, fd_last, fd_when, got;
reg [31:0] at, have, beat, now;
reg [31:0] left; // frames, or loose beats, not yet sent; seen from outside, hence assigned with <= alone
wire pause;

tb_stall stall (
    .clk(clk), .start(start), .busy(busy), .setting(setting), .most(most_pause), .quiet(quiet), .passed(passed),
    .offered(1'b0), .taken(moved), .last(tlast), .pause(pause)
);

assign drained = left == 0 && !tvalid;
assign moved   = busy && tvalid && tready;

initial begin
    tdata   = {WIDTH{1'b0}};
    tvalid  = 1'b0;
    tlast   = 1'b0;
    begun   = 1'b0;
    left    = 0;
    fd      = 0;
    fd_last = 0;
    fd_when = 0;
end

always @(posedge clk) begin
    if (finish && fd_when != 0) begin
        $fclose(fd_when);
        fd_when = 0;
    end
    if (rst) begin
        tvalid <= 1'b0;
        tlast  <= 1'b0;
        left   <= 0;
    end else if (start) begin
        if (fd != 0) $fclose(fd);
        fd = $fopen({NAME, ".in"}, "rb");
        if (fd_last != 0) $fclose(fd_last);
        fd_last = loose != 0 ? $fopen({NAME, ".last"}, "rb") : 0;
        fd_when = $fopen({NAME, ".when"}, "wb");
        at = 0; have = 0; beat = 0;
        left    <= loose != 0 ? loose : frames;
        begun   <= 1'b0;
        unknown <= 0;
    end else if (busy && (!tvalid || tready)) begin
        // once raised, tvalid stays up until the beat is taken
        tvalid <= 1'b0;
        tlast  <= 1'b0;
        if (left != 0 && !hold && !pause) begin
            if (at == have) begin
                got  = $fread(mem, fd);
                have = got / BYTES;
                at   = 0;
                if (loose != 0) got = $fread(ends, fd_last);
            end
            tdata  <= mem[at][WIDTH-1:0];
            tvalid <= 1'b1;
            tlast  <= loose != 0 ? ends[at][0] : beat == BEATS - 1;
            at   = at + 1;
            beat = beat + 1;
            if (beat == BEATS || loose != 0) begin
                beat = 0;
                left <= left - 1;
            end
        end
    end
    if (moved) begin
        if (tlast) begun <= 1'b1;
        now = $time;
        $fwrite(fd_when, "%u", now);
    end
    // a two-state simulator folds this away
    if (busy && ^tready === 1'bx) unknown <= unknown + 1;
end

endmodule

`resetall
