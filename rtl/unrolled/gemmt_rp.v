// SPDX-License-Identifier: Apache-2.0
// Row-parallel matrix product: an activation memory of M rows, one row of X a cycle.
//
//   Y = X W
//
// Formats:  s_axis_x: a beat is a row of X, I elements of XB bits, a frame M rows. m_axis_y: a beat is a row of Y, O
//           elements of YB bits, a frame M rows. The memory takes rows while the output stands; a row may leave it in
//           the cycle after it came. WEIGHTS and PROGRAM: the matrix, I x O, as in unrolled_matrix.
//           tlast goes along with its row: rows stand alone, and a frame may have any number of them.
// Latency:  1 cycle and that of unrolled_matrix.
// Period:   1 cycle a row; with M 1, whose memory is full until its row has left, 2 cycles.
// Source:   Kratos, FPL 2024, kernel gemmt row-parallel; signed, at full precision.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module gemmt_rp #(
    parameter IMPL      = 0,                             // 1 adder graph, 0 plain (0..1)
    parameter M         = 4,                             // rows of X, and of the memory (1..1024)
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
    input  wire            clk,                          // clock
    input  wire            rst,                          // synchronous reset
    input  wire [I*XB-1:0] s_axis_x_tdata,               // row of X
    input  wire            s_axis_x_tvalid,
    output wire            s_axis_x_tready,
    input  wire            s_axis_x_tlast,
    output wire [O*YB-1:0] m_axis_y_tdata,               // row of Y
    output wire            m_axis_y_tvalid,
    input  wire            m_axis_y_tready,
    output wire            m_axis_y_tlast
);

// illegal parameters stop elaboration; Icarus 11 has no elaboration $error, so there a missing module says it
generate
    if (M < 1 || M > 1024) begin : guard_m
`ifdef __ICARUS__
        gemmt_rp_parameter_M_must_be_1_to_1024 guard ();
`else
        $error("Error: gemmt_rp parameter M must be 1 to 1024 (instance %m)");
`endif
    end
endgenerate

localparam MB  = M > 1 ? $clog2(M) : 1;
localparam TOP = M - 1;

// activation memory and its controller
reg  [I*XB:0] memory_reg [0:M-1];                        // tlast, row
reg  [MB-1:0] write_reg, read_reg;
reg  [MB:0]   count_reg;
wire [I*XB:0] row = memory_reg[read_reg];
wire          some = count_reg != {MB+1{1'b0}};
wire          put, take, ready;

assign s_axis_x_tready = count_reg != M[MB:0];
assign put             = s_axis_x_tvalid && s_axis_x_tready;
assign take            = some && ready;

always @(posedge clk) begin
    if (put) begin
        memory_reg[write_reg] <= {s_axis_x_tlast, s_axis_x_tdata};
        write_reg             <= write_reg == TOP[MB-1:0] ? {MB{1'b0}} : write_reg + {{MB-1{1'b0}}, 1'b1};
    end
    if (take) begin
        read_reg <= read_reg == TOP[MB-1:0] ? {MB{1'b0}} : read_reg + {{MB-1{1'b0}}, 1'b1};
    end
    count_reg <= count_reg + {{MB{1'b0}}, put} - {{MB{1'b0}}, take};

    if (rst) begin
        write_reg <= {MB{1'b0}};
        read_reg  <= {MB{1'b0}};
        count_reg <= {MB+1{1'b0}};
    end
end

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
    .s_axis_x_tdata(row[I*XB-1:0]),
    .s_axis_x_tvalid(some),
    .s_axis_x_tready(ready),
    .s_axis_x_tlast(row[I*XB]),
    .m_axis_y_tdata(m_axis_y_tdata),
    .m_axis_y_tvalid(m_axis_y_tvalid),
    .m_axis_y_tready(m_axis_y_tready),
    .m_axis_y_tlast(m_axis_y_tlast)
);

endmodule

`resetall
