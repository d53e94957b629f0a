// SPDX-License-Identifier: Apache-2.0
// Bitlet processing element: the dot product of weights and activations, N pairs a beat, in float32 or in fixed point.
//
//   float32:  z = sum over groups of sum_i (-1)^(sW xor sA) (MW_i >> (Emax - E_i)) MA_i 2^(Emax - 300), the sum exact, then truncated
//   fixed:    z = sum over groups of sum_i W_i A_i, exact, then saturated or wrapped
//
// Formats:  s_axis_w, s_axis_a: a beat is a group of N words of 32 bits, a frame a dot product of any number of groups (2^21
//           pairs at most), both streams alike. tuser of s_axis_a, the same in all beats of a frame, = {keep, width}, 5 bits each: width 0
//           is float32, 1 to 24 fixed point; keep says how many significances from the top one down take part (0 all).
//           A fixed-point word is {sign, 7 zeros, magnitude of 24 bits}; of a weight's only the low `width` bits count.
//           m_axis_z: a beat is a result, {cycles, z}: z has 64 bits, float32 in the low 32 or an integer of OUT bits with its
//           sign above; cycles, 32 bits, are those that the groups of the frame spent in the lanes.
//           A frame ends with tlast of s_axis_a; that of s_axis_w is not looked at: a beat of each is taken in the same cycle,
//           so that a beat too many or too few on one stream alone shifts all that follow, until a reset of core and sources.
// Latency:  from the last beat to the result the cycles of the last group + 8, when nothing stands in front of it.
// Period:   max(1, ones of the fullest significance) cycles a group; no gap between groups or frames.
// Source:   Lu et al., Distilling Bit-level Sparsity Parallelism, MICRO 2021.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module bitlet_pe #(
    parameter N        = 64,                             // pairs of a group (1..128)
    parameter OUT      = 64,                             // bits of a fixed-point result (8..64)
    parameter SATURATE = 1                               // fixed-point results: 1 saturate, 0 wrap (0..1)
) (
    input  wire            clk,                          // clock
    input  wire            rst,                          // synchronous reset
    input  wire [32*N-1:0] s_axis_w_tdata,               // weights of a group
    input  wire            s_axis_w_tvalid,
    output wire            s_axis_w_tready,
    input  wire            s_axis_w_tlast,               // as s_axis_a_tlast
    input  wire [32*N-1:0] s_axis_a_tdata,               // activations of a group
    input  wire [9:0]      s_axis_a_tuser,               // number format and lanes
    input  wire            s_axis_a_tvalid,
    output wire            s_axis_a_tready,
    input  wire            s_axis_a_tlast,
    output wire [95:0]     m_axis_z_tdata,               // result and cycles
    output wire            m_axis_z_tvalid,
    input  wire            m_axis_z_tready,
    output wire            m_axis_z_tlast
);

bitlet_shell #(
    .ENGINE(0),
    .N(N),
    .OUT(OUT),
    .SATURATE(SATURATE)
) shell (
    .clk(clk),
    .rst(rst),
    .s_axis_w_tdata(s_axis_w_tdata),
    .s_axis_w_tvalid(s_axis_w_tvalid),
    .s_axis_w_tready(s_axis_w_tready),
    .s_axis_w_tlast(s_axis_w_tlast),
    .s_axis_a_tdata(s_axis_a_tdata),
    .s_axis_a_tuser(s_axis_a_tuser),
    .s_axis_a_tvalid(s_axis_a_tvalid),
    .s_axis_a_tready(s_axis_a_tready),
    .s_axis_a_tlast(s_axis_a_tlast),
    .m_axis_z_tdata(m_axis_z_tdata),
    .m_axis_z_tvalid(m_axis_z_tvalid),
    .m_axis_z_tready(m_axis_z_tready),
    .m_axis_z_tlast(m_axis_z_tlast)
);

endmodule

`resetall
