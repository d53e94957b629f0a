// SPDX-License-Identifier: Apache-2.0
// Fully unrolled 2-D convolution: the whole image in one cycle.
//
//   y[p, q, o] = sum_{f, g, c} x[p STRIDE + f - PAD, q STRIDE + g - PAD, c] W[f, g, c, o]
//
// Formats:  s_axis_x: a beat is an image, IH rows of IW pixels of C channels of XB bits. m_axis_y: a beat is a result,
//           OH rows of OW pixels of O channels of YB bits. WEIGHTS and PROGRAM: the matrix (IH IW C) x (OH OW O) in
//           which stride and padding are already (full_matrix of the model), so that windows that overlap may share
//           sums.
//           tlast goes along.
// Latency:  that of unrolled_matrix.
// Period:   1 cycle an image.
// Source:   Kratos, FPL 2024, kernel conv2d fully unrolled; signed, at full precision.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module conv2d_fu #(
    parameter IMPL      = 0,                             // 1 adder graph, 0 plain (0..1)
    parameter IH        = 4,                             // rows of x (1 or more)
    parameter IW        = 4,                             // columns of x (1 or more)
    parameter C         = 1,                             // channels of x (1 or more)
    parameter OH        = 2,                             // rows of y (1 or more)
    parameter OW        = 2,                             // columns of y (1 or more)
    parameter O         = 2,                             // channels of y (1 or more)
    parameter XB        = 8,                             // bits of an activation (1..16)
    parameter SIGNED    = 1,                             // activations: 1 two's complement, 0 unsigned (0..1)
    parameter WB        = 8,                             // bits of a weight (1..32)
    parameter YB        = 18,                            // bits of a result (1 or more)
    parameter REGISTERS = 0,                             // plain: 1 pipelined, 0 combinational (0..1, ignored by the graph)
    parameter [IH*IW*C*OH*OW*O*WB-1:0] WEIGHTS = 0,      // plain: the matrix
    parameter PB        = 32,                            // bits of PROGRAM (1 or more)
    parameter [PB-1:0] PROGRAM = 0                       // adder graph of the same matrix
) (
    input  wire                  clk,                    // clock
    input  wire                  rst,                    // synchronous reset
    input  wire [IH*IW*C*XB-1:0] s_axis_x_tdata,         // image
    input  wire                  s_axis_x_tvalid,
    output wire                  s_axis_x_tready,
    input  wire                  s_axis_x_tlast,
    output wire [OH*OW*O*YB-1:0] m_axis_y_tdata,         // result
    output wire                  m_axis_y_tvalid,
    input  wire                  m_axis_y_tready,
    output wire                  m_axis_y_tlast
);

// illegal parameters stop elaboration; Icarus 11 has no elaboration $error, so there a missing module says it
generate
    if (IH < 1) begin : guard_ih
`ifdef __ICARUS__
        conv2d_fu_parameter_IH_must_be_1_or_more guard ();
`else
        $error("Error: conv2d_fu parameter IH must be 1 or more (instance %m)");
`endif
    end
    if (IW < 1) begin : guard_iw
`ifdef __ICARUS__
        conv2d_fu_parameter_IW_must_be_1_or_more guard ();
`else
        $error("Error: conv2d_fu parameter IW must be 1 or more (instance %m)");
`endif
    end
    if (C < 1) begin : guard_c
`ifdef __ICARUS__
        conv2d_fu_parameter_C_must_be_1_or_more guard ();
`else
        $error("Error: conv2d_fu parameter C must be 1 or more (instance %m)");
`endif
    end
    if (OH < 1) begin : guard_oh
`ifdef __ICARUS__
        conv2d_fu_parameter_OH_must_be_1_or_more guard ();
`else
        $error("Error: conv2d_fu parameter OH must be 1 or more (instance %m)");
`endif
    end
    if (OW < 1) begin : guard_ow
`ifdef __ICARUS__
        conv2d_fu_parameter_OW_must_be_1_or_more guard ();
`else
        $error("Error: conv2d_fu parameter OW must be 1 or more (instance %m)");
`endif
    end
    if (O < 1) begin : guard_o
`ifdef __ICARUS__
        conv2d_fu_parameter_O_must_be_1_or_more guard ();
`else
        $error("Error: conv2d_fu parameter O must be 1 or more (instance %m)");
`endif
    end
endgenerate

unrolled_matrix #(
    .IMPL(IMPL),
    .I(IH * IW * C),
    .O(OH * OW * O),
    .XB(XB),
    .SIGNED(SIGNED),
    .WB(WB),
    .YB(YB),
    .REGISTERS(REGISTERS),
    .WEIGHTS(WEIGHTS),
    .PB(PB),
    .PROGRAM(PROGRAM)
) matrix (
    .clk(clk),
    .rst(rst),
    .s_axis_x_tdata(s_axis_x_tdata),
    .s_axis_x_tvalid(s_axis_x_tvalid),
    .s_axis_x_tready(s_axis_x_tready),
    .s_axis_x_tlast(s_axis_x_tlast),
    .m_axis_y_tdata(m_axis_y_tdata),
    .m_axis_y_tvalid(m_axis_y_tvalid),
    .m_axis_y_tready(m_axis_y_tready),
    .m_axis_y_tlast(m_axis_y_tlast)
);

endmodule

`resetall
