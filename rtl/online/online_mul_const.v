// SPDX-License-Identifier: Apache-2.0
// Online multiplier, serial x parallel: a signed-digit stream times a weight that lies in place.
//
//   P = X * Y,   v = 2w + x_k Y 2^-DELTA,   w = v - p_{k-DELTA}     (k = 1..DELTA: no digit, w = v)
//
// Formats:  x is a frame of any n digits x_1..x_n of weights 2^-1..2^-n; y is two's complement, Y = y / 2^(WB-1), -1
//           included, held from digit 1 to digit n; z is p_1, p_2, ... of weights 2^-1, 2^-2...: |XY - P| <= 1/2 ulp
//           after n digits (CARRY_SAVE: 3/4), P = XY from digit n + WB - 1 on, then zeros. A digit is -1, 0 or 1 on two
//           rails, x = x_p - x_n; the code (1,1) is never sent and never produced.
// Latency:  online delay DELTA: z_first is high DELTA + 1 enabled cycles after first.
// Period:   a frame every m + DELTA enabled cycles or more, for m >= n - DELTA product digits (exact: n + WB - 1 +
//           DELTA): n digits, then zero digits.
// Residual: on the carry chain in two's complement, the default, or in carry-save; some digits differ. WB = 8, measured
//           by Yosys: xc7 23 LUTs, 3 CARRY4, 15 flops against 29, 1, 21; without carry chains 35 LUT6, longest path 5
//           of them, against 24 and 3. Carry-save is for fabrics without carry chains and for wide weights.
// Source:   Ercegovac and Lang, Digital Arithmetic, 2004, ch. 9; estimate of 2 fractional bits.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module online_mul_const #(
    parameter WB         = 8,       // bits of the weight y (2..32)
    parameter CARRY_SAVE = 0,       // residual: 0 on the carry chain, 1 in carry-save (0..1)
    parameter DELTA      = 2        // online delay (2; 1 or 2 on the carry chain)
) (
    input  wire          clk,       // clock
    input  wire          rst,       // synchronous reset
    input  wire          ce,        // clock enable: everything holds when low
    input  wire          first,     // x_1 is on the pins
    input  wire          x_p,       // operand x
    input  wire          x_n,
    input  wire [WB-1:0] y,         // weight
    output wire          z_first,   // p_1 is on the pins
    output wire          z_p,       // product
    output wire          z_n
);

// derived, do not change
localparam F = WB - 1 + DELTA;      // fractional bits of the residual

// illegal parameters stop elaboration; Icarus 11 has no elaboration $error, so there a missing module says it
generate
    if (WB < 2 || WB > 32) begin : guard_wb
`ifdef __ICARUS__
        online_mul_const_parameter_WB_must_be_2_to_32 guard ();
`else
        $error("Error: online_mul_const parameter WB must be 2 to 32 (instance %m)");
`endif
    end
    if (CARRY_SAVE != 0 && CARRY_SAVE != 1) begin : guard_carry_save
`ifdef __ICARUS__
        online_mul_const_parameter_CARRY_SAVE_must_be_0_or_1 guard ();
`else
        $error("Error: online_mul_const parameter CARRY_SAVE must be 0 or 1 (instance %m)");
`endif
    end
    if (DELTA != 2 && (DELTA != 1 || CARRY_SAVE != 0)) begin : guard_delta
`ifdef __ICARUS__
        online_mul_const_parameter_DELTA_must_be_2_or_without_CARRY_SAVE_1 guard ();
`else
        $error("Error: online_mul_const parameter DELTA must be 2, or without CARRY_SAVE 1 (instance %m)");
`endif
    end
endgenerate

reg  [F:0]   w_reg;                 // residual: sign and F fractional bits; in carry-save the sum word
wire [F:0]   w;                     // residual before this digit
wire [F+1:0] a;                     // x_k Y 2^-DELTA, less one ulp when x_k = -1
wire signed [3:0] v_hat;            // estimate of v in quarters
wire [F-1:0] v_low;                 // bits of v below weight 1
wire p_p, p_n;

reg  [DELTA-1:0] start_reg;         // one-hot: digit 2, 3, ... is on the pins
wire [DELTA:0]   start;
reg z_first_reg, z_p_reg, z_n_reg;

assign z_first = z_first_reg;
assign z_p     = z_p_reg;
assign z_n     = z_n_reg;

// a new frame starts from w = 0
assign start = {start_reg, first};
assign w     = first ? {F+1{1'b0}} : w_reg;
assign a     = x_n ? ~{{DELTA+1{y[WB-1]}}, y} : x_p ? {{DELTA+1{y[WB-1]}}, y} : {F+2{1'b0}};

// recurrence; the ulp goes where a word has its zero
generate
    if (CARRY_SAVE == 1) begin : carry_save
        reg  [F-3:0] c_reg;         // carry word, below the estimate
        wire [F+1:0] ws, wc, s, c;

        assign ws = {w, 1'b0};
        assign wc = first ? {F+2{1'b0}} : {3'd0, c_reg, 1'b0};
        assign s  = ws ^ wc ^ a;
        assign c  = {(ws[F:0] & wc[F:0]) | (ws[F:0] & a[F:0]) | (wc[F:0] & a[F:0]), x_n};

        assign v_hat = s[F+1:F-2] + c[F+1:F-2];
        assign v_low = {v_hat[1:0], s[F-3:0]};

        always @(posedge clk) begin
            if (ce) begin
                c_reg <= c[F-3:0];
            end

            if (rst) begin
                c_reg <= {F-2{1'b0}};
            end
        end
    end else begin : carry_chain
        wire [F+1:0] v;             // sign, one integer bit, F fractional bits

        assign v     = {w, x_n} + a;
        assign v_hat = v[F+1:F-2];
        assign v_low = v[F-1:0];
    end
endgenerate

// selection: 1 from 1/2 up, -1 from -3/4 down, nothing while the first digits come in
assign p_p = start[DELTA-1:0] == {DELTA{1'b0}} && v_hat >= 4'sd2;
assign p_n = start[DELTA-1:0] == {DELTA{1'b0}} && v_hat <= -4'sd3;

always @(posedge clk) begin
    if (ce) begin
        // -1 <= w < 1: to take away +1 or -1 is to flip the bit of weight 1, which becomes the sign
        w_reg   <= {v_hat[2] ^ (p_p || p_n), v_low};
        z_p_reg <= p_p;
        z_n_reg <= p_n;

        start_reg   <= start[DELTA-1:0];
        z_first_reg <= start[DELTA];
    end

    if (rst) begin
        w_reg       <= {F+1{1'b0}};
        z_p_reg     <= 1'b0;
        z_n_reg     <= 1'b0;
        start_reg   <= {DELTA{1'b0}};
        z_first_reg <= 1'b0;
    end
end

endmodule

`resetall
