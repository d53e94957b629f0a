// SPDX-License-Identifier: Apache-2.0
// Fully unrolled 1-D convolution: all positions in one cycle.
//
//   y[p, o] = sum_{f, c} x[p STRIDE + f - PAD, c] W[f, c, o]
//
// Formats:  s_axis_x: a beat is a signal, L positions of C channels of XB bits. m_axis_y: a beat is a result, P
//           positions of O channels of YB bits. WEIGHTS and PROGRAM: the matrix (L C) x (P O) in which stride and
//           padding are already (full_matrix of the model), so that windows that overlap may share sums.
//           tlast goes along.
// Latency:  that of unrolled_matrix.
// Period:   1 cycle a signal.
// Source:   Kratos, FPL 2024, kernel conv1d fully unrolled; signed, at full precision.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module conv1d_fu #(
    parameter IMPL      = 0,                             // 1 adder graph, 0 plain (0..1)
    parameter L         = 6,                             // positions of x (1 or more)
    parameter C         = 2,                             // channels of x (1 or more)
    parameter P         = 4,                             // positions of y (1 or more)
    parameter O         = 2,                             // channels of y (1 or more)
    parameter XB        = 8,                             // bits of an activation (1..16)
    parameter SIGNED    = 1,                             // activations: 1 two's complement, 0 unsigned (0..1)
    parameter WB        = 8,                             // bits of a weight (1..32)
    parameter YB        = 18,                            // bits of a result (1 or more)
    parameter REGISTERS = 0,                             // plain: 1 pipelined, 0 combinational (0..1, ignored by the graph)
    parameter [L*C*P*O*WB-1:0] WEIGHTS = 0,              // plain: the matrix
    parameter PB        = 32,                            // bits of PROGRAM (1 or more)
    parameter [PB-1:0] PROGRAM = 0                       // adder graph of the same matrix
) (
    input  wire              clk,                        // clock
    input  wire              rst,                        // synchronous reset
    input  wire [L*C*XB-1:0] s_axis_x_tdata,             // signal
    input  wire              s_axis_x_tvalid,
    output wire              s_axis_x_tready,
    input  wire              s_axis_x_tlast,
    output wire [P*O*YB-1:0] m_axis_y_tdata,             // result
    output wire              m_axis_y_tvalid,
    input  wire              m_axis_y_tready,
    output wire              m_axis_y_tlast
);

// illegal parameters stop elaboration; Icarus 11 has no elaboration $error, so there a missing module says it
generate
    if (L < 1) begin : guard_l
`ifdef __ICARUS__
        conv1d_fu_parameter_L_must_be_1_or_more guard ();
`else
        $error("Error: conv1d_fu parameter L must be 1 or more (instance %m)");
`endif
    end
    if (C < 1) begin : guard_c
`ifdef __ICARUS__
        conv1d_fu_parameter_C_must_be_1_or_more guard ();
`else
        $error("Error: conv1d_fu parameter C must be 1 or more (instance %m)");
`endif
    end
    if (P < 1) begin : guard_p
`ifdef __ICARUS__
        conv1d_fu_parameter_P_must_be_1_or_more guard ();
`else
        $error("Error: conv1d_fu parameter P must be 1 or more (instance %m)");
`endif
    end
    if (O < 1) begin : guard_o
`ifdef __ICARUS__
        conv1d_fu_parameter_O_must_be_1_or_more guard ();
`else
        $error("Error: conv1d_fu parameter O must be 1 or more (instance %m)");
`endif
    end
endgenerate

unrolled_matrix #(
    .IMPL(IMPL),
    .I(L * C),
    .O(P * O),
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
