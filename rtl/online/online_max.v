// SPDX-License-Identifier: Apache-2.0
// Online maximum: the greater of two signed-digit streams, most significant digit first.
//
//   Z = max(X, Y),   D = 2D + x_k - y_k,   z_k = x_k where D was > 0, y_k where D was < 0, max(x_k, y_k) where D was 0
//
// Formats:  x and y are frames of any n digits, most significant first; z has as many, of the same weights. Exact, and so
//           is every prefix: Z_k = max(X_k, Y_k). For D = 2^k (X_k - Y_k) cannot change its sign without a step at 0, as
//           |x_k - y_k| <= 2, and at 0 both prefixes are equal; from |D| = 2 on it cannot come back, so it is kept within
//           -2..2. A digit is -1, 0 or 1 on two rails, x = x_p - x_n; the code (1,1) is never sent and never produced.
// Latency:  online delay 0: z_first is high 1 enabled cycle after first.
// Period:   a frame every n enabled cycles or more.
// Source:   own; the comparison as in Ercegovac and Lang, Digital Arithmetic, 2004, ch. 9.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module online_max (
    input  wire clk,     // clock
    input  wire rst,     // synchronous reset
    input  wire ce,      // clock enable: everything holds when low
    input  wire first,   // x_1 and y_1 are on the pins
    input  wire x_p,     // operand x
    input  wire x_n,
    input  wire y_p,     // operand y
    input  wire y_n,
    output wire z_first, // z_1 is on the pins
    output wire z_p,     // maximum
    output wire z_n
);

reg z_first_reg, z_p_reg, z_n_reg;

// D as its sign, and whether it is decided, which means something only where one leads; neither stands for D = 0
reg x_leads_reg, y_leads_reg, decided_reg;
reg x_leads, y_leads;                           // before this digit
reg x_leads_next, y_leads_next, decided_next;   // with this digit

reg x_gt, y_gt;      // x_k > y_k, y_k > x_k
reg apart;           // |x_k - y_k| = 2
reg z_p_next, z_n_next;

assign z_first = z_first_reg;
assign z_p     = z_p_reg;
assign z_n     = z_n_reg;

always @* begin
    // a new frame starts from D = 0
    x_leads = x_leads_reg && !first;
    y_leads = y_leads_reg && !first;

    x_gt  = (x_p && !y_p) || (y_n && !x_n);
    y_gt  = (y_p && !x_p) || (x_n && !y_n);
    apart = (x_p && y_n) || (x_n && y_p);

    // D = 1 comes back to 0 by a difference of -2 and stays by -1; by 0 and more it is decided
    x_leads_next = x_leads ? decided_reg || !(y_gt && apart) : !y_leads && x_gt;
    y_leads_next = y_leads ? decided_reg || !(x_gt && apart) : !x_leads && y_gt;
    decided_next = x_leads ? decided_reg || !y_gt : y_leads ? decided_reg || !x_gt : apart;

    // where neither leads, the greater digit: 1 when one of both is, -1 when both are
    z_p_next = x_leads ? x_p : y_leads ? y_p : x_p || y_p;
    z_n_next = x_leads ? x_n : y_leads ? y_n : x_n && y_n;
end

always @(posedge clk) begin
    if (ce) begin
        x_leads_reg <= x_leads_next;
        y_leads_reg <= y_leads_next;
        decided_reg <= decided_next;
        z_p_reg     <= z_p_next;
        z_n_reg     <= z_n_next;
        z_first_reg <= first;
    end

    if (rst) begin
        x_leads_reg <= 1'b0;
        y_leads_reg <= 1'b0;
        decided_reg <= 1'b0;
        z_p_reg     <= 1'b0;
        z_n_reg     <= 1'b0;
        z_first_reg <= 1'b0;
    end
end

endmodule

`resetall
