// SPDX-License-Identifier: Apache-2.0
// Pixelwise 2-D convolution: a line buffer and a shift register, one window a cycle.
//
//   y[p, q, o] = sum_{f, g, c} x[p STRIDE + f - PAD, q STRIDE + g - PAD, c] W[f, g, c, o]
//
// Formats:  s_axis_x: a beat is a pixel, C channels of XB bits, a frame an image of IH rows of IW pixels. m_axis_y: a
//           beat is a pixel of the result, O channels of YB bits, a frame of OH rows of OW pixels, (I + 2 PAD - F) /
//           STRIDE + 1 each, rounded down. WEIGHTS and PROGRAM: the matrix (FH FW C) x O.
//           A frame is what ends with tlast, and gives one whole frame: what is missing is zeros, what is beyond the
//           last pixel is ignored up to tlast.
// Latency:  that of unrolled_matrix, from the last pixel of a window.
// Period:   IH IW cycles an image, and more for padding below it, as line_buffer says, and behind rows, as window_shift
//           says; padding behind a row is free where the next row gives no windows.
// Source:   Kratos, FPL 2024, kernel conv2d pixelwise; signed, at full precision.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module conv2d_pw #(
    parameter IMPL      = 0,                             // 1 adder graph, 0 plain (0..1)
    parameter IH        = 4,                             // rows of x (1 or more)
    parameter IW        = 4,                             // columns of x (1 or more)
    parameter C         = 1,                             // channels of x (1 or more)
    parameter FH        = 3,                             // rows of the filter (1..IH + 2 PAD)
    parameter FW        = 3,                             // columns of the filter (1..IW + 2 PAD)
    parameter O         = 2,                             // channels of y (1 or more)
    parameter STRIDE    = 1,                             // from one window to the next, both ways (1 or more)
    parameter PAD       = 0,                             // zeros on all sides (0..min(FH, FW) - 1)
    parameter XB        = 8,                             // bits of an activation (1..16)
    parameter SIGNED    = 1,                             // activations: 1 two's complement, 0 unsigned (0..1)
    parameter WB        = 8,                             // bits of a weight (1..32)
    parameter YB        = 18,                            // bits of a result (1 or more)
    parameter REGISTERS = 0,                             // plain: 1 pipelined, 0 combinational (0..1, ignored by the graph)
    parameter [FH*FW*C*O*WB-1:0] WEIGHTS = 0,            // plain: the matrix
    parameter PB        = 32,                            // bits of PROGRAM (1 or more)
    parameter [PB-1:0] PROGRAM = 0                       // adder graph of the same matrix
) (
    input  wire            clk,                          // clock
    input  wire            rst,                          // synchronous reset
    input  wire [C*XB-1:0] s_axis_x_tdata,               // pixel
    input  wire            s_axis_x_tvalid,
    output wire            s_axis_x_tready,
    input  wire            s_axis_x_tlast,
    output wire [O*YB-1:0] m_axis_y_tdata,               // pixel of the result
    output wire            m_axis_y_tvalid,
    input  wire            m_axis_y_tready,
    output wire            m_axis_y_tlast
);

// illegal parameters stop elaboration; Icarus 11 has no elaboration $error, so there a missing module says it
generate
    if (C < 1) begin : guard_c
`ifdef __ICARUS__
        conv2d_pw_parameter_C_must_be_1_or_more guard ();
`else
        $error("Error: conv2d_pw parameter C must be 1 or more (instance %m)");
`endif
    end
endgenerate

localparam OH = (IH + 2 * PAD - FH) / (STRIDE < 1 ? 1 : STRIDE) + 1;

wire [FH*C*XB-1:0]    column;
wire                  column_valid, column_ready, column_last;
wire [FW*FH*C*XB-1:0] slices, window;
wire                 window_valid, window_ready, window_last;

line_buffer #(
    .B(C * XB),
    .WIDTH(IW),
    .HEIGHT(IH),
    .TAPS(FH),
    .STRIDE(STRIDE),
    .PAD(PAD)
) lines (
    .clk(clk),
    .rst(rst),
    .s_axis_x_tdata(s_axis_x_tdata),
    .s_axis_x_tvalid(s_axis_x_tvalid),
    .s_axis_x_tready(s_axis_x_tready),
    .s_axis_x_tlast(s_axis_x_tlast),
    .m_axis_c_tdata(column),
    .m_axis_c_tvalid(column_valid),
    .m_axis_c_tready(column_ready),
    .m_axis_c_tlast(column_last)
);

window_shift #(
    .B(FH * C * XB),
    .LENGTH(IW),
    .ROWS(OH),
    .TAPS(FW),
    .STRIDE(STRIDE),
    .PAD(PAD),
    .WHOLE(1)
) cut (
    .clk(clk),
    .rst(rst),
    .s_axis_x_tdata(column),
    .s_axis_x_tvalid(column_valid),
    .s_axis_x_tready(column_ready),
    .s_axis_x_tlast(column_last),
    .m_axis_w_tdata(slices),
    .m_axis_w_tvalid(window_valid),
    .m_axis_w_tready(window_ready),
    .m_axis_w_tlast(window_last)
);

genvar f, g;

// the window comes column by column, the matrix wants it row by row
generate
    for (f = 0; f < FH; f = f + 1) begin : row
        for (g = 0; g < FW; g = g + 1) begin : pixel
            assign window[(f*FW+g)*C*XB +: C*XB] = slices[(g*FH+f)*C*XB +: C*XB];
        end
    end
endgenerate

unrolled_matrix #(
    .IMPL(IMPL),
    .I(FH * FW * C),
    .O(O),
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
