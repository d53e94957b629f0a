// SPDX-License-Identifier: Apache-2.0
// Decides, cycle by cycle, whether a source or sink pauses, in one of several patterns, with random numbers of its own.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module tb_stall (
    input  wire        clk,
    input  wire        start,    // one cycle: begin anew
    input  wire        busy,     // a burst is on
    input  wire [75:0] setting,  // {seed [63:0], rate out of 256 [7:0], pattern [3:0]}
    input  wire [8:0]  most,     // mask of the cycles of a long pause
    input  wire        quiet,    // nothing has moved for long: whatever is upstream is full
    input  wire        passed,   // the last beat of a frame went in, of the first stream that is no set-up
    input  wire        offered,  // sinks: a beat is on the pins
    input  wire        taken,    // a beat is accepted in this cycle
    input  wire        last,     // and is the last of its frame
    output reg         pause     // no ready, or no new beat, in the next cycle
);

// the patterns, as tb/uvm/stalls.py numbers them
localparam [3:0] FLOW = 0, RANDOM = 1, LONG = 2, BURSTS = 3, ASLEEP = 4, STEP = 5, AFTER = 6, UNTIL = 7;
localparam [3:0] DROWSY = 8, BEHIND = 9;

wire [3:0]  pattern = setting[3:0];
wire [7:0]  rate    = setting[11:4];
reg  [63:0] rnd     = 64'd1;
reg  [9:0]  left    = 0;         // cycles, beats or frames of this phase that are to come
reg         resting = 1'b0;      // this phase is a pause
reg         seen    = 1'b0;      // a beat of this frame has been offered

wire waits  = offered === 1'b1 && taken !== 1'b1;
wire closes = taken === 1'b1 && last !== 1'b0;

always @* begin
    case (pattern)
        RANDOM, STEP: pause = rnd[7:0] < rate;
        LONG, BURSTS: pause = resting;
        ASLEEP, DROWSY: pause = left == 0 || (left == 1 && taken === 1'b1); // until all is full, then for some beats
        AFTER:        pause = !waits;                // ready comes after valid, for one beat
        UNTIL:        pause = !(waits || (seen && !closes)); // ready comes after valid, and stays for the frame
        BEHIND:       pause = left != 0 || closes;   // until some frames went first
        default:      pause = 1'b0;
    endcase
end

always @(posedge clk) begin
    if (start) begin
        rnd     <= setting[75:12];
        left    <= 0;
        resting <= 1'b0;
        seen    <= 1'b0;
    end else if (busy && pattern != FLOW) begin
        rnd  <= step(rnd);
        seen <= waits || (seen && !closes);
        if (pattern == ASLEEP || pattern == DROWSY) begin
            if (left == 0) left <= quiet ? {6'd0, pattern == ASLEEP ? rnd[3:0] : {2'b00, rnd[1:0]}} + 10'd1 : 10'd0;
            else if (taken === 1'b1) left <= left - 10'd1;
        end else if (pattern == BEHIND) begin
            if (closes) left <= {7'd0, rnd[2:0]} + 10'd1;
            else if (quiet) left <= 10'd0;
            else if (left != 0 && passed === 1'b1) left <= left - 10'd1;
        end else if (left != 0) begin
            left <= left - 10'd1;
        end else begin
            resting <= !resting;
            // every other long pause is a short one
            if (pattern == LONG && !resting) left <= {1'b0, rnd[16] ? rnd[8:0] & most : {4'd0, rnd[4:0]} & most};
            else left <= {6'd0, rnd[3:0]};
        end
    end
end

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
