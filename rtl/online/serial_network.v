// SPDX-License-Identifier: Apache-2.0
// Bit-serial network of two layers, least significant digit first: the baseline of fgie_network, with its interface.
//
//   A = floor(2^D1 max(0, Y_1 X + B_1 / 2) 2^-G1) 2^-D1,   result: Y_2 A + B_2 / 2
//
// Formats:  s_axis_x: as in serial_layer, short and long frames too; its tuser has three fields of 6 bits, lowest first:
//           digits of X (1 to N), result bits D1 of layer 1 (1 to WB - 1 + N + G1, at most N2), result bits of layer 2
//           (1 or more, ignored: all come).
//           m_axis_y: a beat a frame, M2 words of A2 = WB + ceil(log2(M1 + 1)) + N2 bits: 2^(WB - 1 + N2) times the results.
//           s_axis_w: a frame has a beat a neuron, layer 1 first: {bias, weights} as in serial_layer, the lowest bits of
//           the beat for layer 2.
// Weights:  a frame uses the last s_axis_w frame that was taken whole before its first beat; from the first beat of s_axis_w
//           to its last no frame begins; new weights of a layer wait until the frames before have left its sums, and, of
//           layer 2, until layer 1 has sent all that it has. Short and long frames, and resets, as in serial_layer.
// Latency:  cycles from the acceptance of the first beat of s_axis_x to m_axis_y, unstalled: n + D1 + 2, n digits of X.
// Period:   cycles from frame to frame, unstalled: max(b, n, D1), with b beats of s_axis_x. Exactly: layer 1 as
//           serial_layer; layer 2 takes a bit in the cycle in which layer 1 gives it and never makes it wait.
// Source:   Judd et al., Stripes: Bit-Serial Deep Neural Network Computing, MICRO 2016 (serial activations).

`resetall
`timescale 1ns / 1ps
`default_nettype none

module serial_network #(
    parameter K  = 64,                               // inputs (2..1023, at least M1)
    parameter M1 = 32,                               // neurons of layer 1 (1..min(K, 1023))
    parameter M2 = 10,                               // neurons of layer 2 (1..1024)
    parameter G1 = 4,                                // growth of layer 1 (0..10)
    parameter WB = 8,                                // bits of a weight (2..32)
    parameter N  = 5,                                // most digits of an input (2..62)
    parameter N2 = 12,                               // most result bits of layer 1 (2..62)
    // derived, do not change
    parameter A2 = WB + $clog2(M1 + 1) + N2          // bits of a result
) (
    input  wire                clk,                  // clock
    input  wire                rst,                  // synchronous reset
    input  wire [(K+1)*WB-1:0] s_axis_w_tdata,       // weights and bias of a neuron
    input  wire                s_axis_w_tvalid,
    output wire                s_axis_w_tready,
    input  wire                s_axis_w_tlast,
    input  wire [2*K-1:0]      s_axis_x_tdata,       // digits of one significance
    input  wire [17:0]         s_axis_x_tuser,       // precision
    input  wire                s_axis_x_tvalid,
    output wire                s_axis_x_tready,
    input  wire                s_axis_x_tlast,
    output wire [M2*A2-1:0]    m_axis_y_tdata,       // results
    output wire                m_axis_y_tvalid,
    input  wire                m_axis_y_tready,
    output wire                m_axis_y_tlast
);

// illegal parameters stop elaboration; Icarus 11 has no elaboration $error, so there a missing module says it
generate
    if (M1 < 1 || M1 > K) begin : guard_m1
`ifdef __ICARUS__
        serial_network_parameter_M1_must_be_1_to_K guard ();
`else
        $error("Error: serial_network parameter M1 must be 1 to K (instance %m)");
`endif
    end
    if (M2 < 1 || M2 > 1024) begin : guard_m2
