// SPDX-License-Identifier: Apache-2.0
// Row-parallel systolic matrix product, weight-stationary: sums move down a chain of cells, one row of X a cycle.
//
//   Y = X W
//
// Formats:  s_axis_x: a beat is a row of X, I elements of XB bits. m_axis_y: a beat is a row of Y, O elements of YB
//           bits, two's complement, exact when YB bits hold them. WEIGHTS: W_ij is bits [(i*O+j)*WB +: WB], two's
//           complement. tlast goes along.
// Latency:  the non-zero weights of the fullest column, 1 at least.
// Period:   1 cycle a row.
// Source:   Kratos, FPL 2024, kernel gemms row-parallel. There every cell is built; here a zero weight is no cell: the
//           chain of a column has a cell for each weight other than zero, and element i comes to it delayed by the
//           cells above it (delays are shared between columns). A cell adds the signed digits of its weight, in
//           non-adjacent form.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module gemms_rp #(
    parameter IMPL   = 1,                                // cells: 1 signed digits, 0 multipliers, zero weights included (0..1)
    parameter I      = 4,                                // columns of X (1 or more)
    parameter O      = 4,                                // columns of Y (1 or more)
    parameter XB     = 8,                                // bits of an element of x (1..32)
    parameter SIGNED = 1,                                // elements of x: 1 two's complement, 0 unsigned (0..1)
    parameter WB     = 8,                                // bits of a weight (1..32)
    parameter YB     = 18,                               // bits of an element of y (1 or more)
    parameter [I*O*WB-1:0] WEIGHTS = 0                   // the matrix
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
    if (XB < 1 || XB > 32) begin : guard_xb
`ifdef __ICARUS__
        gemms_rp_parameter_XB_must_be_1_to_32 guard ();
`else
        $error("Error: gemms_rp parameter XB must be 1 to 32 (instance %m)");
`endif
    end
    if (WB < 1 || WB > 32) begin : guard_wb
`ifdef __ICARUS__
        gemms_rp_parameter_WB_must_be_1_to_32 guard ();
`else
        $error("Error: gemms_rp parameter WB must be 1 to 32 (instance %m)");
`endif
    end
    if (IMPL != 0 && IMPL != 1) begin : guard_impl
`ifdef __ICARUS__
        gemms_rp_parameter_IMPL_must_be_0_or_1 guard ();
`else
        $error("Error: gemms_rp parameter IMPL must be 0 or 1 (instance %m)");
`endif
    end
    if (I < 1) begin : guard_i
`ifdef __ICARUS__
        gemms_rp_parameter_I_must_be_1_or_more guard ();
`else
        $error("Error: gemms_rp parameter I must be 1 or more (instance %m)");
`endif
    end
    if (O < 1) begin : guard_o
`ifdef __ICARUS__
        gemms_rp_parameter_O_must_be_1_or_more guard ();
`else
        $error("Error: gemms_rp parameter O must be 1 or more (instance %m)");
`endif
    end
    if (YB < 1) begin : guard_yb
`ifdef __ICARUS__
        gemms_rp_parameter_YB_must_be_1_or_more guard ();
`else
        $error("Error: gemms_rp parameter YB must be 1 or more (instance %m)");
`endif
    end
    if (SIGNED != 0 && SIGNED != 1) begin : guard_signed
`ifdef __ICARUS__
        gemms_rp_parameter_SIGNED_must_be_0_or_1 guard ();
`else
        $error("Error: gemms_rp parameter SIGNED must be 0 or 1 (instance %m)");
