// SPDX-License-Identifier: Apache-2.0
// Online adder: adds two signed-digit streams, most significant digit first.
//
//   Z = X + Y
//
// Formats:  x and y are frames of any n digits x_1..x_n of weights 2^-1..2^-n; z has n + 1 digits z_0..z_n, z_0 of
//           weight 1. A digit is -1, 0 or 1 on two rails, x = x_p - x_n; the code (1,1) is never sent and never
//           produced.
// Latency:  online delay 2: z_first is high 2 enabled cycles after first.
// Period:   a frame every n + 1 enabled cycles or more: n digits, then at least one zero digit.
// Source:   Ercegovac and Lang, Digital Arithmetic, 2004, ch. 9 (radix-2 signed-digit online adder).

`resetall
`timescale 1ns / 1ps
`default_nettype none

module online_add (
    input  wire clk,     // clock
    input  wire rst,     // synchronous reset
    input  wire ce,      // clock enable: everything holds when low
    input  wire first,   // x_1 and y_1 are on the pins
    input  wire x_p,     // operand x
    input  wire x_n,
    input  wire y_p,     // operand y
    input  wire y_n,
    output wire z_first, // z_0 is on the pins
    output wire z_p,     // sum
    output wire z_n
);

reg t_reg, y_n_reg, sum_reg, first_reg, z_first_reg, z_p_reg, z_n_reg;
reg h, t_next, u, sum_next;

assign z_first = z_first_reg;
assign z_p     = z_p_reg;
assign z_n     = z_n_reg;

always @* begin
    // x + y_p + 1 = 2h + t: h belongs to the digit before this one
    {h, t_next} = {1'b0, x_p} + {1'b0, !x_n} + {1'b0, y_p};

    // t - y_n + 1 + h = 2u + sum, one digit behind
    {u, sum_next} = {1'b0, t_reg} + {1'b0, !y_n_reg} + {1'b0, h};

    // before the first digit stand zero digits (t = 1, y_n = 0); u still belongs to the frame before
    if (first) begin
        sum_next = h;
    end
end

always @(posedge clk) begin
    if (ce) begin
        t_reg   <= t_next;
        y_n_reg <= y_n;
        sum_reg <= sum_next;

        // z = sum - (1 - u), two digits behind; (1,1) becomes (0,0)
        z_p_reg <= sum_reg && u;
        z_n_reg <= !sum_reg && !u;

        first_reg   <= first;
        z_first_reg <= first_reg;
    end

    if (rst) begin
        t_reg       <= 1'b1;
        y_n_reg     <= 1'b0;
        sum_reg     <= 1'b0;
        z_p_reg     <= 1'b0;
        z_n_reg     <= 1'b0;
        first_reg   <= 1'b0;
        z_first_reg <= 1'b0;
    end
end

endmodule

`resetall
