// SPDX-License-Identifier: Apache-2.0
// A constant matrix times a vector in the plain way, the baseline of adder_graph: a multiplier a weight, a tree of
// adders a column, all else left to synthesis.
//
//   y_j = sum_i W_ij x_i
//
// Formats:  s_axis_x: a beat is a vector of I elements of XB bits, element 0 lowest, two's complement or, with SIGNED
//           0, unsigned. WEIGHTS: W_ij is bits [(i*O+j)*WB +: WB], two's complement. m_axis_y: O elements of YB bits,
//           two's complement, exact when YB bits hold them. tlast goes along.
// Latency:  with REGISTERS 0 none, all is combinational; else 1 + ceil(log2 I) cycles, however sparse the matrix is.
// Period:   1 cycle a vector.
// Source:   the adder-tree kernels of Kratos, FPL 2024, but signed, at full precision, and with their registers'
//           enable.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module plain_matrix #(
    parameter I         = 4,                             // elements of x (1 or more)
    parameter O         = 4,                             // elements of y (1 or more)
    parameter XB        = 8,                             // bits of an element of x (1..32)
    parameter SIGNED    = 1,                             // elements of x: 1 two's complement, 0 unsigned (0..1)
    parameter WB        = 8,                             // bits of a weight (1..32)
    parameter YB        = 18,                            // bits of an element of y (1 or more)
    parameter REGISTERS = 0,                             // 1: a register behind the products and behind each level (0..1)
    parameter [I*O*WB-1:0] WEIGHTS = 0                   // the matrix
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
    if (XB < 1 || XB > 32) begin : guard_xb
`ifdef __ICARUS__
        plain_matrix_parameter_XB_must_be_1_to_32 guard ();
`else
        $error("Error: plain_matrix parameter XB must be 1 to 32 (instance %m)");
`endif
    end
    if (WB < 1 || WB > 32) begin : guard_wb
`ifdef __ICARUS__
        plain_matrix_parameter_WB_must_be_1_to_32 guard ();
`else
        $error("Error: plain_matrix parameter WB must be 1 to 32 (instance %m)");
`endif
    end
    if (I < 1) begin : guard_i
`ifdef __ICARUS__
        plain_matrix_parameter_I_must_be_1_or_more guard ();
`else
        $error("Error: plain_matrix parameter I must be 1 or more (instance %m)");
`endif
    end
    if (O < 1) begin : guard_o
`ifdef __ICARUS__
        plain_matrix_parameter_O_must_be_1_or_more guard ();
`else
        $error("Error: plain_matrix parameter O must be 1 or more (instance %m)");
`endif
    end
    if (YB < 1) begin : guard_yb
`ifdef __ICARUS__
        plain_matrix_parameter_YB_must_be_1_or_more guard ();
`else
        $error("Error: plain_matrix parameter YB must be 1 or more (instance %m)");
`endif
    end
    if (SIGNED != 0 && SIGNED != 1) begin : guard_signed
`ifdef __ICARUS__
        plain_matrix_parameter_SIGNED_must_be_0_or_1 guard ();
`else
        $error("Error: plain_matrix parameter SIGNED must be 0 or 1 (instance %m)");
`endif
    end
    if (REGISTERS != 0 && REGISTERS != 1) begin : guard_registers
`ifdef __ICARUS__
        plain_matrix_parameter_REGISTERS_must_be_0_or_1 guard ();
`else
        $error("Error: plain_matrix parameter REGISTERS must be 0 or 1 (instance %m)");
`endif
    end
endgenerate

localparam LEVELS = $clog2(I);
localparam LEAVES = 1 << LEVELS;
localparam STAGES = REGISTERS != 0 ? LEVELS + 1 : 0;
localparam PB     = XB + WB + 1;                         // bits of a product

wire move;
wire unused_move = move;                                 // without registers nothing moves

genvar i, j, l;

generate
    for (j = 0; j < O; j = j + 1) begin : column
        for (l = 0; l <= LEVELS; l = l + 1) begin : level
            localparam SB = PB + l;
            for (i = 0; i < (LEAVES >> l); i = i + 1) begin : node
                wire signed [SB-1:0] sum;                // before the register, if there is one
                wire signed [SB-1:0] value;
                if (l == 0 && i < I) begin : product
                    localparam signed [WB-1:0] WEIGHT = WEIGHTS[(i*O+j)*WB +: WB];
                    wire signed [XB:0] x = {SIGNED != 0 && s_axis_x_tdata[i*XB+XB-1], s_axis_x_tdata[i*XB +: XB]};
                    assign sum = WEIGHT * x;
                end else if (l == 0) begin : filled
                    assign sum = {SB{1'b0}};
                end else begin : add
                    assign sum = level[l-1].node[2*i].value + level[l-1].node[2*i+1].value;
                end
                if (REGISTERS != 0) begin : kept
                    reg signed [SB-1:0] value_reg;
                    always @(posedge clk) begin
                        if (move) begin
                            value_reg <= sum;
                        end
                    end
                    assign value = value_reg;
                end else begin : direct
                    assign value = sum;
                end
            end
        end
        wire signed [PB+LEVELS-1:0] result = level[LEVELS].node[0].value;
        wire unused_result = &result;
        if (YB > PB + LEVELS) begin : extended
            assign m_axis_y_tdata[j*YB +: YB] = {{YB-PB-LEVELS{result[PB+LEVELS-1]}}, result};
        end else begin : cut
            assign m_axis_y_tdata[j*YB +: YB] = result[YB-1:0];
        end
    end
endgenerate

// all stages move together
pipe_control #(
    .STAGES(STAGES)
) control (
    .clk(clk),
    .rst(rst),
    .s_tvalid(s_axis_x_tvalid),
    .s_tready(s_axis_x_tready),
    .s_tlast(s_axis_x_tlast),
    .m_tvalid(m_axis_y_tvalid),
    .m_tready(m_axis_y_tready),
    .m_tlast(m_axis_y_tlast),
    .move(move)
);

endmodule

`resetall
