// SPDX-License-Identifier: Apache-2.0
// Online subtractor: subtracts a signed-digit stream from another, most significant digit first.
//
//   Z = X - Y        (an online_add: to swap the rails of a digit is to negate it)
//
// Formats:  x and y are frames of any n digits x_1..x_n of weights 2^-1..2^-n; z has n + 1 digits z_0..z_n, z_0 of
//           weight 1. A digit is -1, 0 or 1 on two rails, x = x_p - x_n; the code (1,1) is never sent and never produced.
// Latency:  online delay 2: z_first is high 2 enabled cycles after first.
// Period:   a frame every n + 1 enabled cycles or more: n digits, then at least one zero digit.
// Source:   Ercegovac and Lang, Digital Arithmetic, 2004, ch. 9 (radix-2 signed-digit online adder).

`resetall
`timescale 1ns / 1ps
`default_nettype none

module online_sub (
    input  wire clk,     // clock
    input  wire rst,     // synchronous reset
    input  wire ce,      // clock enable: everything holds when low
    input  wire first,   // x_1 and y_1 are on the pins
    input  wire x_p,     // operand x
    input  wire x_n,
    input  wire y_p,     // operand y
    input  wire y_n,
    output wire z_first, // z_0 is on the pins
    output wire z_p,     // difference
    output wire z_n
);

online_add add (
    .clk(clk),
    .rst(rst),
    .ce(ce),
    .first(first),
    .x_p(x_p),
    .x_n(x_n),
    .y_p(y_n),
    .y_n(y_p),
    .z_first(z_first),
    .z_p(z_p),
    .z_n(z_n)
);

endmodule

`resetall
