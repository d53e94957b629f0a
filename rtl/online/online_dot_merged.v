// SPDX-License-Identifier: Apache-2.0
// Online inner product with one residual: K signed-digit streams times K weights that lie in place, and a bias.
//
//   Z = sum_s X_s Y_s + B,   v = 2w + (sum_s x_s Y_s + b) 2^-(GROWTH+DELTA),   w = v - p    (first DELTA digits: w = v)
//
// Formats:  x_s and b are frames of any n digits of weights 2^-1..2^-n; y_s is two's complement, Y = y / 2^(WB-1),
//           weight s at y[s*WB +: WB], held from digit 1 to digit n; the first digit of z has weight 2^(GROWTH-1):
//           |Z - sum| <= 2^-m after m + GROWTH digits, equal from m = n + WB - 1 on, then zeros. Unless GROWTH is less
//           than its default, weights and length are those of online_dot with K + BIAS operands. A digit is -1, 0 or 1
//           on two rails, x = x_p - x_n; the code (1,1) is never sent and never produced.
// Bounds:   sum_s |x_s Y_s| + |b| <= 2^GROWTH at every digit: with the default for all weights, with less for those
//           with sum_s |Y_s| + BIAS <= 2^GROWTH. Then |w| <= 1/2, |v| <= 3/2 with DELTA = 1; |w| <= 3/4, |v| <= 7/4
//           with DELTA = 2, in carry-save too, where the estimate lies above v - 1/2.
// Latency:  z_first is high DELTA + 1 + floor(levels / PIPE) enabled cycles after first; levels: ceil(log2(K + BIAS))
//           of adders on the carry chain, or of 3:2 compressors from K + BIAS words to two (16: 4 or 6, 64: 6 or 10).
// Period:   a frame every m + GROWTH + DELTA enabled cycles or more, n at least (exact: m = n + WB - 1): n digits, then
//           zero digits.
// Residual: on the carry chain, the default, or with the whole sum in carry-save. K = 64, BIAS = 0, PIPE = 2, measured
//           by Yosys: xc7 899 LUTs, 200 CARRY4, 265 flops against 1489, 1, 702; without carry chains 1391 LUT6, the
//           longest path 7, against 1489 and 4. PIPE = 2 has the longest path of PIPE = 1, 7, and 447 flops less.
// Source:   Ercegovac and Lang, Digital Arithmetic, 2004, ch. 9 (digit recurrence); a sum of products for one.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module online_dot_merged #(
    parameter K          = 16,                      // operand pairs (1..1024)
    parameter WB         = 8,                       // bits of a weight (2..32)
    parameter BIAS       = 1,                       // 1: b counts as an operand; 0: b is ignored (0..1)
    parameter GROWTH     = $clog2(K + BIAS),        // digits of z in front of the point (0..ceil(log2(K + BIAS)))
    parameter PIPE       = 2,                       // levels of adders from register to register, 0: no register (0 or more)
    parameter CARRY_SAVE = 0,                       // sum and residual: 0 on the carry chain, 1 in carry-save (0..1)
    parameter DELTA      = CARRY_SAVE == 0 ? 1 : 2  // digits before the first result (2; 1 or 2 on the carry chain)
) (
    input  wire            clk,                     // clock
    input  wire            rst,                     // synchronous reset
    input  wire            ce,                      // clock enable: everything holds when low
    input  wire            first,                   // first digits of all x and of b are on the pins
    input  wire [K-1:0]    x_p,                     // operands x, one digit each
    input  wire [K-1:0]    x_n,
    input  wire [K*WB-1:0] y,                       // weights
    input  wire            b_p,                     // bias
    input  wire            b_n,
    output wire            z_first,                 // first digit of z is on the pins
    output wire            z_p,                     // inner product
    output wire            z_n
);

// words of the sum after that many levels: adders make one of two, 3:2 compressors two of three
function integer words;
    input integer level;
    integer i;
    begin
        words = K + BIAS;
        for (i = 0; i < level; i = i + 1) begin
            words = CARRY_SAVE == 0 ? (words + 1) / 2 : words - words / 3;
        end
    end
endfunction

// levels down to one word, or two in carry-save
function integer levels;
    input integer count;
    begin
        levels = 0;
        while (words(levels) > count) begin
            levels = levels + 1;
        end
    end
endfunction

// derived, do not change
localparam T      = K + BIAS;                       // terms of the sum
localparam F      = WB - 1 + GROWTH + DELTA;        // fractional bits of the residual
localparam WIDE   = F + 2;                          // bits of v, and as many as a word ever has
localparam LEVELS = levels(1 + CARRY_SAVE);         // of adders
localparam EVERY  = PIPE == 0 ? LEVELS + 1 : PIPE;
localparam STAGES = LEVELS / EVERY;                 // registers on the way of the sum

// illegal parameters stop elaboration; Icarus 11 has no elaboration $error, so there a missing module says it
generate
    if (K < 1 || K > 1024) begin : guard_k
