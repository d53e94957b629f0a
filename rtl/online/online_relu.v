// SPDX-License-Identifier: Apache-2.0
// Online ReLU with early termination: the first digit that is not zero decides the sign of a frame.
//
//   Z = max(X, 0),   S = 0 while all digits were zero, then the first other digit, to the end of the frame
//
// Formats:  x is a frame of any n digits, most significant first; z has the same digits and weights, zeros when x is
//           negative; digit k of s is the sign of x as far as x_k. s_n is the stop signal: from the digit on that makes x
//           negative it is high until the next frame, nothing of x is looked at any more, and what computes x may be
//           frozen. A digit is -1, 0 or 1 on two rails, x = x_p - x_n; the code (1,1) is never sent and never produced.
// Latency:  z_first and s_first are high 1 enabled cycle after first: with online delay 0, digit for digit.
// Period:   a frame every n enabled cycles or more.
// Source:   Abdelhadi and Shannon, Fine-Grained Inference Engine Utilizing Online Arithmetic, ICFPT 2019 (MSDF ReLU).

`resetall
`timescale 1ns / 1ps
`default_nettype none

module online_relu (
    input  wire clk,     // clock
    input  wire rst,     // synchronous reset
    input  wire ce,      // clock enable: everything holds when low
    input  wire first,   // x_1 is on the pins
    input  wire x_p,     // operand x
    input  wire x_n,
    output wire z_first, // z_1 is on the pins
    output wire z_p,     // x, or zeros
    output wire z_n,
    output wire s_first, // s_1 is on the pins, together with z_1
    output wire s_p,     // x is positive
    output wire s_n      // x is negative: stop
);

reg z_first_reg, z_p_reg, z_n_reg, s_p_reg, s_n_reg;
reg positive, negative;  // before this digit

assign z_first = z_first_reg;
assign z_p     = z_p_reg;
assign z_n     = z_n_reg;
assign s_first = z_first_reg;
assign s_p     = s_p_reg;
assign s_n     = s_n_reg;

always @* begin
    positive = s_p_reg && !first;
    negative = s_n_reg && !first;
end

always @(posedge clk) begin
    if (ce) begin
        s_p_reg <= positive || (x_p && !negative);
        s_n_reg <= negative || (x_n && !positive);

        z_p_reg     <= x_p && !negative;
        z_n_reg     <= x_n && positive;
        z_first_reg <= first;
    end

    if (rst) begin
        s_p_reg     <= 1'b0;
        s_n_reg     <= 1'b0;
        z_p_reg     <= 1'b0;
        z_n_reg     <= 1'b0;
        z_first_reg <= 1'b0;
    end
end

endmodule

`resetall