`ifdef __ICARUS__
        serial_network_parameter_M2_must_be_1_to_1024 guard ();
`else
        $error("Error: serial_network parameter M2 must be 1 to 1024 (instance %m)");
`endif
    end
endgenerate

// weights: the first M1 beats go to layer 1, the others to layer 2
localparam CB = $clog2(M1 + 1);
reg  [CB-1:0] neuron_reg;                        // neuron of layer 1 whose weights come next, M1 behind the last one
wire          second, ready_1, ready_2, load, x_valid, x_ready;

wire [2*M1-1:0] z;
wire [11:0]     z_user;
wire [5:0]      unused_user;
wire            z_valid, z_ready, z_last;

localparam [CB-1:0] FIRST = M1;
localparam [CB-1:0] BEFORE = M1 - 1;

assign second = neuron_reg == FIRST;

// layer 1 waits for its frames by itself; what it still sends has to go with the old weights through layer 2
setup_gate gate (
    .clk(clk),
    .rst(rst),
    .occupied(second && z_valid),
    .s_setup_tvalid(s_axis_w_tvalid),
    .s_setup_tready(s_axis_w_tready),
    .s_setup_tlast(s_axis_w_tlast),
    .m_setup_tvalid(load),
    .m_setup_tready(second ? ready_2 : ready_1),
    .s_frame_tvalid(s_axis_x_tvalid),
    .s_frame_tready(s_axis_x_tready),
    .s_frame_tlast(s_axis_x_tlast),
    .m_frame_tvalid(x_valid),
    .m_frame_tready(x_ready)
);

always @(posedge clk) begin
    if (s_axis_w_tvalid && s_axis_w_tready) begin
        neuron_reg <= s_axis_w_tlast ? {CB{1'b0}} : neuron_reg + {{CB-1{1'b0}}, !second};
    end

    if (rst) begin
        neuron_reg <= {CB{1'b0}};
    end
end

serial_layer #(
    .K(K),
    .M(M1),
    .WB(WB),
    .N(N),
    .GROWTH(G1),
    .FINAL(0),
    .UW(18)
) hidden (
    .clk(clk),
    .rst(rst),
    .s_axis_w_tdata(s_axis_w_tdata),
    .s_axis_w_tvalid(load && !second),
    .s_axis_w_tready(ready_1),
    .s_axis_w_tlast(neuron_reg == BEFORE || s_axis_w_tlast),
    .s_axis_x_tdata(s_axis_x_tdata),
    .s_axis_x_tuser(s_axis_x_tuser),
    .s_axis_x_tvalid(x_valid),
    .s_axis_x_tready(x_ready),
    .s_axis_x_tlast(s_axis_x_tlast),
    .m_axis_z_tdata(z),
    .m_axis_z_tuser(z_user),
    .m_axis_z_tvalid(z_valid),
    .m_axis_z_tready(z_ready),
    .m_axis_z_tlast(z_last)
);

serial_layer #(
    .K(M1),
    .M(M2),
    .WB(WB),
    .N(N2),
    .GROWTH(0),
    .FINAL(1),
    .UW(12)
) answer (
    .clk(clk),
    .rst(rst),
    .s_axis_w_tdata(s_axis_w_tdata[(M1+1)*WB-1:0]),
    .s_axis_w_tvalid(load && second),
    .s_axis_w_tready(ready_2),
    .s_axis_w_tlast(s_axis_w_tlast),
    .s_axis_x_tdata(z),
    .s_axis_x_tuser(z_user),
    .s_axis_x_tvalid(z_valid),
    .s_axis_x_tready(z_ready),
    .s_axis_x_tlast(z_last),
    .m_axis_z_tdata(m_axis_y_tdata),
    .m_axis_z_tuser(unused_user),
    .m_axis_z_tvalid(m_axis_y_tvalid),
    .m_axis_z_tready(m_axis_y_tready),
    .m_axis_z_tlast(m_axis_y_tlast)
);

endmodule

`resetall