`ifdef __ICARUS__
        online_dot_merged_parameter_K_must_be_1_to_1024 guard ();
`else
        $error("Error: online_dot_merged parameter K must be 1 to 1024 (instance %m)");
`endif
    end
    if (WB < 2 || WB > 32) begin : guard_wb
`ifdef __ICARUS__
        online_dot_merged_parameter_WB_must_be_2_to_32 guard ();
`else
        $error("Error: online_dot_merged parameter WB must be 2 to 32 (instance %m)");
`endif
    end
    if (BIAS != 0 && BIAS != 1) begin : guard_bias
`ifdef __ICARUS__
        online_dot_merged_parameter_BIAS_must_be_0_or_1 guard ();
`else
        $error("Error: online_dot_merged parameter BIAS must be 0 or 1 (instance %m)");
`endif
    end
    if (GROWTH < 0 || GROWTH > $clog2(T)) begin : guard_growth
`ifdef __ICARUS__
        online_dot_merged_parameter_GROWTH_must_be_0_to_ceil_log2_of_K_plus_BIAS guard ();
`else
        $error("Error: online_dot_merged parameter GROWTH must be 0 to ceil(log2(K + BIAS)) (instance %m)");
`endif
    end
    if (PIPE < 0) begin : guard_pipe
`ifdef __ICARUS__
        online_dot_merged_parameter_PIPE_must_be_0_or_more guard ();
`else
        $error("Error: online_dot_merged parameter PIPE must be 0 or more (instance %m)");
`endif
    end
    if (CARRY_SAVE != 0 && CARRY_SAVE != 1) begin : guard_carry_save
`ifdef __ICARUS__
        online_dot_merged_parameter_CARRY_SAVE_must_be_0_or_1 guard ();
`else
        $error("Error: online_dot_merged parameter CARRY_SAVE must be 0 or 1 (instance %m)");
`endif
    end
    if (DELTA != 2 && (DELTA != 1 || CARRY_SAVE != 0)) begin : guard_delta
`ifdef __ICARUS__
        online_dot_merged_parameter_DELTA_must_be_2_or_without_CARRY_SAVE_1 guard ();
`else
        $error("Error: online_dot_merged parameter DELTA must be 2, or without CARRY_SAVE 1 (instance %m)");
