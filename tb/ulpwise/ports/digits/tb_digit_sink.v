// SPDX-License-Identifier: Apache-2.0
// File-backed sink of digit-serial frames: collects DIGITS digits from each `first` on and writes them as one word.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module tb_digit_sink #(
    parameter WIDTH  = 2,           // bits of one beat: the rails of the output
    parameter DIGITS = 9,           // digits of a frame
    parameter NAME   = "out"        // of its files: .out and .when
) (
    input  wire             clk,
    input  wire             rst,
    input  wire             start,  // opens the file, one cycle
    input  wire             finish, // closes it, one cycle
    input  wire             busy,   // a burst is on
    input  wire             ce,     // clock enable of the core: pins count only when it is high
    input  wire             origin, // the first digits of the operands are on the pins
    input  wire             first,  // the first digit of a result is on the pins
    input  wire [WIDTH-1:0] data,   // rails
    output wire             moved,  // a digit of a result came in this cycle
    output reg  [31:0]      frames  // results received
);

// what cocotb's monitor reads in beat mode
wire ce_pin    /*verilator public_flat_rd*/ = ce;
wire first_pin /*verilator public_flat_rd*/ = first;
wire [WIDTH-1:0] data_pin /*verilator public_flat_rd*/ = data;

reg [31:0] unknown /*verilator public_flat_rd*/ = 0; // cycles in which a rail that counts was X or Z
reg [31:0] protocol /*verilator public_flat_rd*/ = 0; // results that began before the last one was whole

reg [WIDTH*DIGITS-1:0] word = {WIDTH*DIGITS{1'b0}};
integer seen = 0;   // digits of the open result
reg open = 1'b0;    // a result is being collected
integer fd, fd_when;
reg [31:0] now;

// a result that begins before the last one was whole is no progress
assign moved = busy && ce && first == !open;

initial begin
    frames  = 0;
    fd_when = 0;
end

always @(posedge clk) begin
    if (busy) begin
        if (ce) begin
            // a two-state simulator folds the comparisons with X away
            if (first === 1'b1) begin
                if (open) protocol <= protocol + 1;
                open <= 1'b1;
                seen  = 0;
                now   = $time;
            end else if (first !== 1'b0) begin
                unknown <= unknown + 1;
            end
            if (open || first === 1'b1) begin
                if (^data === 1'bx) unknown <= unknown + 1;
                word[seen*WIDTH +: WIDTH] = data;
                seen = seen + 1;
                if (seen == DIGITS) begin
                    $fwrite(fd, "%u", word);
                    $fwrite(fd_when, "%u", now);
                    frames <= frames + 1;
                    open   <= 1'b0;
                end
            end
        end
    end else begin
        if (finish) begin
            $fclose(fd);
            if (fd_when != 0) $fclose(fd_when);
            fd_when = 0;
        end
        if (rst) open <= 1'b0;
        if (start) begin
            fd = $fopen({NAME, ".out"}, "wb");
            fd_when = $fopen({NAME, ".when"}, "wb");
            open     <= 1'b0;
            frames   <= 0;
            unknown  <= 0;
            protocol <= 0;
        end
    end
end

// online delay of every frame: enabled cycles from its operands to its result, the extremes since the start or a reset
reg [31:0] soonest /*verilator public_flat_rd*/ = 0;
reg [31:0] latest  /*verilator public_flat_rd*/ = 0;
reg timed /*verilator public_flat_rd*/ = 1'b0;
reg [31:0] age = 0, took = 0;       // enabled cycles
reg [31:0] born [0:1023];           // when the frames began whose results have not: so many fit into no pipeline
reg [9:0] put = 0, get = 0;

always @(posedge clk) begin
    if (ce === 1'b1) begin
        age = age + 1;
        if (origin === 1'b1) begin
            born[put] = age;
            put = put + 1'b1;
        end
        if (first === 1'b1) begin
            if (get != put) begin // else a result of no frame
                took = age - born[get];
                get  = get + 1'b1;
                if (!timed || took < soonest) soonest <= took;
                if (!timed || took > latest) latest <= took;
                timed <= 1'b1;
            end
        end
    end
    if (start || rst) begin
        timed <= 1'b0;
        put = 0;
        get = 0;
    end
end

endmodule

`resetall