`endif
    end
endgenerate

localparam NB = $clog2(I + 1);                           // bits of a number of cells

// cells of a column above each row, and at last all of them
function [(I+1)*NB-1:0] count;
    input integer column;
    integer r, cells;
    begin
        count = {(I+1)*NB{1'b0}};
        cells = 0;
        for (r = 0; r < I; r = r + 1) begin
            count[r*NB +: NB] = cells[NB-1:0];
            if (IMPL == 0 || WEIGHTS[(r*O+column)*WB +: WB] != {WB{1'b0}}) cells = cells + 1;
        end
        count[I*NB +: NB] = cells[NB-1:0];
    end
endfunction

// cells of the fullest column
function integer fullest;
    input integer least;
    integer c, r, cells;
    begin
        fullest = least;
        for (c = 0; c < O; c = c + 1) begin
            cells = 0;
            for (r = 0; r < I; r = r + 1) begin
                if (IMPL == 0 || WEIGHTS[(r*O+c)*WB +: WB] != {WB{1'b0}}) cells = cells + 1;
            end
            if (cells > fullest) fullest = cells;
        end
    end
endfunction

localparam STAGES = fullest(1);

wire move;

genvar i, j, k;

// element i, and behind it as many delays as a column may want; synthesis drops those that none does
generate
    for (i = 0; i < I; i = i + 1) begin : element
        localparam DELAYS = i < STAGES ? i : STAGES - 1;
        wire [XB:0]               now = {SIGNED != 0 && s_axis_x_tdata[i*XB+XB-1], s_axis_x_tdata[i*XB +: XB]};
        wire [DELAYS*(XB+1)+XB:0] delayed;
        wire unused_delayed = ^delayed;                  // a weight of zero takes none
        if (DELAYS > 0) begin : later
            reg [DELAYS*(XB+1)-1:0] delayed_reg;
            always @(posedge clk) begin
                if (move) begin
                    delayed_reg <= delayed[DELAYS*(XB+1)-1:0];
                end
            end
            assign delayed = {delayed_reg, now};
        end else begin : at_once
            assign delayed = now;
        end
    end
endgenerate

// a column: the sum after each row; behind the last cell delays, until the fullest column is ready
generate
    for (j = 0; j < O; j = j + 1) begin : column
        localparam [(I+1)*NB-1:0] CELLS = count(j);
        localparam WAIT = STAGES - {{32-NB{1'b0}}, CELLS[I*NB +: NB]};
        for (i = 0; i <= I; i = i + 1) begin : row
            wire [YB-1:0] sum;
            if (i == 0) begin : top
                assign sum = {YB{1'b0}};
            end else if (CELLS[i*NB +: NB] == CELLS[(i-1)*NB +: NB]) begin : nothing
                assign sum = column[j].row[i-1].sum;
            end else begin : adder
                localparam ABOVE = CELLS[(i-1)*NB +: NB];
                localparam [WB-1:0] WEIGHT = WEIGHTS[((i-1)*O+j)*WB +: WB];
                wire [XB:0]    x        = element[i-1].delayed[ABOVE*(XB+1) +: XB+1];
                wire [YB+XB:0] extended = {{YB{x[XB]}}, x};
                wire [YB-1:0]  wide     = extended[YB-1:0];
                wire unused_extended = ^extended;
                wire [YB-1:0]  next;
                reg  [YB-1:0]  sum_reg;
                if (IMPL == 0) begin : multiplier
                    localparam [YB+WB-1:0] FACTOR = {{YB{WEIGHT[WB-1]}}, WEIGHT};
                    assign next = column[j].row[i-1].sum + FACTOR[YB-1:0] * wide;
                end else begin : digits
                    // non-adjacent form: digit k - 1 is 1 where 3w has a bit k and w has none, -1 the other way
                    localparam [WB+1:0] ONCE   = {{2{WEIGHT[WB-1]}}, WEIGHT};
                    localparam [WB+1:0] THRICE = ONCE + {ONCE[WB:0], 1'b0};
                    localparam [WB+1:0] PLUS   = THRICE & ~ONCE;
                    localparam [WB+1:0] MINUS  = ONCE & ~THRICE;
                    for (k = 0; k <= WB + 1; k = k + 1) begin : digit
                        wire [YB-1:0] part;
                        if (k == 0) begin : first
                            assign part = column[j].row[i-1].sum;
                        end else if (PLUS[k]) begin : plus
                            assign part = digit[k-1].part + (wide << (k - 1));
                        end else if (MINUS[k]) begin : minus
                            assign part = digit[k-1].part - (wide << (k - 1));
                        end else begin : none
                            assign part = digit[k-1].part;
                        end
                    end
                    assign next = digit[WB+1].part;
                end
                always @(posedge clk) begin
                    if (move) begin
                        sum_reg <= next;
                    end
                end
                assign sum = sum_reg;
            end
        end
        if (WAIT > 0) begin : waits
            wire [WAIT*YB+YB-1:0] waiting;
            reg  [WAIT*YB-1:0]    waiting_reg;
            always @(posedge clk) begin
                if (move) begin
                    waiting_reg <= waiting[WAIT*YB-1:0];
                end
            end
            assign waiting = {waiting_reg, row[I].sum};
            assign m_axis_y_tdata[j*YB +: YB] = waiting[WAIT*YB +: YB];
        end else begin : ready
            assign m_axis_y_tdata[j*YB +: YB] = row[I].sum;
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
