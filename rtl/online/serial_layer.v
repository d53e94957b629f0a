// SPDX-License-Identifier: Apache-2.0
// Bit-serial layer, least significant digit first (the baseline of fgie_layer): M neurons on one stream of activations.
//
//   Z_m = sum_k X_k Y_mk + B_m / 2,   result: floor(2^(D - GROWTH) max(0, Z_m)), or with FINAL all of Z_m
//
// Formats:  s_axis_x: a frame has N beats, beat i the digits i of all operands, {x_n, x_p}, least significant first, as in
//           serial_dot. Its tuser, constant over the frame, holds fields of 6 bits: the lowest says how many digits n there
//           are (1 to N; what follows is ignored up to tlast, missing ones are zeros), the next how many result bits D are
//           wanted (1 to WB - 1 + N + GROWTH), the others are for layers behind; other counts are the caller's fault. A
//           frame is what ends with tlast, and gives one frame of results.
//           m_axis_z: a beat a result bit, least significant first, {0, z}, so that layers chain; or, with FINAL, one beat
//           of M words, 2^(WB - 1 + N) Z_m in two's complement, exact.
//           s_axis_w: as in fgie_layer, beat m is {bias, weights} of neuron m; Y = y / 2^(WB-1), B likewise.
// Weights:  a frame uses the last s_axis_w frame that was taken whole before its first beat; from the first beat of s_axis_w
//           to its last no frame begins; new weights wait until the sums of the frames before are in the output register.
//           Neurons that a short s_axis_w frame does not reach keep their weights, beats behind the last neuron are
//           ignored. Weights survive a reset, but not one in the middle of s_axis_w: the next beat is that of neuron 0.
// Latency:  cycles from the acceptance of the first beat of s_axis_x to the first beat of m_axis_z, unstalled: n + 1, as
//           signs are known at the end; the others follow in a row.
// Period:   cycles from frame to frame, unstalled: max(b, n, D), with b beats of s_axis_x; with FINAL max(b, n). Exactly:
//           frame i is taken from t_i on without a gap and gives results from T_i + 1 on, D_i in a row (FINAL: 1),
//           T_i = max(t_i + n_i, T_(i-1) + D_(i-1)), t_(i+1) = max(t_i + max(b_i, n_i), T_i).
// Source:   Judd et al., Stripes: Bit-Serial Deep Neural Network Computing, MICRO 2016 (serial activations).

`resetall
`timescale 1ns / 1ps
`default_nettype none

module serial_layer #(
    parameter K      = 16,                               // operands (1..1023)
    parameter M      = 4,                                // neurons (1..1024)
    parameter WB     = 8,                                // bits of a weight and of the bias (2..32)
    parameter N      = 8,                                // beats of a frame, most digits of an operand (2..62)
    parameter GROWTH = 4,                                // result bits in front of the point (0..10)
    parameter FINAL  = 0,                                // 1: whole words, no ReLU (0..1)
    parameter UW     = 12,                               // bits of s_axis_x_tuser (12 or more)
    // derived, do not change
    parameter A      = WB + $clog2(K + 1) + N,           // bits of a sum
    parameter ZW     = FINAL != 0 ? M * A : 2 * M
) (
    input  wire                clk,                      // clock
    input  wire                rst,                      // synchronous reset
    input  wire [(K+1)*WB-1:0] s_axis_w_tdata,           // weights and bias of a neuron
    input  wire                s_axis_w_tvalid,
    output wire                s_axis_w_tready,
    input  wire                s_axis_w_tlast,
    input  wire [2*K-1:0]      s_axis_x_tdata,           // operand digits of one significance
    input  wire [UW-1:0]       s_axis_x_tuser,           // precision
    input  wire                s_axis_x_tvalid,
    output wire                s_axis_x_tready,
    input  wire                s_axis_x_tlast,
    output wire [ZW-1:0]       m_axis_z_tdata,           // result bits of one significance, or words
    output wire [UW-7:0]       m_axis_z_tuser,           // precision of the layers behind
    output wire                m_axis_z_tvalid,
    input  wire                m_axis_z_tready,
    output wire                m_axis_z_tlast
);

// derived, do not change
localparam TOP = WB - 1 + N + GROWTH;                    // bit of a sum that weighs 2^GROWTH
localparam IB  = $clog2(TOP + 1);
localparam MB  = $clog2(M + 1);

// illegal parameters stop elaboration; Icarus 11 has no elaboration $error, so there a missing module says it
generate
    if (M < 1 || M > 1024) begin : guard_m
`ifdef __ICARUS__
        serial_layer_parameter_M_must_be_1_to_1024 guard ();
