// SPDX-License-Identifier: Apache-2.0
// File-backed sink of a pipeline: collects the results, and checks that they come when they are due.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module tb_pipe_sink #(
    parameter WIDTH   = 8,           // bits of all results
    parameter LATENCY = 1,           // enabled cycles from operands to results
    parameter VALID   = 1,           // the core says when there are results; else they are there when they are due
    parameter NAME    = "out"        // of its files: .out and .when
) (
    input  wire             clk,
    input  wire             rst,
    input  wire             start,   // opens the files, one cycle
    input  wire             finish,  // closes them, one cycle
    input  wire             busy,    // a burst is on
    input  wire             enable,  // of the core: pins count only when it is high
    input  wire             origin,  // operands are on the pins
    input  wire             valid,   // results are on the pins
    input  wire [WIDTH-1:0] data,
    output wire             moved,   // a result came in this cycle
    output reg  [31:0]      frames   // results received
);

// one bit for each stage of the core: whether a transaction is in it
reg  [LATENCY:0] stages = {LATENCY+1{1'b0}};
wire [LATENCY:0] next   = {stages[LATENCY:0], origin};
wire due = LATENCY == 0 ? origin : stages[LATENCY > 0 ? LATENCY - 1 : 0];

// what cocotb's monitor reads in beat mode
wire ce_pin    /*verilator public_flat_rd*/ = enable;
wire due_pin   /*verilator public_flat_rd*/ = due;
wire valid_pin /*verilator public_flat_rd*/ = VALID != 0 ? valid : due;
wire [WIDTH-1:0] data_pin /*verilator public_flat_rd*/ = data;

reg [31:0] unknown  /*verilator public_flat_rd*/ = 0; // results that were X or Z, and cycles with an unknown valid
reg [31:0] protocol /*verilator public_flat_rd*/ = 0; // valid without a result that is due, or a result without valid

reg [31:0] outside = 0; // of these, since the last burst: what a reset has left, above all
reg [31:0] hidden = 0;  // and cycles with an unknown valid
wire wrong = enable && (valid_pin ^ due) === 1'b1;
integer fd, fd_when;
reg [31:0] now;

assign moved = busy && enable && valid_pin;

initial begin
    frames  = 0;
    fd_when = 0;
end

always @(posedge clk) begin
    if (busy) begin
        if (enable) begin
            // a two-state simulator folds the comparisons with X away
            if (valid_pin === 1'b1) begin
                if (^data === 1'bx) unknown <= unknown + 1;
                now = $time;
                $fwrite(fd, "%u", data);
                $fwrite(fd_when, "%u", now);
                frames <= frames + 1;
            end else if (valid_pin !== 1'b0) begin
                unknown <= unknown + 1;
            end
        end
        if (wrong) protocol <= protocol + 1;
    end else begin
        if (finish) begin
            $fclose(fd);
            if (fd_when != 0) $fclose(fd_when);
            fd_when = 0;
        end
        if (start) begin
            fd = $fopen({NAME, ".out"}, "wb");
            fd_when = $fopen({NAME, ".when"}, "wb");
            frames   <= 0;
            unknown  <= hidden;
            protocol <= outside;
            outside  <= 0;
            hidden   <= 0;
        end else if (!rst) begin
            if (wrong) outside <= outside + 1;
            if (enable && valid_pin !== 1'b0 && valid_pin !== 1'b1) hidden <= hidden + 1;
        end
    end
    if (rst) stages <= {LATENCY+1{1'b0}};
    else if (enable) stages <= next;
end

// of the first transaction since the start or a reset: enabled cycles until there is a result
reg [31:0] soonest /*verilator public_flat_rd*/ = 0;
wire [31:0] latest /*verilator public_flat_rd*/ = soonest;
reg timed /*verilator public_flat_rd*/ = 1'b0;
reg counting = 1'b0;
reg [31:0] age = 0;

always @(posedge clk) begin
    if (!timed) begin
        if (enable === 1'b1) begin
            if (counting) age = age + 1;
            if (origin === 1'b1 && !counting) begin
                counting = 1'b1;
                age      = 0;
            end
            if (counting && valid_pin === 1'b1) begin
                soonest <= age;
                timed   <= 1'b1;
            end
        end
    end
    if (start || rst) begin
        timed   <= 1'b0;
        counting = 1'b0;
    end
end

endmodule

`resetall
