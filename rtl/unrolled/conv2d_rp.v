// SPDX-License-Identifier: Apache-2.0
// Row-parallel 2-D convolution: a shift register of rows, one row of the result a cycle.
//
//   y[p, q, o] = sum_{f, g, c} x[p STRIDE + f - PAD, q STRIDE + g - PAD, c] W[f, g, c, o]
//
// Formats:  s_axis_x: a beat is a row of the image, IW pixels of C channels of XB bits, a frame IH rows. m_axis_y: a
//           beat is a row of the result, OW pixels of O channels of YB bits, a frame (IH + 2 PAD - F) / STRIDE + 1
//           rows, rounded down. WEIGHTS and PROGRAM: the matrix (F IW C) x (OW O) in which horizontal stride and
//           padding are already (row_matrix of the model).
//           A frame is what ends with tlast, and gives one whole frame: what is missing is zeros, what is beyond the
//           last row is ignored up to tlast.
// Latency:  that of unrolled_matrix, from the last row of a window.
// Period:   as window_shift: IH cycles an image, and one more for each row of padding below it.
// Source:   Kratos, FPL 2024, kernel conv2d row-parallel; signed, at full precision.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module conv2d_rp #(
    parameter IMPL      = 0,                             // 1 adder graph, 0 plain (0..1)
    parameter IH        = 4,                             // rows of x (1 or more)
    parameter IW        = 4,                             // columns of x (1 or more)
    parameter C         = 1,                             // channels of x (1 or more)
    parameter F         = 3,                             // rows of the filter (1..IH + 2 PAD)
    parameter OW        = 2,                             // columns of y (1 or more)
    parameter O         = 2,                             // channels of y (1 or more)
    parameter STRIDE    = 1,                             // rows from one window to the next (1 or more)
    parameter PAD       = 0,                             // rows of zeros above and below (0..F - 1)
    parameter XB        = 8,                             // bits of an activation (1..16)
    parameter SIGNED    = 1,                             // activations: 1 two's complement, 0 unsigned (0..1)
    parameter WB        = 8,                             // bits of a weight (1..32)
    parameter YB        = 18,                            // bits of a result (1 or more)
    parameter REGISTERS = 0,                             // plain: 1 pipelined, 0 combinational (0..1, ignored by the graph)
    parameter [F*IW*C*OW*O*WB-1:0] WEIGHTS = 0,          // plain: the matrix
    parameter PB        = 32,                            // bits of PROGRAM (1 or more)
    parameter [PB-1:0] PROGRAM = 0                       // adder graph of the same matrix
) (
    input  wire               clk,                       // clock
    input  wire               rst,                       // synchronous reset
    input  wire [IW*C*XB-1:0] s_axis_x_tdata,            // row
    input  wire               s_axis_x_tvalid,
    output wire               s_axis_x_tready,
    input  wire               s_axis_x_tlast,
    output wire [OW*O*YB-1:0] m_axis_y_tdata,            // row of the result
    output wire               m_axis_y_tvalid,
    input  wire               m_axis_y_tready,
    output wire               m_axis_y_tlast
);

// illegal parameters stop elaboration; Icarus 11 has no elaboration $error, so there a missing module says it
generate
    if (IW < 1) begin : guard_iw
`ifdef __ICARUS__
        conv2d_rp_parameter_IW_must_be_1_or_more guard ();
`else
        $error("Error: conv2d_rp parameter IW must be 1 or more (instance %m)");
`endif
    end
    if (C < 1) begin : guard_c
`ifdef __ICARUS__
        conv2d_rp_parameter_C_must_be_1_or_more guard ();
`else
        $error("Error: conv2d_rp parameter C must be 1 or more (instance %m)");
`endif
    end
    if (OW < 1) begin : guard_ow
`ifdef __ICARUS__
        conv2d_rp_parameter_OW_must_be_1_or_more guard ();
`else
        $error("Error: conv2d_rp parameter OW must be 1 or more (instance %m)");
`endif
    end
    if (O < 1) begin : guard_o
`ifdef __ICARUS__
        conv2d_rp_parameter_O_must_be_1_or_more guard ();
`else
        $error("Error: conv2d_rp parameter O must be 1 or more (instance %m)");
`endif
    end
endgenerate

wire [F*IW*C*XB-1:0] window;
wire window_valid, window_ready, window_last;

window_shift #(
    .B(IW * C * XB),
    .LENGTH(IH),
    .ROWS(1),
    .TAPS(F),
    .STRIDE(STRIDE),
    .PAD(PAD)
) cut (
    .clk(clk),
    .rst(rst),
    .s_axis_x_tdata(s_axis_x_tdata),
    .s_axis_x_tvalid(s_axis_x_tvalid),
    .s_axis_x_tready(s_axis_x_tready),
    .s_axis_x_tlast(s_axis_x_tlast),
    .m_axis_w_tdata(window),
    .m_axis_w_tvalid(window_valid),
    .m_axis_w_tready(window_ready),
    .m_axis_w_tlast(window_last)
);

unrolled_matrix #(
    .IMPL(IMPL),
    .I(F * IW * C),
    .O(OW * O),
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
    .s_axis_x_tdata(window),
    .s_axis_x_tvalid(window_valid),
    .s_axis_x_tready(window_ready),
    .s_axis_x_tlast(window_last),
    .m_axis_y_tdata(m_axis_y_tdata),
    .m_axis_y_tvalid(m_axis_y_tvalid),
    .m_axis_y_tready(m_axis_y_tready),
    .m_axis_y_tlast(m_axis_y_tlast)
);

endmodule

`resetall
