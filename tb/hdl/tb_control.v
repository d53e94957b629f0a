// SPDX-License-Identifier: Apache-2.0
// Heart of the generated harness: starts a burst, draws random bits, ends it when all is in or nothing moves any more.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module tb_control #(
    parameter LINGER = 64              // cycles of listening for surplus output after the last expected one
) (
    input  wire        clk,
    input  wire        drained,        // every source is empty
    input  wire        complete,       // every sink has at least what it expects
    input  wire        moved,          // something went in or came out in this cycle
    output reg         rst /*verilator public_flat_rd*/, // synchronous reset of core and transactors
    output reg         start,          // one cycle: open the files
    output reg         finish,         // one cycle: close the files
    output reg         busy,           // a burst is on
    output wire [31:0] frames,         // frames to send on every input
    output wire [7:0]  stall_in,       // stalls of the sources, out of 256
    output wire [7:0]  stall_out,      // stalls of the sinks, out of 256
    output reg  [63:0] rnd             // random bits, new every cycle of a burst that stalls
);

// written by cocotb between bursts
reg reset /*verilator public_flat_rw*/ = 1'b1;
reg go    /*verilator public_flat_rw*/ = 1'b0;
reg [31:0] count /*verilator public_flat_rw*/ = 0;
reg [31:0] limit /*verilator public_flat_rw*/ = 0;        // cycles without any movement until the watchdog bites
reg [31:0] cut   /*verilator public_flat_rw*/ = 0;        // reset and end in this cycle of the burst; 0: never
reg [63:0] seed  /*verilator public_flat_rw*/ = 64'd1;
reg [7:0] gap_in  /*verilator public_flat_rw*/ = 0;
reg [7:0] gap_out /*verilator public_flat_rw*/ = 0;

// read by cocotb after a burst
reg done /*verilator public_flat_rd*/ = 1'b0;
reg hung /*verilator public_flat_rd*/ = 1'b0;
reg [63:0] cycles /*verilator public_flat_rd*/ = 0;       // of this burst, without the listening at its end

integer idle = 0;                  // cycles since something moved
integer tail = 0;                  // cycles since all was in

assign frames    = count;
assign stall_in  = gap_in;
assign stall_out = gap_out;

wire all_in   = drained && complete;
wire stalling = stall_in != 0 || stall_out != 0;
wire cutting  = cut != 0;

initial begin
    rst    = 1'b1;
    start  = 1'b0;
    finish = 1'b0;
    busy   = 1'b0;
    rnd    = 64'd1;
end

always @(posedge clk) begin
    if (reset) begin
        rst    <= 1'b1;
        start  <= 1'b0;
        finish <= 1'b0;
        busy   <= 1'b0;
        done   <= 1'b0;
    end else if (busy) begin
        // this runs every cycle: no && below, of which Icarus evaluates both sides
        if (stalling) rnd <= step(rnd);
        if (moved === 1'b1) begin // an unknown handshake moves nothing
            idle = 0;
        end else begin
            idle = idle + 1;
            if (idle > limit) stop(1'b1);
        end
        if (all_in) begin
            tail = tail + 1;
            if (tail > LINGER) stop(1'b0);
        end else begin
            cycles = cycles + 1;
        end
        if (cutting) begin
            if (cycles > cut) begin
                rst <= 1'b1;
                stop(1'b0);
            end
        end
    end else begin
        rst    <= 1'b0;
        start  <= 1'b0;
        finish <= 1'b0;
        if (!go) begin
            done <= 1'b0;
        end else if (start) begin
            busy <= 1'b1;
        end else if (finish) begin
            done <= 1'b1;
        end else if (!done) begin
            start  <= 1'b1;
            hung   <= 1'b0;
            rnd    <= seed;
            cycles  = 0;
            idle    = 0;
            tail    = 0;
        end
    end
end

task stop(input failed);
    begin
        hung   <= failed;
        busy   <= 1'b0;
        finish <= 1'b1;
    end
endtask

// xorshift64, Marsaglia 2003
function [63:0] step(input [63:0] x);
    begin
        step = x ^ (x << 13);
        step = step ^ (step >> 7);
        step = step ^ (step << 17);
    end
endfunction

endmodule

`resetall
