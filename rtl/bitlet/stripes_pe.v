// SPDX-License-Identifier: Apache-2.0
// Bit-serial processing element, the baseline of bitlet_pe: one significance of all weights of a group a cycle.
//
//   as bitlet_pe, bit for bit
//
// Formats:  as bitlet_pe; `cycles` are those of this engine.
// Latency:  from the last beat to the result 6 cycles and one a bit of the format, when nothing stands in front of it.
// Period:   as many cycles a group as the format has bits: 24 for float32, else `width`.
// Source:   Judd et al., Stripes: Bit-Serial Deep Neural Network Computing, MICRO 2016.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module stripes_pe #(
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
    .ENGINE(2),
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
