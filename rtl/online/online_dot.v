// SPDX-License-Identifier: Apache-2.0
// Online inner product: K signed-digit streams times K weights that lie in place, added by a tree.
//
//   Z = sum_k X_k Y_k        (K online_mul_const, then L = ceil(log2 K) levels of online_add)
//
// Formats:  x_k is a frame of any n digits of weights 2^-1..2^-n; y_k is two's complement, Y = y / 2^(WB-1), weight k
//           at y[k*WB +: WB], held from digit 1 to digit n; the first digit of z has weight 2^(L-1), one digit of
//           growth a level: |Z - sum| <= 2^-m after m + L digits, equal from m = n + WB - 1 on, then zeros. A digit is
//           -1, 0 or 1 on two rails, x = x_p - x_n; the code (1,1) is never sent and never produced.
// Latency:  z_first is high 3 + 2L enabled cycles after first.
// Period:   a frame every n + WB - 1 + max(2, L) enabled cycles or more: n digits, then zero digits.
// Source:   Abdelhadi and Shannon, Fine-Grained Inference Engine Utilizing Online Arithmetic, ICFPT 2019 (adder tree).

`resetall
`timescale 1ns / 1ps
`default_nettype none

module online_dot #(
    parameter K          = 16,        // operand pairs (1..1024)
    parameter WB         = 8,         // bits of a weight (2..32)
    parameter CARRY_SAVE = 0          // residuals of the multipliers: 0 on the carry chain, 1 in carry-save (0..1)
) (
    input  wire            clk,       // clock
    input  wire            rst,       // synchronous reset
    input  wire            ce,        // clock enable: everything holds when low
    input  wire            first,     // first digits of all x are on the pins
    input  wire [K-1:0]    x_p,       // operands x, one digit each
    input  wire [K-1:0]    x_n,
    input  wire [K*WB-1:0] y,         // weights
    output wire            z_first,   // first digit of z is on the pins
    output wire            z_p,       // inner product
    output wire            z_n
);

// derived, do not change
localparam L = $clog2(K);             // levels of the tree

// illegal parameters stop elaboration; Icarus 11 has no elaboration $error, so there a missing module says it
generate
    if (K < 1 || K > 1024) begin : guard_k
`ifdef __ICARUS__
        online_dot_parameter_K_must_be_1_to_1024 guard ();
`else
        $error("Error: online_dot parameter K must be 1 to 1024 (instance %m)");
`endif
    end
    if (WB < 2 || WB > 32) begin : guard_wb
`ifdef __ICARUS__
        online_dot_parameter_WB_must_be_2_to_32 guard ();
`else
        $error("Error: online_dot parameter WB must be 2 to 32 (instance %m)");
`endif
    end
    if (CARRY_SAVE != 0 && CARRY_SAVE != 1) begin : guard_carry_save
`ifdef __ICARUS__
        online_dot_parameter_CARRY_SAVE_must_be_0_or_1 guard ();
`else
        $error("Error: online_dot parameter CARRY_SAVE must be 0 or 1 (instance %m)");
`endif
    end
endgenerate

genvar l, k;

// level 0 holds the products, level l the sums of pairs of level l - 1; all of a level are in step
generate
    for (l = 0; l <= L; l = l + 1) begin : level
        localparam COUNT = (K + (1 << l) - 1) >> l;
        localparam PAD   = l < L ? COUNT % 2 : 0;

        wire [COUNT-1:0]     f;       // first, the same in all
        wire [COUNT+PAD-1:0] p, n;    // digits
        wire unused_f = &f;

        // an odd one out is added to zero: 4 LUTs and 4 flops, where a delay of three digits would take 2 and 6
        if (PAD == 1) begin : pad
            assign p[COUNT] = 1'b0;
            assign n[COUNT] = 1'b0;
        end

        for (k = 0; k < COUNT; k = k + 1) begin : node
            if (l == 0) begin : product
                online_mul_const #(
                    .WB(WB),
                    .CARRY_SAVE(CARRY_SAVE)
                ) mul (
                    .clk(clk),
                    .rst(rst),
                    .ce(ce),
                    .first(first),
                    .x_p(x_p[k]),
                    .x_n(x_n[k]),
                    .y(y[k*WB +: WB]),
                    .z_first(f[k]),
                    .z_p(p[k]),
                    .z_n(n[k])
                );
            end else begin : sum
                online_add add (
                    .clk(clk),
                    .rst(rst),
                    .ce(ce),
                    .first(level[l-1].f[2*k]),
                    .x_p(level[l-1].p[2*k]),
                    .x_n(level[l-1].n[2*k]),
                    .y_p(level[l-1].p[2*k+1]),
                    .y_n(level[l-1].n[2*k+1]),
                    .z_first(f[k]),
                    .z_p(p[k]),
                    .z_n(n[k])
                );
            end
        end
    end
endgenerate

assign z_first = level[L].f[0];
assign z_p     = level[L].p[0];
assign z_n     = level[L].n[0];

endmodule

`resetall