`else
        $error("Error: serial_layer parameter M must be 1 to 1024 (instance %m)");
`endif
    end
    if (GROWTH < 0 || GROWTH > 10) begin : guard_growth
`ifdef __ICARUS__
        serial_layer_parameter_GROWTH_must_be_0_to_10 guard ();
`else
        $error("Error: serial_layer parameter GROWTH must be 0 to 10 (instance %m)");
`endif
    end
    if (K < 1) begin : guard_k
`ifdef __ICARUS__
        serial_layer_parameter_K_must_be_1_or_more guard ();
`else
        $error("Error: serial_layer parameter K must be 1 or more (instance %m)");
`endif
    end
    if (FINAL != 0 && FINAL != 1) begin : guard_final
`ifdef __ICARUS__
        serial_layer_parameter_FINAL_must_be_0_or_1 guard ();
`else
        $error("Error: serial_layer parameter FINAL must be 0 or 1 (instance %m)");
`endif
    end
    if (UW < 12) begin : guard_uw
`ifdef __ICARUS__
        serial_layer_parameter_UW_must_be_12_or_more guard ();
`else
        $error("Error: serial_layer parameter UW must be 12 or more (instance %m)");
`endif
    end
endgenerate

generate
    if (TOP > 63) begin : guard_top
`ifdef __ICARUS__
        serial_layer_parameters_WB_minus_1_plus_N_plus_GROWTH_must_be_63_or_less guard ();
`else
        $error("Error: serial_layer parameters WB - 1 + N + GROWTH must be 63 or less (instance %m)");
