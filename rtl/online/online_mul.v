// SPDX-License-Identifier: Apache-2.0
// Online multiplier, serial x serial: multiplies two signed-digit streams, most significant digit first.
//
//   P = X * Y,   v = 2w + (X_{k-1} y_k + Y_k x_k) 2^-DELTA,   w = v - p_{k-DELTA}     (k = 1..DELTA: no digit, w = v)
//   X_k, Y_k: the operands as far as digit k
//
// Formats:  x and y are frames of any n <= N digits of weights 2^-1..2^-n; z is p_1, p_2, ... of weights 2^-1, 2^-2...:
//           |XY - P| <= 1/2 ulp after n digits (CARRY_SAVE: 3/4), P = XY from digit 2n on, then zeros. A digit is -1, 0
//           or 1 on two rails, x = x_p - x_n; the code (1,1) is never sent and never produced.
// Latency:  online delay DELTA: z_first is high DELTA + 1 enabled cycles after first.
// Period:   a frame every m + DELTA enabled cycles or more, for m >= n product digits (exact: 2n + DELTA): n digits,
//           then zero digits.
// Residual: on the carry chain in two's complement, the default, or in carry-save; some digits differ. N = 16, measured
//           by Yosys: xc7 250 LUTs, 10 CARRY4, 110 flops against 261, 1, 126; without carry chains 241 LUT6, longest
//           path 12 of them, against 213 and 4. Carry-save is for fabrics without carry chains, and long operands.
// Cut:      FRACTION = p cuts residual and operands short; both terms are rounded down, so that P may lie another
//           2^(n - 2p + 2 DELTA) <= 1/4 ulp below XY, never exact. N = 16, p = 12: 142 xc7 LUTs, 7 CARRY4, 68 flops.
// Source:   Ercegovac and Lang, Digital Arithmetic, 2004, ch. 9; estimate of 2 fractional bits.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module online_mul #(
    parameter N          = 16,  // most digits of an operand (2..64)
    parameter CARRY_SAVE = 0,   // residual: 0 on the carry chain, 1 in carry-save (0..1)
    parameter DELTA      = 3,   // online delay (3; 2 or 3 on the carry chain)
    parameter FRACTION   = 0    // fractional bits of the residual (N/2 + DELTA + 1, rounded up, to N + DELTA; 0: all)
) (
    input  wire clk,            // clock
    input  wire rst,            // synchronous reset
    input  wire ce,             // clock enable: everything holds when low
    input  wire first,          // x_1 and y_1 are on the pins
    input  wire x_p,            // operand x
    input  wire x_n,
    input  wire y_p,            // operand y
    input  wire y_n,
    output wire z_first,        // p_1 is on the pins
    output wire z_p,            // product
    output wire z_n
);

// derived, do not change
localparam F = FRACTION == 0 ? N + DELTA : FRACTION;    // fractional bits of the residual
localparam M = F - DELTA;                               // digits of an operand that count

// illegal parameters stop elaboration; Icarus 11 has no elaboration $error, so there a missing module says it
generate
    if (N < 2 || N > 64) begin : guard_n
`ifdef __ICARUS__
        online_mul_parameter_N_must_be_2_to_64 guard ();
`else
        $error("Error: online_mul parameter N must be 2 to 64 (instance %m)");
`endif
    end
    if (CARRY_SAVE != 0 && CARRY_SAVE != 1) begin : guard_carry_save
`ifdef __ICARUS__
        online_mul_parameter_CARRY_SAVE_must_be_0_or_1 guard ();
`else
        $error("Error: online_mul parameter CARRY_SAVE must be 0 or 1 (instance %m)");
`endif
    end
    if (DELTA != 3 && (DELTA != 2 || CARRY_SAVE != 0)) begin : guard_delta
`ifdef __ICARUS__
        online_mul_parameter_DELTA_must_be_3_or_without_CARRY_SAVE_2 guard ();
`else
        $error("Error: online_mul parameter DELTA must be 3, or without CARRY_SAVE 2 (instance %m)");
`endif
    end
    if (FRACTION != 0 && (2 * FRACTION < N + 2 * DELTA + 2 || FRACTION > N + DELTA)) begin : guard_fraction
`ifdef __ICARUS__
        online_mul_parameter_FRACTION_must_be_0_or_half_N_plus_DELTA_plus_1_to_N_plus_DELTA guard ();
`else
        $error("Error: online_mul parameter FRACTION must be 0 or N/2 + DELTA + 1 to N + DELTA (instance %m)");
`endif
    end
endgenerate

// operands in two's complement, sign and M fractional bits, converted on the fly: q, and qm = q - 2^-M (-q = ~qm);
// behind digit M, both rounded down
reg  [M:0] x_q_reg, x_qm_reg, y_q_reg, y_qm_reg;
wire [M:0] x_q, x_qm, y_q, y_qm;                        // before this digit
wire [M:0] x_q_next, x_qm_next, y_q_next, y_qm_next;    // with this digit

