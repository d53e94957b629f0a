// SPDX-License-Identifier: Apache-2.0
// Sink of a memory: what it reads, a fixed number of cycles after it was asked, or when it says so.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module tb_memory_sink #(
    parameter WIDTH   = 8,           // bits of a word
    parameter BEATS   = 1,           // commands of a program
    parameter LATENCY = 1,           // cycles from a read to its word; 0: as many as it likes, but one at least
    parameter VALID   = 0,           // the core says when there is a word
    parameter NAME    = "out"        // of its files: .out and .when
) (
    input  wire             clk,
    input  wire             rst,
    input  wire             start,   // opens the files, one cycle
    input  wire             finish,  // closes them, one cycle
    input  wire             busy,    // a burst is on
    input  wire             ready,   // the core takes what is on the pins
    input  wire             asked,   // that is a read
    input  wire [31:0]      index,   // its place in the program
    input  wire             closed,  // all commands of this program are in
    input  wire             valid,   // a word is on the pins
    input  wire [WIDTH-1:0] data,
    output wire             close,   // all words of this program are in
    output wire             moved,   // a word came in this cycle
    output wire [31:0]      frames   // programs that are over
);

// one bit for each cycle of the latency: whether a word is on its way
reg  [LATENCY:0] stages = {LATENCY+1{1'b0}};
wire expected = LATENCY != 0 && stages[LATENCY > 0 ? LATENCY - 1 : 0];
wire came     = VALID != 0 ? valid : expected;
wire broken   = LATENCY != 0 && (came ^ expected);
wire vague    = ^ready === 1'bx;

// what cocotb's monitor reads in beat mode
wire moved_pin /*verilator public_flat_rd*/ = moved;
wire close_pin /*verilator public_flat_rd*/ = close;
wire fault_pin /*verilator public_flat_rd*/;
wire doubt_pin /*verilator public_flat_rd*/;
wire [31:0] place_pin /*verilator public_flat_rd*/;
wire [WIDTH-1:0] data_pin /*verilator public_flat_rd*/ = data;

// and what is read behind a burst
wire [31:0] unknown  /*verilator public_flat_rd*/;
wire [31:0] protocol /*verilator public_flat_rd*/;
wire [31:0] due;

tb_program_sink #(.WIDTH(WIDTH), .BEATS(BEATS), .NAME(NAME)) answers (
    .clk(clk), .rst(rst), .start(start), .finish(finish), .busy(busy), .asked(asked), .index(index), .closed(closed),
    .came(came), .data(data), .broken(broken), .vague(vague), .due(due), .close(close), .moved(moved), .place(place_pin),
    .fault(fault_pin), .doubt(doubt_pin), .frames(frames), .unknown(unknown), .protocol(protocol)
);

always @(posedge clk) begin
    if (rst) stages <= {LATENCY+1{1'b0}};
    else stages <= {stages[LATENCY:0], asked === 1'b1};
end

endmodule

`resetall
