// SPDX-License-Identifier: Apache-2.0
// Heart of the generated harness: starts a burst, ends it when all is in or nothing moves any more, or resets the core in
// the middle of it.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module tb_control #(
    parameter PAUSES = 1               // stall generators
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
    output wire [31:0] frames_out,     // frames to expect on every output
    output wire [31:0] frames_setup,   // frames to send on every set-up stream
    output wire        mixed,          // the others wait for the first frame of the set-up only, not for all
    output wire [76*PAUSES-1:0] settings, // of the stall generators
    output wire [8:0]  most_pause,     // mask of the cycles of a long pause
    output reg         quiet,          // nothing has moved for long
    output reg         waiting         // nothing is sent yet
);

// written by cocotb between bursts
reg reset /*verilator public_flat_rw*/ = 1'b1;
reg go    /*verilator public_flat_rw*/ = 1'b0;
reg [31:0] count /*verilator public_flat_rw*/ = 0;
reg [31:0] results /*verilator public_flat_rw*/ = 0;
reg [31:0] loads /*verilator public_flat_rw*/ = 1;
reg        mix   /*verilator public_flat_rw*/ = 1'b0;
reg [31:0] limit /*verilator public_flat_rw*/ = 0;        // cycles without any movement until the watchdog bites
reg [31:0] linger /*verilator public_flat_rw*/ = 0;       // cycles of listening for surplus output when all was in
reg [31:0] delay /*verilator public_flat_rw*/ = 0;        // cycles until the first beat
reg [31:0] cut   /*verilator public_flat_rw*/ = 0;        // reset and end in this cycle of the burst; 0: never
reg [31:0] hold  /*verilator public_flat_rw*/ = 1;        // cycles of that reset
reg [8:0]  most  /*verilator public_flat_rw*/ = 0;
reg [76*PAUSES-1:0] stalls /*verilator public_flat_rw*/ = 0;

// read by cocotb after a burst
reg done /*verilator public_flat_rd*/ = 1'b0;
reg hung /*verilator public_flat_rd*/ = 1'b0;
reg [63:0] cycles /*verilator public_flat_rd*/ = 0;       // of this burst, without the cycles in front of it and behind it
reg [31:0] begun /*verilator public_flat_rd*/ = 0;        // nanosecond in which it began

integer idle = 0;                  // cycles since something moved
integer tail = 0;                  // cycles since all was in
integer ahead = 0;                 // cycles until the first beat
integer resting = 0;               // cycles that the reset still lasts

assign frames       = count;
assign frames_out   = results;
assign frames_setup = loads;
assign mixed        = mix;
assign settings     = stalls;
assign most_pause   = most;

wire all_in   = drained && complete;
wire cutting  = cut != 0;

initial begin
    rst    = 1'b1;
    start  = 1'b0;
    finish = 1'b0;
    busy   = 1'b0;
    quiet  = 1'b0;
    waiting = 1'b0;
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
        if (moved === 1'b1) begin // an unknown handshake moves nothing
            idle = 0;
        end else begin
            idle = idle + 1;
        end
        quiet <= idle > limit >> 3;
        if (all_in) begin
            tail = tail + 1;
            if (tail > linger) stop(1'b0);
        end else begin
            if (idle > limit) stop(1'b1);
            if (waiting) begin
                ahead = ahead - 1;
                waiting <= ahead != 0;
            end else begin
                cycles = cycles + 1;
            end
        end
        if (cutting) begin
            if (cycles >= cut) begin // the core sees it in the cycle behind
                rst     <= 1'b1;
                resting  = hold;
                stop(1'b0);
            end
        end
    end else if (resting > 1) begin
        resting = resting - 1;
        finish <= 1'b0;
    end else begin
        rst    <= 1'b0;
        start  <= 1'b0;
        finish <= 1'b0;
        if (!go) begin
            done <= 1'b0;
        end else if (start) begin
            busy  <= 1'b1;
            begun <= $time;
        end else if (finish || resting == 1) begin
            done   <= 1'b1;
            resting = 0;
        end else if (!done) begin
            start  <= 1'b1;
            hung   <= 1'b0;
            quiet  <= 1'b0;
            cycles  = 0;
            idle    = 0;
            tail    = 0;
            ahead   = delay;
            waiting <= delay != 0;
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

endmodule

`resetall