// positions: the sign and digits 1..k-1 are kept, digit k goes in here, behind it q has zeros and qm has ones
reg  [M-1:0] kept_reg;
wire [M:0]   kept, here, x_in, y_in;

reg  [F:0]   w_reg;             // residual: sign and F fractional bits; in carry-save the sum word
wire [F:0]   w;                 // residual before this digit
wire [M:0]   a, b;              // X_{k-1} y_k and Y_k x_k
wire signed [3:0] v_hat;        // estimate of v in quarters
wire [F-1:0] v_low;             // bits of v below weight 1
wire p_p, p_n;

reg  [DELTA-1:0] start_reg;     // one-hot: digit 2, 3, ... is on the pins
wire [DELTA:0]   start;
reg z_first_reg, z_p_reg, z_n_reg;

assign z_first = z_first_reg;
assign z_p     = z_p_reg;
assign z_n     = z_n_reg;

// a new frame starts from X = Y = w = 0
assign start = {start_reg, first};
assign kept  = {1'b1, first ? {M{1'b0}} : kept_reg};
assign x_q   = first ? {M+1{1'b0}} : x_q_reg;
assign x_qm  = first ? {M+1{1'b1}} : x_qm_reg;
assign y_q   = first ? {M+1{1'b0}} : y_q_reg;
assign y_qm  = first ? {M+1{1'b1}} : y_qm_reg;
assign w     = first ? {F+1{1'b0}} : w_reg;

// on-the-fly conversion
assign here = ~kept & {1'b0, kept[M:1]};
assign x_in = here & {M+1{x_p || x_n}};
assign y_in = here & {M+1{y_p || y_n}};

assign x_q_next  = (kept & (x_n ? x_qm : x_q)) | x_in;
assign x_qm_next = (kept & (x_p ? x_q : x_qm)) | ~(kept | x_in);
assign y_q_next  = (kept & (y_n ? y_qm : y_q)) | y_in;
assign y_qm_next = (kept & (y_p ? y_q : y_qm)) | ~(kept | y_in);

// recurrence
assign a = y_n ? ~x_qm : y_p ? x_q : {M+1{1'b0}};
assign b = x_n ? ~y_qm_next : x_p ? y_q_next : {M+1{1'b0}};

generate
    if (CARRY_SAVE == 1) begin : carry_save
        reg  [F-3:0] c_reg;     // carry word, below the estimate
        wire [F+1:0] ws, wc, wa, wb, s1, c1, s, c;

        assign ws = {w, 1'b0};
        assign wc = first ? {F+2{1'b0}} : {3'd0, c_reg, 1'b0};
        assign wa = {{DELTA+1{a[M]}}, a};
        assign wb = {{DELTA+1{b[M]}}, b};
        assign s1 = ws ^ wc ^ wa;
        assign c1 = {(ws[F:0] & wc[F:0]) | (ws[F:0] & wa[F:0]) | (wc[F:0] & wa[F:0]), 1'b0};
        assign s  = s1 ^ c1 ^ wb;
        assign c  = {(s1[F:0] & c1[F:0]) | (s1[F:0] & wb[F:0]) | (c1[F:0] & wb[F:0]), 1'b0};

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
        wire [M+1:0] ab;
        wire [F+1:0] v;         // sign, one integer bit, F fractional bits

        assign ab    = {a[M], a} + {b[M], b};
        assign v     = {w, 1'b0} + {{DELTA{ab[M+1]}}, ab};
        assign v_hat = v[F+1:F-2];
        assign v_low = v[F-1:0];
    end
endgenerate

// selection: 1 from 1/2 up, -1 from -3/4 down, nothing while the first digits come in
assign p_p = start[DELTA-1:0] == {DELTA{1'b0}} && v_hat >= 4'sd2;
assign p_n = start[DELTA-1:0] == {DELTA{1'b0}} && v_hat <= -4'sd3;

always @(posedge clk) begin
    if (ce) begin
        kept_reg <= kept[M-1:0] | here[M-1:0];
        x_q_reg  <= x_q_next;
        x_qm_reg <= x_qm_next;
        y_q_reg  <= y_q_next;
        y_qm_reg <= y_qm_next;

        // -1 <= w < 1: to take away +1 or -1 is to flip the bit of weight 1, which becomes the sign
        w_reg   <= {v_hat[2] ^ (p_p || p_n), v_low};
        z_p_reg <= p_p;
        z_n_reg <= p_n;

        start_reg   <= start[DELTA-1:0];
        z_first_reg <= start[DELTA];
    end

    if (rst) begin
        kept_reg    <= {M{1'b0}};
        x_q_reg     <= {M+1{1'b0}};
        x_qm_reg    <= {M+1{1'b1}};
        y_q_reg     <= {M+1{1'b0}};
        y_qm_reg    <= {M+1{1'b1}};
        w_reg       <= {F+1{1'b0}};
        z_p_reg     <= 1'b0;
        z_n_reg     <= 1'b0;
        start_reg   <= {DELTA{1'b0}};
        z_first_reg <= 1'b0;
    end
end

endmodule

`resetall
