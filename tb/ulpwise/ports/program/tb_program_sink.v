// SPDX-License-Identifier: Apache-2.0
// Keeps the answers of a program in order, each at the place of the command that asked for it, and writes them to a file
// when the program is over: zeros where nothing was asked.
//
// It is part of the sink of a kind of ports, which says what asks and what answers. Pins count outside of bursts, too: so
// cocotb's monitor sees what this one sees.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module tb_program_sink #(
    parameter WIDTH = 8,             // bits of an answer
    parameter BEATS = 1,             // commands of a program
    parameter NAME  = "out"          // of its files: .out and .when
) (
    input  wire             clk,
    input  wire             rst,
    input  wire             start,   // opens the files, one cycle
    input  wire             finish,  // closes them, one cycle
    input  wire             busy,    // a burst is on
    input  wire             asked,   // the core takes a command in this cycle that it will answer
    input  wire [31:0]      index,   // its place in the program
    input  wire             closed,  // all commands of this program are in
    input  wire             came,    // an answer is taken
    input  wire [WIDTH-1:0] data,    // its value
    input  wire             broken,  // a rule of the ports is broken in this cycle
    input  wire             vague,   // a pin that always counts is X or Z
    output wire [31:0]      due,     // commands without an answer
    output wire             close,   // all answers of this program are in
    output wire             moved,   // an answer came in this cycle that was due
    output wire [31:0]      place,   // where it belongs
    output wire             fault,   // a rule is broken in this cycle
    output wire             doubt,   // an X or Z where a value counts
    output reg  [31:0]      frames   /*verilator public_flat_rd*/, // programs that are over
    output reg  [31:0]      unknown  /*verilator public_flat_rd*/, // cycles with an X or Z where a value counts
    output reg  [31:0]      protocol /*verilator public_flat_rd*/  // breaches of the rules
);

reg [31:0]      places [0:BEATS-1];  // of the commands to be answered
reg [31:0]      put, get;
reg [WIDTH-1:0] words [0:BEATS-1];
reg [31:0]      times [0:BEATS-1];
reg [BEATS-1:0] answered;
reg [WIDTH-1:0] zeros = {WIDTH{1'b0}}; // Icarus 11 has no room for a wide constant in $fwrite
reg [31:0]      never = 32'hffffffff;  // the time of what never came
reg [31:0]      outside = 0;         // breaches since the last burst: what a reset has left, above all
reg [31:0]      hidden = 0;          // and unknown pins
integer fd, fd_when, i;

assign due   = put - get;
assign close = closed && put == get;
assign moved = came === 1'b1 && put != get;
assign place = places[get < BEATS ? get : 0];
assign fault = broken === 1'b1 || (came === 1'b1 && put == get);
assign doubt = vague || ^came === 1'bx || (came === 1'b1 && ^data === 1'bx); // a two-state simulator folds this away

initial begin
    put      = 0;
    get      = 0;
    answered = {BEATS{1'b0}};
    frames   = 0;
    unknown  = 0;
    protocol = 0;
    fd_when  = 0;
end

always @(posedge clk) begin
    if (finish) begin
        $fclose(fd);
        if (fd_when != 0) $fclose(fd_when);
        fd_when = 0;
    end
    if (start) begin
        fd      = $fopen({NAME, ".out"}, "wb");
        fd_when = $fopen({NAME, ".when"}, "wb");
        frames   <= 0;
        unknown  <= hidden;
        protocol <= outside;
        hidden   <= 0;
        outside  <= 0;
    end else if (busy) begin
        if (fault) protocol <= protocol + 1;
        if (doubt) unknown <= unknown + 1;
        if (close) frames <= frames + 1;
    end else if (!rst) begin
        if (fault) outside <= outside + 1;
        if (doubt) hidden <= hidden + 1;
    end
    if (rst) begin
        put      <= 0;
        get      <= 0;
        answered <= {BEATS{1'b0}};
    end else if (close) begin
        if (busy) begin
            for (i = 0; i < BEATS; i = i + 1) begin
                if (answered[i]) begin
                    $fwrite(fd, "%u", words[i]);
                    $fwrite(fd_when, "%u", times[i]);
                end else begin
                    $fwrite(fd, "%u", zeros);
                    $fwrite(fd_when, "%u", never);
                end
            end
        end
        put      <= 0;
        get      <= 0;
        answered <= {BEATS{1'b0}};
    end else begin
        if (asked === 1'b1) begin
            places[put] <= index;
            put <= put + 1;
        end
        if (moved) begin
            words[place]    <= data;
            times[place]    <= $time;
            answered[place] <= 1'b1;
            get <= get + 1;
        end
    end
end

endmodule

`resetall
