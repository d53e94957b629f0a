// SPDX-License-Identifier: Apache-2.0
// File-backed source of a pipeline: a transaction a cycle, with gaps between them and cycles in which nothing moves.
//
// Words come in blocks from a file, as $fread reads them. When not in a burst, the output registers are left alone:
// cocotb writes them cycle by cycle.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module tb_pipe_source #(
    parameter WIDTH  = 8,            // bits of all operands
    parameter ENABLE = 0,            // the core has a clock enable; without one, what pauses is a gap
    parameter BLOCK  = 1024,         // words read at once
    parameter NAME   = "in"          // of its file: .in
) (
    input  wire             clk,
    input  wire             rst,
    input  wire             start,   // opens the file, one cycle
    input  wire             busy,    // a burst is on
    input  wire             waiting, // nothing is sent yet
    input  wire [31:0]      frames,  // transactions to send in this burst
    input  wire [75:0]      setting, // of the stall generator of the enable
    input  wire [75:0]      setting_gap, // and of that of gaps
    input  wire [8:0]       most_pause,
    output reg  [WIDTH-1:0] data /*verilator public_flat_rw*/, // cocotb's driver writes it in beat mode
    output wire             enable,  // something moves in this cycle
    output wire             valid,   // operands are on the pins
    output reg              drained, // all transactions are out
    output wire             moved    // one goes in with this cycle
);

localparam BYTES = (WIDTH + 7) / 8;

// cocotb's driver writes these in beat mode
reg ce    /*verilator public_flat_rw*/;
reg first /*verilator public_flat_rw*/;

// and its monitor reads these
wire ce_pin    /*verilator public_flat_rd*/ = enable;
wire valid_pin /*verilator public_flat_rd*/ = valid;

// a word is a whole number of bytes, because $fread fills whole bytes
reg [8*BYTES-1:0] mem [0:BLOCK-1];

integer fd, got;
integer at;         // next word; BLOCK when they are used up
reg [31:0] left;    // transactions not yet sent

wire pause, gap;

tb_stall stall (
    .clk(clk), .start(start), .busy(busy), .setting(setting), .most(most_pause), .quiet(1'b0), .passed(1'b0),
    .offered(1'b0), .taken(1'b0), .last(1'b0), .pause(pause)
);

tb_stall spread (
    .clk(clk), .start(start), .busy(busy), .setting(setting_gap), .most(most_pause), .quiet(1'b0), .passed(1'b0),
    .offered(1'b0), .taken(1'b0), .last(1'b0), .pause(gap)
);

// while a core stands still, nobody may look at its other pins
assign enable = ENABLE == 0 || ce;
assign valid  = first && (ENABLE != 0 || ce);
assign moved  = busy && ce && first;

initial begin
    ce      = 1'b1;
    first   = 1'b0;
    data    = {WIDTH{1'b0}};
    drained = 1'b0;
    fd      = 0;
end

always @(posedge clk) begin
    if (busy) begin
        if (pause) begin
            ce    <= 1'b0;
            first <= ~first;
            data  <= ~data;
        end else begin
            ce <= 1'b1;
            if (left != 0 && !gap && !waiting) begin
                if (at == BLOCK) begin
                    got = $fread(mem, fd);
                    at  = 0;
                end
                first <= 1'b1;
                data  <= mem[at][WIDTH-1:0];
                at     = at + 1;
                left   = left - 1;
            end else begin
                first   <= 1'b0;
                data    <= ~data;
                drained <= left == 0;
            end
        end
    end else if (rst) begin
        ce    <= 1'b1;
        first <= 1'b0;
    end else if (start) begin
        if (fd != 0) $fclose(fd);
        fd = $fopen({NAME, ".in"}, "rb");
        at   = BLOCK;
        left = frames;
        ce      <= 1'b1;
        first   <= 1'b0;
        drained <= 1'b0;
    end
end

endmodule

`resetall
