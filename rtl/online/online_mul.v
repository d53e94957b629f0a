// SPDX-License-Identifier: Apache-2.0
// Online multiplier, serial x serial: multiplies two signed-digit streams, most significant digit first.
//
//   P = X * Y,   v = 2w + (X_{k-1} y_k + Y_k x_k) 2^-3,   w = v - p_{k-3}     (k = 1, 2, 3: no digit, w = v)
//   X_k, Y_k: the operands as far as digit k
//
// Formats:  x and y are frames of any n <= N digits of weights 2^-1..2^-n; z is p_1, p_2, ... of weights 2^-1, 2^-2...:
//           |XY - P| <= 1/2 ulp after n digits, P = XY from digit 2n on, then zeros. A digit is -1, 0 or 1 on two
//           rails, x = x_p - x_n; the code (1,1) is never sent and never produced.
// Latency:  online delay 3: z_first is high 4 enabled cycles after first.
// Period:   a frame every m + 3 enabled cycles or more, for m >= n product digits (exact: 2n + 3): n digits, then zero
//           digits.
// Source:   Ercegovac and Lang, Digital Arithmetic, 2004, ch. 9; residual in two's complement, full precision; estimate
//           of 2 fractional bits.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module online_mul #(
    parameter N = 16        // most digits of an operand (2..64)
) (
    input  wire clk,        // clock
    input  wire rst,        // synchronous reset
    input  wire ce,         // clock enable: everything holds when low
    input  wire first,      // x_1 and y_1 are on the pins
    input  wire x_p,        // operand x
    input  wire x_n,
    input  wire y_p,        // operand y
    input  wire y_n,
    output wire z_first,    // p_1 is on the pins
    output wire z_p,        // product
    output wire z_n
);

// derived, do not change
localparam F = N + 3;       // fractional bits of the residual

// illegal parameters stop elaboration; Icarus 11 has no elaboration $error, so there a missing module says it
generate
    if (N < 2 || N > 64) begin : guard_n
`ifdef __ICARUS__
        online_mul_parameter_N_must_be_2_to_64 guard ();
`else
        $error("Error: online_mul parameter N must be 2 to 64 (instance %m)");
`endif
    end
endgenerate

// operands in two's complement, sign and N fractional bits, converted on the fly: q, and qm = q - 2^-N (-q = ~qm)
reg  [N:0] x_q_reg, x_qm_reg, y_q_reg, y_qm_reg;
wire [N:0] x_q, x_qm, y_q, y_qm;                        // before this digit
wire [N:0] x_q_next, x_qm_next, y_q_next, y_qm_next;    // with this digit

// positions: the sign and digits 1..k-1 are kept, digit k goes in here, behind it q has zeros and qm has ones
reg  [N-1:0] kept_reg;
wire [N:0]   kept, here, x_in, y_in;

reg  [F:0]   w_reg;             // residual: sign and F fractional bits
wire [F:0]   w;                 // residual before this digit
wire [N:0]   a, b;              // X_{k-1} y_k and Y_k x_k
wire [N+1:0] ab;
wire [F+1:0] v;                 // sign, one integer bit, F fractional bits
wire signed [3:0] v_hat;        // v in quarters, rounded down
wire p_p, p_n;

reg [2:0] start_reg;            // one-hot: digit 2, 3 or 4 is on the pins
reg z_first_reg, z_p_reg, z_n_reg;

assign z_first = z_first_reg;
assign z_p     = z_p_reg;
assign z_n     = z_n_reg;

// a new frame starts from X = Y = w = 0
assign kept = {1'b1, first ? {N{1'b0}} : kept_reg};
assign x_q  = first ? {N+1{1'b0}} : x_q_reg;
assign x_qm = first ? {N+1{1'b1}} : x_qm_reg;
assign y_q  = first ? {N+1{1'b0}} : y_q_reg;
assign y_qm = first ? {N+1{1'b1}} : y_qm_reg;
assign w    = first ? {F+1{1'b0}} : w_reg;

// on-the-fly conversion
assign here = ~kept & {1'b0, kept[N:1]};
assign x_in = here & {N+1{x_p || x_n}};
assign y_in = here & {N+1{y_p || y_n}};

assign x_q_next  = (kept & (x_n ? x_qm : x_q)) | x_in;
assign x_qm_next = (kept & (x_p ? x_q : x_qm)) | ~(kept | x_in);
assign y_q_next  = (kept & (y_n ? y_qm : y_q)) | y_in;
assign y_qm_next = (kept & (y_p ? y_q : y_qm)) | ~(kept | y_in);

// recurrence
assign a  = y_n ? ~x_qm : y_p ? x_q : {N+1{1'b0}};
assign b  = x_n ? ~y_qm_next : x_p ? y_q_next : {N+1{1'b0}};
assign ab = {a[N], a} + {b[N], b};
assign v  = {w, 1'b0} + {{3{ab[N+1]}}, ab};

// selection: 1 from 1/2 up, -1 from -3/4 down, nothing while the first three digits come in
assign v_hat = v[F+1:F-2];
assign p_p   = !first && !start_reg[0] && !start_reg[1] && v_hat >= 4'sd2;
assign p_n   = !first && !start_reg[0] && !start_reg[1] && v_hat <= -4'sd3;

always @(posedge clk) begin
    if (ce) begin
        kept_reg <= kept[N-1:0] | here[N-1:0];
        x_q_reg  <= x_q_next;
        x_qm_reg <= x_qm_next;
        y_q_reg  <= y_q_next;
        y_qm_reg <= y_qm_next;

        // |w| < 1: to take away +1 or -1 is to flip the bit of weight 1, which becomes the sign
        w_reg   <= {v[F] ^ (p_p || p_n), v[F-1:0]};
        z_p_reg <= p_p;
        z_n_reg <= p_n;

        start_reg   <= {start_reg[1:0], first};
        z_first_reg <= start_reg[2];
    end

    if (rst) begin
        kept_reg    <= {N{1'b0}};
        x_q_reg     <= {N+1{1'b0}};
        x_qm_reg    <= {N+1{1'b1}};
        y_q_reg     <= {N+1{1'b0}};
        y_qm_reg    <= {N+1{1'b1}};
        w_reg       <= {F+1{1'b0}};
        z_p_reg     <= 1'b0;
        z_n_reg     <= 1'b0;
        start_reg   <= 3'd0;
        z_first_reg <= 1'b0;
    end
end

endmodule

`resetall
