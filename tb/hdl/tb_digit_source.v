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
    parameter FILE        = "in.bin",
    parameter FILE_HELD   = "held.bin"
) (
    input  wire               clk,
    input  wire               rst,
    input  wire               start,   // opens the files, one cycle
    input  wire               busy,    // a burst is on
    input  wire [31:0]        frames,  // frames to send in this burst
    input  wire [31:0]        rnd,     // random bits, new every cycle
    input  wire [7:0]         stall,   // out of 256 cycles, how many have `ce` low, and how many frames a gap before them
    // the pins of the source; cocotb's driver writes them in beat mode
    output reg                ce    /*verilator public_flat_rw*/,
    output reg                first /*verilator public_flat_rw*/,
    output reg  [WIDTH-1:0]   data  /*verilator public_flat_rw*/, // rails of this beat
    output reg  [HELD-1:0]    held  /*verilator public_flat_rw*/, // operands held over the frame
    output wire               drained, // all beats are out
    output wire               moved    // a digit goes in with this cycle
);

localparam BYTES = (WIDTH + 7) / 8;
localparam HELD_BYTES = (HELD + 7) / 8;

// a word is a whole number of bytes, because $fread fills whole bytes
reg [8*BYTES-1:0]      mem  [0:BLOCK-1];
reg [8*HELD_BYTES-1:0] hmem [0:BLOCK-1];

integer fd, fd_held, got;
reg live; // the digits on the pins belong to a frame, and do not just flush the core
reg [31:0] at, have, hat, hhave, beat, left;

assign drained = left == 0 && beat == 0;
assign moved   = busy && ce && live;

initial begin
    ce    = 1'b0;
    first = 1'b0;
    data  = {WIDTH{1'b0}};
    held  = {HELD{1'b0}};
    left  = 0;
    beat  = 0;
    live  = 1'b0;
    fd    = 0;
    fd_held = 0;
end

always @(posedge clk) begin
    if (rst) begin
        ce    <= 1'b0;
        first <= 1'b0;
        left   = 0;
        beat   = 0;
    end else if (start) begin
        if (fd != 0) $fclose(fd);
        if (fd_held != 0) $fclose(fd_held);
        fd      = $fopen(FILE, "rb");
        fd_held = $fopen(FILE_HELD, "rb");
        ce <= 1'b0;
        at = 0; have = 0; hat = 0; hhave = 0; beat = 0;
        left = frames;
    end else if (busy) begin
        ce    <= 1'b0;
        first <= 1'b0;
        if (rnd[7:0] >= stall) begin
            ce   <= 1'b1;
            live <= 1'b0;
            if (left != 0 && (beat != 0 || rnd[15:8] >= stall)) begin
                if (at == have) begin
                    got  = $fread(mem, fd);
                    have = got / BYTES;
                    at   = 0;
                end
                if (beat == 0) begin
                    if (hat == hhave) begin
                        got   = $fread(hmem, fd_held);
                        hhave = got / HELD_BYTES;
                        hat   = 0;
                    end
                    held <= hmem[hat][HELD-1:0];
                    hat = hat + 1;
                end
                data  <= mem[at][WIDTH-1:0];
                first <= beat == 0;
                live  <= 1'b1;
                at   = at + 1;
                beat = beat + 1;
                if (beat == CYCLES) begin
                    beat = 0;
                    left = left - 1;
                end
            end else begin
                data <= {WIDTH{1'b0}};
            end
        end
    end
end

endmodule

`resetall
