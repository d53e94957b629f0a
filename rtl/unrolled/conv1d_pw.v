// SPDX-License-Identifier: Apache-2.0
// Pixelwise 1-D convolution: a shift register, one window a cycle.
//
//   y[p, o] = sum_{f, c} x[p STRIDE + f - PAD, c] W[f, c, o]
//
// Formats:  s_axis_x: a beat is a position, C channels of XB bits, a frame L positions. m_axis_y: a beat is a position
//           of the result, O channels of YB bits, a frame (L + 2 PAD - F) / STRIDE + 1 positions, rounded down. WEIGHTS
//           and PROGRAM: the matrix (F C) x O.
//           A frame is what ends with tlast, and gives one whole frame: what is missing is zeros, what is beyond the
//           last position is ignored up to tlast.
// Latency:  that of unrolled_matrix, from the last position of a window.
// Period:   as window_shift: L cycles a signal, and one more for each position of padding behind it.
// Source:   Kratos, FPL 2024, kernel conv1d pixelwise; signed, at full precision.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module conv1d_pw #(
    parameter IMPL      = 0,                             // 1 adder graph, 0 plain (0..1)
    parameter L         = 6,                             // positions of x (1 or more)
    parameter C         = 2,                             // channels of x (1 or more)
    parameter F         = 3,                             // positions of the filter (1..L + 2 PAD)
    parameter O         = 2,                             // channels of y (1 or more)
    parameter STRIDE    = 1,                             // positions from one window to the next (1 or more)
    parameter PAD       = 0,                             // zeros on either side (0..F - 1)
    parameter XB        = 8,                             // bits of an activation (1..16)
    parameter SIGNED    = 1,                             // activations: 1 two's complement, 0 unsigned (0..1)
    parameter WB        = 8,                             // bits of a weight (1..32)
    parameter YB        = 18,                            // bits of a result (1 or more)
    parameter REGISTERS = 0,                             // plain: 1 pipelined, 0 combinational (0..1, ignored by the graph)
    parameter [F*C*O*WB-1:0] WEIGHTS = 0,                // plain: the matrix
    parameter PB        = 32,                            // bits of PROGRAM (1 or more)
    parameter [PB-1:0] PROGRAM = 0                       // adder graph of the same matrix
) (
    input  wire            clk,                          // clock
    input  wire            rst,                          // synchronous reset
    input  wire [C*XB-1:0] s_axis_x_tdata,               // position
    input  wire            s_axis_x_tvalid,
    output wire            s_axis_x_tready,
    input  wire            s_axis_x_tlast,
    output wire [O*YB-1:0] m_axis_y_tdata,               // position of the result
    output wire            m_axis_y_tvalid,
    input  wire            m_axis_y_tready,
    output wire            m_axis_y_tlast
);

// illegal parameters stop elaboration; Icarus 11 has no elaboration $error, so there a missing module says it
generate
    if (C < 1) begin : guard_c
`ifdef __ICARUS__
        conv1d_pw_parameter_C_must_be_1_or_more guard ();
`else
        $error("Error: conv1d_pw parameter C must be 1 or more (instance %m)");
`endif
    end
endgenerate

wire [F*C*XB-1:0] window;
wire window_valid, window_ready, window_last;

window_shift #(
    .B(C * XB),
    .LENGTH(L),
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
    .I(F * C),
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
