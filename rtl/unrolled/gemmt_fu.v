// SPDX-License-Identifier: Apache-2.0
// Fully unrolled matrix product: all M rows of activations in one cycle.
//
//   Y = X W
//
// Formats:  s_axis_x: a beat is X, M rows of I elements of XB bits, row by row. m_axis_y: a beat is Y, M rows of O
//           elements of YB bits. WEIGHTS and PROGRAM: the matrix, I x O, as in unrolled_matrix.
//           tlast goes along.
// Latency:  that of unrolled_matrix.
// Period:   1 cycle a matrix.
// Source:   Kratos, FPL 2024, kernel gemmt fully unrolled; signed, at full precision.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module gemmt_fu #(
    parameter IMPL      = 0,                             // 1 adder graph, 0 plain (0..1)
    parameter M         = 2,                             // rows of X (1 or more)
    parameter I         = 4,                             // columns of X (1 or more)
    parameter O         = 4,                             // columns of Y (1 or more)
    parameter XB        = 8,                             // bits of an activation (1..16)
    parameter SIGNED    = 1,                             // activations: 1 two's complement, 0 unsigned (0..1)
    parameter WB        = 8,                             // bits of a weight (1..32)
    parameter YB        = 18,                            // bits of a result (1 or more)
    parameter REGISTERS = 0,                             // plain: 1 pipelined, 0 combinational (0..1, ignored by the graph)
    parameter [I*O*WB-1:0] WEIGHTS = 0,                  // plain: the matrix
    parameter PB        = 32,                            // bits of PROGRAM (1 or more)
    parameter [PB-1:0] PROGRAM = 0                       // adder graph of the same matrix
) (
    input  wire              clk,                        // clock
    input  wire              rst,                        // synchronous reset
    input  wire [M*I*XB-1:0] s_axis_x_tdata,             // X
    input  wire              s_axis_x_tvalid,
    output wire              s_axis_x_tready,
    input  wire              s_axis_x_tlast,
    output wire [M*O*YB-1:0] m_axis_y_tdata,             // Y
    output wire              m_axis_y_tvalid,
    input  wire              m_axis_y_tready,
    output wire              m_axis_y_tlast
);

// illegal parameters stop elaboration; Icarus 11 has no elaboration $error, so there a missing module says it
generate
    if (M < 1) begin : guard_m
`ifdef __ICARUS__
        gemmt_fu_parameter_M_must_be_1_or_more guard ();
`else
        $error("Error: gemmt_fu parameter M must be 1 or more (instance %m)");
`endif
    end
endgenerate

genvar m;

// all rows do the same at the same time, so that the first one speaks for all
generate
    for (m = 0; m < M; m = m + 1) begin : row
        wire ready, valid, last;
        unrolled_matrix #(
            .IMPL(IMPL),
            .I(I),
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
            .s_axis_x_tdata(s_axis_x_tdata[m*I*XB +: I*XB]),
            .s_axis_x_tvalid(s_axis_x_tvalid),
            .s_axis_x_tready(ready),
            .s_axis_x_tlast(s_axis_x_tlast),
            .m_axis_y_tdata(m_axis_y_tdata[m*O*YB +: O*YB]),
            .m_axis_y_tvalid(valid),
            .m_axis_y_tready(m_axis_y_tready),
            .m_axis_y_tlast(last)
        );
        if (m == 0) begin : speaker
            assign s_axis_x_tready = ready;
            assign m_axis_y_tvalid = valid;
            assign m_axis_y_tlast  = last;
        end else begin : follower
            wire unused = ready && valid && last;
        end
    end
endgenerate

endmodule

`resetall
