// SPDX-License-Identifier: Apache-2.0
// File-backed source of digit-serial frames: `ce`, `first`, the rails of all serial operands, the words held over a frame.
//
// A frame is CYCLES digits; the words of a beat hold the rails of all serial operands, the words of a frame the
// operands that are held in parallel. Both come in blocks from files, as $fread reads them. When not in a burst, the
// output registers are left alone: cocotb writes them cycle by cycle.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module tb_digit_source #(
    parameter WIDTH       = 4,       // bits of one beat: rails of all serial operands
    parameter HELD        = 1,       // bits held over a frame (at least 1, unused when there are none)
    parameter CYCLES      = 8,       // beats of a frame
    parameter BLOCK       = 1024,    // words read at once
    parameter NAME        = "in"       // of its files: .in and .held
) (
    input  wire               clk,
    input  wire               rst,
    input  wire               start,   // opens the files, one cycle
    input  wire               busy,    // a burst is on
    input  wire               waiting, // no frame begins yet
    input  wire [31:0]        frames,  // frames to send in this burst
    input  wire [75:0]        setting, // of the stall generator of `ce`
    input  wire [75:0]        setting_gap, // and of that of gaps between frames
    input  wire [8:0]         most_pause,
    // the pins of the source; cocotb's driver writes them in beat mode
    output reg                ce    /*verilator public_flat_rw*/,
    output reg                first /*verilator public_flat_rw*/,
    output reg  [WIDTH-1:0]   data  /*verilator public_flat_rw*/, // rails of this beat
    output reg  [HELD-1:0]    held  /*verilator public_flat_rw*/, // operands held over the frame
    output reg                drained, // all beats are out
    output wire               moved    // a digit goes in with this cycle
);

localparam BYTES = (WIDTH + 7) / 8;
localparam HELD_BYTES = (HELD + 7) / 8;

// a word is a whole number of bytes, because $fread fills whole bytes
reg [8*BYTES-1:0]      mem  [0:BLOCK-1];
reg [8*HELD_BYTES-1:0] hmem [0:BLOCK-1];

integer fd, fd_held, got;
integer at, hat;    // next words of mem and hmem; BLOCK when they are used up
integer beats;      // beats that the open frame still has
reg [31:0] left;    // frames not yet begun
reg live = 1'b0;    // the digits on the pins belong to a frame, and do not just flush the core

wire pause, gap;

tb_stall stall (
    .clk(clk), .start(start), .busy(busy), .setting(setting), .most(most_pause), .quiet(1'b0), .passed(1'b0),
    .offered(1'b0), .taken(1'b0), .last(1'b0), .pause(pause)
);

tb_stall spread (
    .clk(clk), .start(start), .busy(busy), .setting(setting_gap), .most(most_pause), .quiet(1'b0), .passed(1'b0),
    .offered(1'b0), .taken(1'b0), .last(1'b0), .pause(gap)
);

assign moved = busy && ce && live;

initial begin
    ce      = 1'b0;
    first   = 1'b0;
    data    = {WIDTH{1'b0}};
    held    = {HELD{1'b0}};
    drained = 1'b0;
    fd      = 0;
    fd_held = 0;
end

always @(posedge clk) begin
    if (busy) begin
        if (pause) begin
            ce    <= 1'b0;
            first <= 1'b0;
            data  <= ~data; // nobody may look at it
        end else begin
            ce <= 1'b1;
            if (beats != 0) begin
                first <= 1'b0;
                send;
            end else if (left != 0 && !gap && !waiting) begin
                first <= 1'b1;
                live  <= 1'b1;
                left   = left - 1;
                beats  = CYCLES;
                hold;
                send;
            end else begin
                first   <= 1'b0;
                data    <= {WIDTH{1'b0}};
                live    <= 1'b0;
                drained <= left == 0;
            end
        end
    end else if (rst) begin
        ce    <= 1'b0;
        first <= 1'b0;
    end else if (start) begin
        if (fd != 0) $fclose(fd);
        if (fd_held != 0) $fclose(fd_held);
        fd      = $fopen({NAME, ".in"}, "rb");
        fd_held = $fopen({NAME, ".held"}, "rb");
        at      = BLOCK;
        hat     = BLOCK;
        beats   = 0;
        left    = frames;
        ce      <= 1'b0;
        live    <= 1'b0;
        drained <= 1'b0;
    end
end

task hold;
    begin
        if (hat == BLOCK) begin
            got = $fread(hmem, fd_held);
            hat = 0;
        end
        held <= hmem[hat][HELD-1:0];
        hat   = hat + 1;
    end
endtask

task send;
    begin
        if (at == BLOCK) begin
            got = $fread(mem, fd);
            at  = 0;
        end
        data <= mem[at][WIDTH-1:0];
        at    = at + 1;
        beats = beats - 1;
    end
endtask

endmodule

`resetall
