// SPDX-License-Identifier: Apache-2.0
// Online square root of a signed-digit stream, most significant digit first.
//
//   S = sqrt(X),   v = 2w + x_k 2^-4,   w = v - s_j (2 S_{j-1} + s_j 2^-j),   j = k - 4     (k = 1..4: no digit, w = v)
//   S_j: the root as far as digit j
//
// Formats:  x is a frame of any n <= N digits of weights 2^-1..2^-n; 1/4 <= X < 1 is the caller's duty; z is s_1, s_2, ...,
//           s_N of weights 2^-1, 2^-2, ..., then zeros: |sqrt(X) - S| < 7/8 ulp from n digits on, < 1 ulp before. A digit
//           is -1, 0 or 1 on two rails, x = x_p - x_n; the code (1,1) is never sent and never produced.
// Latency:  online delay 4: z_first is high 5 enabled cycles after first.
// Period:   a frame every m + 4 enabled cycles or more, for n - 4 <= m <= N root digits; zero digits fill it.
// Source:   Ercegovac and Lang, Digital Arithmetic, 2004, ch. 9; residual in two's complement, full precision, estimate of
//           3 fractional bits.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module online_sqrt #(
    parameter N = 16        // most digits of operand and root (4..64)
) (
    input  wire clk,        // clock
    input  wire rst,        // synchronous reset
    input  wire ce,         // clock enable: everything holds when low
    input  wire first,      // x_1 is on the pins
    input  wire x_p,        // operand x
    input  wire x_n,
    output wire z_first,    // s_1 is on the pins
    output wire z_p,        // root
    output wire z_n
);

// illegal parameters stop elaboration; Icarus 11 has no elaboration $error, so there a missing module says it
generate
    if (N < 4 || N > 64) begin : guard_n
`ifdef __ICARUS__
        online_sqrt_parameter_N_must_be_4_to_64 guard ();
`else
        $error("Error: online_sqrt parameter N must be 4 to 64 (instance %m)");
`endif
    end
endgenerate

// root in N fractional bits, converted on the fly: sq, and sqm = sq - 2^-N, so that -sq = ~sqm
reg  [N-1:0] sq_reg, sqm_reg;

// positions: digits 1..j-1 are kept, digit j goes in here, behind it sq has zeros and sqm has ones
reg  [N-1:0] kept_reg;
wire [N-1:0] here, s_in;

reg  [N+1:0] w_reg;             // residual: sign, one integer bit, N fractional bits
wire [N+1:0] w;                 // residual before this digit
wire [N+2:0] v;                 // sign, two integer bits, N fractional bits
wire [N:0]   plus, minus;       // 2S + 2^-j less 2^-N, and 2S - 2^-j
wire [N+1:0] a;                 // -s_j (2S + s_j 2^-j)
wire signed [5:0] v_hat;        // v in eighths, rounded down
wire s_p, s_n;

reg [3:0] start_reg;            // one-hot: digit 2, 3, 4 or 5 is on the pins
wire      start;                // the first four digits come in
reg z_first_reg, z_p_reg, z_n_reg;

assign z_first = z_first_reg;
assign z_p     = z_p_reg;
assign z_n     = z_n_reg;

// a new frame starts from w = 0, and, as nothing of S is kept meanwhile, from S = 0 when its first digit is due
assign start = first || start_reg[2:0] != 3'd0;
assign w     = first ? {N+2{1'b0}} : w_reg;
assign here  = ~kept_reg & {1'b1, kept_reg[N-1:1]};

// recurrence: 2^-j lands right behind the last digit of 2S
assign v     = {w, 1'b0} + {{6{x_n}}, x_p || x_n, {N-4{1'b0}}};
assign plus  = {sq_reg, 1'b0} | {1'b0, ~kept_reg & ~here};
assign minus = {sqm_reg & kept_reg, 1'b0} | {here, 1'b0} | {1'b0, here};
assign a     = s_p ? ~{1'b0, plus} : s_n ? {1'b0, minus} : {N+2{1'b0}};

// selection: 1 from 1/4 up, -1 from -3/8 down, nothing outside of the root's digits
assign v_hat = v[N+2:N-3];
assign s_p   = !start && !kept_reg[0] && v_hat >= 6'sd2;
assign s_n   = !start && !kept_reg[0] && v_hat <= -6'sd3;

// on-the-fly conversion
assign s_in = here & {N{s_p || s_n}};

always @(posedge clk) begin
    if (ce) begin
        kept_reg <= start ? {N{1'b0}} : kept_reg | here;
        sq_reg   <= (kept_reg & (s_n ? sqm_reg : sq_reg)) | s_in;
        sqm_reg  <= (kept_reg & (s_p ? sq_reg : sqm_reg)) | ~(kept_reg | s_in);

        // |w| < 2: the top bit of v is not needed any more
        w_reg   <= v[N+1:0] + a;
        z_p_reg <= s_p;
        z_n_reg <= s_n;

        start_reg   <= {start_reg[2:0], first};
        z_first_reg <= start_reg[3];
    end

    if (rst) begin
        kept_reg    <= {N{1'b0}};
        sq_reg      <= {N{1'b0}};
        sqm_reg     <= {N{1'b1}};
        w_reg       <= {N+2{1'b0}};
        z_p_reg     <= 1'b0;
        z_n_reg     <= 1'b0;
        start_reg   <= 4'd0;
        z_first_reg <= 1'b0;
    end
end

endmodule

`resetall