`endif
    end
endgenerate

// the bias is a product too: of its negated digits and the weight -1
wire [T-1:0]    t_p, t_n;
wire [T*WB-1:0] t_y;

generate
    if (BIAS == 1) begin : bias
        assign t_p = {b_n, x_p};
        assign t_n = {b_p, x_n};
        assign t_y = {1'b1, {WB-1{1'b0}}, y};
    end else begin : no_bias
        wire unused_b = b_p || b_n;

        assign t_p = x_p;
        assign t_n = x_n;
        assign t_y = y;
    end
endgenerate

reg  [F:0] w_reg;                   // residual: sign and F fractional bits; in carry-save the sum word
wire [F:0] w;                       // residual before this digit
wire signed [3:0] v_hat;            // estimate of v in quarters
wire [F-1:0] v_low;                 // bits of v below weight 1
wire p_p, p_n;

reg  [STAGES+DELTA-1:0] start_reg;  // one-hot: that many digits have passed since the first one
wire [STAGES+DELTA:0]   start;
reg z_first_reg, z_p_reg, z_n_reg;

assign z_first = z_first_reg;
assign z_p     = z_p_reg;
assign z_n     = z_n_reg;

// a new frame starts from w = 0
assign start = {start_reg, first};
assign w     = start[STAGES] ? {F+1{1'b0}} : w_reg;

// level 0 holds the terms, one ulp less where x = -1; that ulp waits beside its word for an adder with a free carry.
// Words grow a bit a level as far as v is wide, where they may wrap around; in carry-save they are all that wide.
genvar l, k;

generate
    for (l = 0; l <= LEVELS; l = l + 1) begin : level
        localparam COUNT = words(l);
        localparam W     = CARRY_SAVE == 0 && WB + l < WIDE ? WB + l : WIDE;
        localparam FROM  = CARRY_SAVE == 0 ? 2 : 3;                 // words that become
        localparam TO    = FROM - 1;                                // so many
        localparam LAST  = l == 0 ? 0 : words(l - 1);               // words of the level before
        localparam V     = CARRY_SAVE == 0 && WB + l <= WIDE ? W - 1 : W;   // their width
        wire [COUNT*W-1:0] word, word_next;
        wire [COUNT-1:0]   ulp, ulp_next;

        if (l == 0) begin : terms
            for (k = 0; k < COUNT; k = k + 1) begin : node
                wire [W-1:0] wide = {{W-WB+1{t_y[(k+1)*WB-1]}}, t_y[k*WB +: WB-1]};

                assign word_next[k*W +: W] = t_n[k] ? ~wide : t_p[k] ? wide : {W{1'b0}};
                assign ulp_next[k]         = t_n[k];
            end
        end else begin : sums
            for (k = 0; k < LAST / FROM; k = k + 1) begin : node
                if (CARRY_SAVE == 0) begin : adder
                    wire [V-1:0] p, q;
                    wire [W-1:0] p_wide = {{W-V+1{p[V-1]}}, p[V-2:0]};
                    wire [W-1:0] q_wide = {{W-V+1{q[V-1]}}, q[V-2:0]};
                    wire unused_low;                                // where 1 + ulp makes the carry

                    assign {q, p} = level[l-1].word[2*k*V +: 2*V];
                    assign {word_next[k*W +: W], unused_low} = {p_wide, 1'b1} + {q_wide, level[l-1].ulp[2*k]};
                end else begin : compressor
                    wire [W-1:0] p, q, r, majority;
                    wire unused_carry = majority[W-1];

                    assign {r, q, p} = level[l-1].word[3*k*W +: 3*W];
                    assign majority  = (p & q) | (p & r) | (q & r);
                    assign word_next[2*k*W +: 2*W] = {majority[W-2:0], level[l-1].ulp[3*k], p ^ q ^ r};
                end
                assign ulp_next[TO*k +: TO] = level[l-1].ulp[FROM*k+1 +: TO];
            end
            for (k = 0; k < LAST % FROM; k = k + 1) begin : rest
                wire [V-1:0] narrow = level[l-1].word[(LAST-1-k)*V +: V];

                assign word_next[(COUNT-1-k)*W +: W] = {{W-V+1{narrow[V-1]}}, narrow[V-2:0]};
                assign ulp_next[COUNT-1-k]           = level[l-1].ulp[LAST-1-k];
            end
        end

        if (l != 0 && l % EVERY == 0) begin : stage
            reg [COUNT*W-1:0] word_reg;
            reg [COUNT-1:0]   ulp_reg;

            assign word = word_reg;
            assign ulp  = ulp_reg;

            always @(posedge clk) begin
                if (ce) begin
                    word_reg <= word_next;
                    ulp_reg  <= ulp_next;
                end

                if (rst) begin
                    word_reg <= {COUNT*W{1'b0}};
                    ulp_reg  <= {COUNT{1'b0}};
                end
            end
        end else begin : through
            assign word = word_next;
            assign ulp  = ulp_next;
        end
    end

    // recurrence; the ulps go where a word has its zero
    if (CARRY_SAVE == 1) begin : carry_save
        localparam W = WIDE;
        reg  [F-3:0] c_reg;         // carry word, below the estimate
        wire [W-1:0] ws, wc, a, b, s1, c1, s, c;
        wire a_ulp, b_ulp;

        if (T == 1) begin : one_word
            assign {b, a}         = {{W{1'b0}}, level[LEVELS].word};
            assign {b_ulp, a_ulp} = {1'b0, level[LEVELS].ulp};
        end else begin : two_words
            assign {b, a}         = level[LEVELS].word;
            assign {b_ulp, a_ulp} = level[LEVELS].ulp;
        end

        assign ws = {w, 1'b0};
        assign wc = start[STAGES] ? {W{1'b0}} : {3'd0, c_reg, 1'b0};
        assign s1 = ws ^ wc ^ a;
        assign c1 = {(ws[F:0] & wc[F:0]) | (ws[F:0] & a[F:0]) | (wc[F:0] & a[F:0]), a_ulp};
        assign s  = s1 ^ c1 ^ b;
        assign c  = {(s1[F:0] & c1[F:0]) | (s1[F:0] & b[F:0]) | (c1[F:0] & b[F:0]), b_ulp};

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
        localparam W = WB + LEVELS < WIDE ? WB + LEVELS : WIDE;
        wire [W-1:0] sum = level[LEVELS].word;
        wire [F+1:0] v;             // sign, one integer bit, F fractional bits

        assign v     = {w, level[LEVELS].ulp} + {{WIDE-W+1{sum[W-1]}}, sum[W-2:0]};
        assign v_hat = v[F+1:F-2];
        assign v_low = v[F-1:0];
    end
endgenerate

// selection: 1 from 1/2 up, -1 from -3/4 down, nothing while the first digits come in
assign p_p = start[STAGES +: DELTA] == {DELTA{1'b0}} && v_hat >= 4'sd2;
assign p_n = start[STAGES +: DELTA] == {DELTA{1'b0}} && v_hat <= -4'sd3;

always @(posedge clk) begin
    if (ce) begin
        // -1 <= w < 1: to take away +1 or -1 is to flip the bit of weight 1, which becomes the sign
        w_reg   <= {v_hat[2] ^ (p_p || p_n), v_low};
        z_p_reg <= p_p;
        z_n_reg <= p_n;

        start_reg   <= start[STAGES+DELTA-1:0];
        z_first_reg <= start[STAGES+DELTA];
    end

    if (rst) begin
        w_reg       <= {F+1{1'b0}};
        z_p_reg     <= 1'b0;
        z_n_reg     <= 1'b0;
        start_reg   <= {STAGES+DELTA{1'b0}};
        z_first_reg <= 1'b0;
    end
end

endmodule

`resetall
