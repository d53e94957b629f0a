// SPDX-License-Identifier: Apache-2.0
// Online divider: divides a signed-digit stream by another, most significant digit first.
//
//   Q = X / D,   v = 2w + (x_k - Q_{k-5} d_k) 2^-4,   w = v - q_{k-4} D_k     (k = 1..4: no digit, w = v)
//   D_k, Q_k: divisor and quotient as far as digit k
//
// Formats:  x and d are frames of any n <= N digits of weights 2^-1..2^-n; 1/2 <= D < 1 and |X| < D are the caller's duty;
//           z is q_1, q_2, ... of weights 2^-1, 2^-2, ...: |X/D - Q| < 3/4 ulp from n digits on, < 1 ulp before. A digit is
//           -1, 0 or 1 on two rails, x = x_p - x_n; the code (1,1) is never sent and never produced.
// Latency:  online delay 4: z_first is high 5 enabled cycles after first.
// Period:   a frame every m + 4 enabled cycles or more, for m >= n - 4 quotient digits (any number); zero digits fill it.
// Source:   Ercegovac and Lang, Digital Arithmetic, 2004, ch. 9; residual in two's complement, full precision, estimate of
//           3 fractional bits.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module online_div #(
    parameter N = 16        // most digits of an operand (4..64)
) (
    input  wire clk,        // clock
    input  wire rst,        // synchronous reset
    input  wire ce,         // clock enable: everything holds when low
    input  wire first,      // x_1 and d_1 are on the pins
    input  wire x_p,        // dividend x
    input  wire x_n,
    input  wire d_p,        // divisor d
    input  wire d_n,
    output wire z_first,    // q_1 is on the pins
    output wire z_p,        // quotient
    output wire z_n
);

// derived, do not change
localparam F  = N > 6 ? N : 6;  // fractional bits of residual and divisor
localparam QF = F - 5;          // fractional bits of the quotient: later digits meet no divisor digit

// illegal parameters stop elaboration; Icarus 11 has no elaboration $error, so there a missing module says it
generate
    if (N < 4 || N > 64) begin : guard_n
`ifdef __ICARUS__
        online_div_parameter_N_must_be_4_to_64 guard ();
`else
        $error("Error: online_div parameter N must be 4 to 64 (instance %m)");
`endif
    end
endgenerate

// converted on the fly, dq and dqm = dq - 2^-F for the divisor (positive), qq and qqm = qq - 2^-QF for the quotient (with
// its sign), so that -dq = ~dqm and -qq = ~qqm
reg  [F-1:0] dq_reg, dqm_reg;
wire [F-1:0] dq_next, dqm_next; // with this digit
reg  [QF:0]  qq_reg, qqm_reg;
wire [QF:0]  qq, qqm;

// positions: digits 1..k-1 are kept, digit k goes in here, behind it dq has zeros and dqm has ones; of the quotient four less
reg  [F-1:0] kept_reg;
wire [F-1:0] kept, here, d_in;
wire [QF:0]  q_kept, q_in;

reg  [F+1:0]  w_reg;            // residual: sign, one integer bit, F fractional bits
wire [F+1:0]  w;                // residual before this digit
wire [QF:0]   a;                // -Q d_k
wire [QF+1:0] b;                // x_k - Q d_k: sign, one integer bit, QF fractional bits
wire [F+2:0]  v;                // sign, two integer bits, F fractional bits
wire [F+1:0]  s;                // -q D
wire signed [5:0] v_hat;        // v in eighths, rounded down
wire q_p, q_n;

reg [3:0] start_reg;            // one-hot: digit 2, 3, 4 or 5 is on the pins
reg z_first_reg, z_p_reg, z_n_reg;

assign z_first = z_first_reg;
assign z_p     = z_p_reg;
assign z_n     = z_n_reg;

// a new frame starts from Q = w = 0; of D nothing is kept
assign kept = first ? {F{1'b0}} : kept_reg;
assign qq   = first ? {QF+1{1'b0}} : qq_reg;
assign qqm  = first ? {QF+1{1'b1}} : qqm_reg;
assign w    = first ? {F+2{1'b0}} : w_reg;

// on-the-fly conversion
assign here   = ~kept & {1'b1, kept[F-1:1]};
assign d_in   = here & {F{d_p || d_n}};
assign q_kept = {1'b1, kept[F-5:1]};
assign q_in   = {1'b0, here[F-5:1]} & {QF+1{q_p || q_n}};

assign dq_next  = (kept & (d_n ? dqm_reg : dq_reg)) | d_in;
assign dqm_next = (kept & (d_p ? dq_reg : dqm_reg)) | ~(kept | d_in);

// recurrence; x_k is an integer and needs no carry through the fraction of Q d_k
assign a = d_p ? ~qqm : d_n ? qq : {QF+1{1'b0}};
assign b = {{2{a[QF]}} + {x_n, x_p || x_n}, a[QF-1:0]};
assign v = {w, 1'b0} + {{5{b[QF+1]}}, b, 1'b0};
assign s = q_p ? ~{2'b00, dqm_next} : q_n ? {2'b00, dq_next} : {F+2{1'b0}};

// selection: 1 from 1/4 up, -1 from -3/8 down, nothing while the first four digits come in
assign v_hat = v[F+2:F-3];
assign q_p   = !first && start_reg[2:0] == 3'd0 && v_hat >= 6'sd2;
assign q_n   = !first && start_reg[2:0] == 3'd0 && v_hat <= -6'sd3;

always @(posedge clk) begin
    if (ce) begin
        kept_reg <= kept | here;
        dq_reg   <= dq_next;
        dqm_reg  <= dqm_next;
        qq_reg   <= (q_kept & (q_n ? qqm : qq)) | q_in;
        qqm_reg  <= (q_kept & (q_p ? qq : qqm)) | ~(q_kept | q_in);

        // |w| < 2: the top bit of v is not needed any more
        w_reg   <= v[F+1:0] + s;
        z_p_reg <= q_p;
        z_n_reg <= q_n;

        start_reg   <= {start_reg[2:0], first};
        z_first_reg <= start_reg[3];
    end

    if (rst) begin
        kept_reg    <= {F{1'b0}};
        dq_reg      <= {F{1'b0}};
        dqm_reg     <= {F{1'b1}};
        qq_reg      <= {QF+1{1'b0}};
        qqm_reg     <= {QF+1{1'b1}};
        w_reg       <= {F+2{1'b0}};
        z_p_reg     <= 1'b0;
        z_n_reg     <= 1'b0;
        start_reg   <= 4'd0;
        z_first_reg <= 1'b0;
    end
end

endmodule

`resetall
