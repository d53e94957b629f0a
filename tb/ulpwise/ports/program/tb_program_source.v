// SPDX-License-Identifier: Apache-2.0
// File-backed source of programs: puts one command after the other in front of a core's pins, and waits behind the last
// of a program until all its answers are in.
//
// Words come in blocks from a file, as $fread reads them. When not in a burst, the output registers are left alone:
// cocotb writes them cycle by cycle.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module tb_program_source #(
    parameter WIDTH = 8,             // bits of a command; bit 0 is low in a cycle in which nothing is asked
    parameter BEATS = 1,             // commands of a program
    parameter RENEW = 0,             // the core is reset in front of each program
    parameter BLOCK = 1024,          // words read at once
    parameter NAME  = "in"           // of its files: .in and .when
) (
    input  wire        clk,
    input  wire        rst,
    input  wire        start,        // opens the files, one cycle
    input  wire        finish,       // closes them, one cycle
    input  wire        busy,         // a burst is on
    input  wire        waiting,      // nothing is sent yet
    input  wire [31:0] frames,       // programs to send in this burst
    input  wire [75:0] setting,      // of the stall generator
    input  wire [8:0]  most_pause,
    input  wire        taken,        // the core takes the command in this cycle
    input  wire        close,        // all answers of this program are in
    output reg  [WIDTH-1:0] command /*verilator public_flat_rw*/,
    output reg         live   /*verilator public_flat_rw*/, // a command is on the pins
    output reg  [31:0] index  /*verilator public_flat_rw*/, // its place in the program
    output reg         closed /*verilator public_flat_rw*/, // all commands of this program are in
    output reg         renew  /*verilator public_flat_rw*/, // reset the core
    output wire        drained,      // all programs are in, with their answers
    output wire        moved         // a command goes in with this cycle
);

localparam BYTES = (WIDTH + 7) / 8;

// what cocotb's driver and monitor read in beat mode
wire taken_pin /*verilator public_flat_rd*/ = taken;
wire close_pin /*verilator public_flat_rd*/ = close;
reg [31:0] unknown /*verilator public_flat_rd*/ = 0; // cycles in which it was unknown whether the command was taken

// a word is a whole number of bytes, because $fread fills whole bytes
reg [8*BYTES-1:0] mem [0:BLOCK-1];

integer fd, fd_when, got, at;        // at: next word of mem; BLOCK when they are used up
integer beat;                        // commands of this program that went out
reg fresh;                           // the core has been reset for this program
reg [31:0] left, now;
wire pause;

tb_stall stall (
    .clk(clk), .start(start), .busy(busy), .setting(setting), .most(most_pause), .quiet(1'b0), .passed(1'b0),
    .offered(1'b0), .taken(1'b0), .last(1'b0), .pause(pause)
);

assign drained = left == 0 && !closed;
assign moved   = busy && taken;

initial begin
    command = {WIDTH{1'b0}};
    live    = 1'b0;
    index   = 0;
    closed  = 1'b0;
    renew   = 1'b0;
    left    = 0;
    fd      = 0;
    fd_when = 0;
end

always @(posedge clk) begin
    if (finish && fd_when != 0) begin
        $fclose(fd_when);
        fd_when = 0;
    end
    if (rst) begin
        live   <= 1'b0;
        closed <= 1'b0;
        renew  <= 1'b0;
        left   <= 0;
    end else if (start) begin
        if (fd != 0) $fclose(fd);
        fd      = $fopen({NAME, ".in"}, "rb");
        fd_when = $fopen({NAME, ".when"}, "wb");
        at      = BLOCK;
        beat    = 0;
        fresh   = 1'b0;
        left    <= frames;
        unknown <= 0;
    end else if (busy) begin
        renew <= 1'b0;
        if (closed) begin
            closed <= !close;
        end else if (!live || taken) begin
            live    <= 1'b0;
            command <= ~command; // nobody may look at it
            if (beat == BEATS) begin
                closed <= 1'b1;
                left   <= left - 1;
                beat    = 0;
                fresh   = 1'b0;
            end else if (left != 0 && !waiting && !pause) begin
                if (RENEW != 0 && !fresh) begin
                    renew <= 1'b1;
                    fresh  = 1'b1;
                end else begin
                    if (at == BLOCK) begin
                        got = $fread(mem, fd);
                        at  = 0;
                    end
                    command <= mem[at][WIDTH-1:0];
                    live    <= 1'b1;
                    index   <= beat;
                    at   = at + 1;
                    beat = beat + 1;
                end
            end
        end
    end
    if (moved) begin
        now = $time;
        $fwrite(fd_when, "%u", now);
    end
    // a two-state simulator folds this away
    if (busy && ^taken === 1'bx) unknown <= unknown + 1;
end

endmodule

`resetall