`endif
    end
endgenerate

// input side
reg  [5:0]    count_reg;                                 // digits of this frame that are in
reg  [5:0]    digits_reg;                                // digits of this frame
reg  [UW-7:0] user_reg;
reg           begun_reg;                                 // digits of this frame are in, and more are to come
reg           pending_reg;                               // sums are complete and have not gone to the output side
reg  [MB-1:0] neuron_reg;                                // neuron whose weights come next, M behind the last one
wire          x_valid, x_ready, d_valid, d_ready, fill;  // frames, then what counts of them
wire          first, counts, final_digit, load;
wire [5:0]    digits, count;
wire [K-1:0]  x_p, x_n;

// output side
reg           hold_reg;                                  // results are going out
reg  [UW-7:0] hold_user_reg;
reg  [IB-1:0] index_reg;                                 // bit that is on m_axis_z
wire          taken, leaves, transfer;

assign first       = !begun_reg;
assign digits      = first ? s_axis_x_tuser[5:0] : digits_reg;
assign count       = first ? 6'd1 : count_reg + 6'd1;
assign d_ready     = !pending_reg || transfer;
assign counts      = d_valid && d_ready;
assign final_digit = counts && count == digits;
assign x_p         = s_axis_x_tdata[K-1:0] & {K{!fill}};
assign x_n         = s_axis_x_tdata[2*K-1:K] & {K{!fill}};

assign taken    = m_axis_z_tvalid && m_axis_z_tready;
assign leaves   = taken && m_axis_z_tlast;
assign transfer = pending_reg && (!hold_reg || leaves);

assign m_axis_z_tvalid = hold_reg;
assign m_axis_z_tuser  = hold_user_reg;
assign m_axis_z_tlast  = FINAL != 0 || index_reg == TOP[IB-1:0] - {{IB-1{1'b0}}, 1'b1};

setup_gate gate (
    .clk(clk),
    .rst(rst),
    .occupied(pending_reg || fill),
    .s_setup_tvalid(s_axis_w_tvalid),
    .s_setup_tready(s_axis_w_tready),
    .s_setup_tlast(s_axis_w_tlast),
    .m_setup_tvalid(load),
    .m_setup_tready(1'b1),
    .s_frame_tvalid(s_axis_x_tvalid),
    .s_frame_tready(s_axis_x_tready),
    .s_frame_tlast(s_axis_x_tlast),
    .m_frame_tvalid(x_valid),
    .m_frame_tready(x_ready)
);

// a frame that ends early goes on with zeros
frame_gate whole (
    .clk(clk),
    .rst(rst),
    .s_tvalid(x_valid),
    .s_tready(x_ready),
    .s_tlast(s_axis_x_tlast),
    .m_tvalid(d_valid),
    .m_tready(d_ready),
    .m_final(count == digits),
    .fill(fill)
);

always @(posedge clk) begin
    if (counts) begin
        begun_reg <= !final_digit;
        count_reg <= count;
        if (first) begin
            digits_reg <= s_axis_x_tuser[5:0];
            user_reg   <= s_axis_x_tuser[UW-1:6];
        end
    end
    pending_reg <= final_digit || (pending_reg && !transfer);

    if (transfer) begin
        hold_user_reg <= user_reg;
        index_reg     <= TOP[IB-1:0] - user_reg[IB-1:0];
    end else if (taken) begin
        index_reg <= index_reg + {{IB-1{1'b0}}, 1'b1};
    end
    hold_reg <= transfer || (hold_reg && !leaves);

    if (load) begin
        neuron_reg <= s_axis_w_tlast ? {MB{1'b0}} : neuron_reg + {{MB-1{1'b0}}, neuron_reg != M[MB-1:0]};
    end

    if (rst) begin
        begun_reg   <= 1'b0;
        pending_reg <= 1'b0;
        hold_reg    <= 1'b0;
        neuron_reg  <= {MB{1'b0}};
    end
end

// neurons: all see the same digits; the bias is one more operand, 1/2, whose only digit is the last
genvar m;

generate
    for (m = 0; m < M; m = m + 1) begin : neuron
        localparam [MB-1:0] NUMBER = m;
        reg  [(K+1)*WB-1:0] weights_reg;
        reg  [A-1:0]        hold_sum_reg;
        wire [A-1:0]        sum;
        wire                unused_valid;

        always @(posedge clk) begin
            if (load && neuron_reg == NUMBER) begin
                weights_reg <= s_axis_w_tdata;
            end
            if (transfer) begin
                hold_sum_reg <= sum;
            end
        end

        serial_dot #(
            .K(K + 1),
            .WB(WB),
            .N(N)
        ) dot (
            .clk(clk),
            .rst(rst),
            .ce(counts),
            .first(first),
            .x_p({count == digits, x_p}),
            .x_n({1'b0, x_n}),
            .y(weights_reg),
            .digits(digits),
            .z_valid(unused_valid),
            .z(sum)
        );

        if (FINAL != 0) begin : word
            assign m_axis_z_tdata[m*A +: A] = hold_sum_reg;
        end else begin : serial
            // a sum that counts is not negative: above its highest bit there are zeros
            wire [A+TOP-1:0] padded = {{TOP{1'b0}}, hold_sum_reg};
            wire unused_padded = &padded;
            assign m_axis_z_tdata[m]   = !hold_sum_reg[A-1] && padded[{1'b0, index_reg}];
            assign m_axis_z_tdata[M+m] = 1'b0;
        end
    end
endgenerate

endmodule

`resetall
