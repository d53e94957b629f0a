// SPDX-License-Identifier: Apache-2.0
// A constant matrix times a vector, by an adder graph or in the plain way: the arithmetic of all unrolled layers.
//
//   y_j = sum_i W_ij x_i
//
// Formats:  as plain_matrix; PROGRAM is the packed adder graph of the same matrix, with its registers (adder_graph).
// Latency:  that of adder_graph or of plain_matrix.
// Period:   1 cycle a vector.
// Source:   Kratos, FPL 2024.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module unrolled_matrix #(
    parameter IMPL      = 0,                             // 1 adder graph, 0 plain (0..1)
    parameter I         = 4,                             // elements of x (1 or more)
    parameter O         = 4,                             // elements of y (1 or more)
    parameter XB        = 8,                             // bits of an element of x (1..16)
    parameter SIGNED    = 1,                             // elements of x: 1 two's complement, 0 unsigned (0..1)
    parameter WB        = 8,                             // bits of a weight (1..32)
    parameter YB        = 18,                            // bits of an element of y (1 or more)
    parameter REGISTERS = 0,                             // plain: 1 pipelined, 0 combinational (0..1, ignored by the graph)
    parameter [I*O*WB-1:0] WEIGHTS = 0,                  // plain: the matrix
    parameter PB        = 32,                            // bits of PROGRAM (1 or more)
    parameter [PB-1:0] PROGRAM = 0                       // adder graph
) (
    input  wire            clk,                          // clock
    input  wire            rst,                          // synchronous reset
    input  wire [I*XB-1:0] s_axis_x_tdata,               // vector
    input  wire            s_axis_x_tvalid,
    output wire            s_axis_x_tready,
    input  wire            s_axis_x_tlast,
    output wire [O*YB-1:0] m_axis_y_tdata,               // its product with the matrix
    output wire            m_axis_y_tvalid,
    input  wire            m_axis_y_tready,
    output wire            m_axis_y_tlast
);

// illegal parameters stop elaboration; Icarus 11 has no elaboration $error, so there a missing module says it
generate
    if (IMPL != 0 && IMPL != 1) begin : guard_impl
`ifdef __ICARUS__
        unrolled_matrix_parameter_IMPL_must_be_0_or_1 guard ();
`else
        $error("Error: unrolled_matrix parameter IMPL must be 0 or 1 (instance %m)");
`endif
    end
    if (I < 1) begin : guard_i
`ifdef __ICARUS__
        unrolled_matrix_parameter_I_must_be_1_or_more guard ();
`else
        $error("Error: unrolled_matrix parameter I must be 1 or more (instance %m)");
`endif
    end
    if (O < 1) begin : guard_o
`ifdef __ICARUS__
        unrolled_matrix_parameter_O_must_be_1_or_more guard ();
`else
        $error("Error: unrolled_matrix parameter O must be 1 or more (instance %m)");
`endif
    end
    if (XB < 1 || XB > 16) begin : guard_xb
`ifdef __ICARUS__
        unrolled_matrix_parameter_XB_must_be_1_to_16 guard ();
`else
        $error("Error: unrolled_matrix parameter XB must be 1 to 16 (instance %m)");
`endif
    end
    if (WB < 1 || WB > 32) begin : guard_wb
`ifdef __ICARUS__
        unrolled_matrix_parameter_WB_must_be_1_to_32 guard ();
`else
        $error("Error: unrolled_matrix parameter WB must be 1 to 32 (instance %m)");
`endif
    end
    if (YB < 1) begin : guard_yb
`ifdef __ICARUS__
        unrolled_matrix_parameter_YB_must_be_1_or_more guard ();
`else
        $error("Error: unrolled_matrix parameter YB must be 1 or more (instance %m)");
`endif
    end
    if (SIGNED != 0 && SIGNED != 1) begin : guard_signed
`ifdef __ICARUS__
        unrolled_matrix_parameter_SIGNED_must_be_0_or_1 guard ();
`else
        $error("Error: unrolled_matrix parameter SIGNED must be 0 or 1 (instance %m)");
`endif
    end
    if (PB < 1) begin : guard_pb
`ifdef __ICARUS__
        unrolled_matrix_parameter_PB_must_be_1_or_more guard ();
`else
        $error("Error: unrolled_matrix parameter PB must be 1 or more (instance %m)");
`endif
    end
endgenerate

generate
    if (IMPL == 1) begin : graph
        adder_graph #(
            .PB(PB),
            .PROGRAM(PROGRAM),
            .XW(I * XB),
            .O(O),
            .YB(YB)
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
    end else begin : plain
        wire unused_program = ^PROGRAM;
        plain_matrix #(
            .I(I),
            .O(O),
            .XB(XB),
            .SIGNED(SIGNED),
            .WB(WB),
            .YB(YB),
            .REGISTERS(REGISTERS),
            .WEIGHTS(WEIGHTS)
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
    end
endgenerate

endmodule

`resetall
