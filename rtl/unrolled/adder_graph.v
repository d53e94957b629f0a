// SPDX-License-Identifier: Apache-2.0
// A constant matrix times a vector by an adder graph: sums of shifted words, shared between outputs, each sum a heap of
// bits that counters add up.
//
//   y_j = sum_i W_ij x_i
//
// Formats:  PROGRAM is the graph with the bits of its sums, made by Graph.pack() of models/unrolled/graph.py and laid
//           out as models/unrolled/_program.py says. s_axis_x: a beat is a vector, elements side by side, element 0
//           lowest, each of its own width and kind. m_axis_y: O elements of YB bits, two's complement. tlast goes along.
// Latency:  the registers of the program; with pack(registers=0) none, else about the graph's depth in two-operand
//           adders over the number of them from one register to the next, and 0 if all weights are zero.
// Period:   1 cycle a vector.
// Source:   shared patterns: Hartley, 1996; counters: Dadda, 1965; unrolled layers: Kratos, FPL 2024.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module adder_graph #(
    parameter PB = 89,                                   // bits of PROGRAM (as many as it has, or more)
    parameter [PB-1:0] PROGRAM = 89'h10290410860880021002205, // Graph.pack(); the default: y_0 = x_0 + x_1, of a bit each
    parameter XW = 2,                                    // bits of a vector x (1 or more)
    parameter O  = 1,                                    // elements of y (1 or more)
    parameter YB = 3                                     // bits of an element of y, as many as its range needs or more
) (
    input  wire            clk,                          // clock
    input  wire            rst,                          // synchronous reset
    input  wire [XW-1:0]   s_axis_x_tdata,               // vector
    input  wire            s_axis_x_tvalid,
    output wire            s_axis_x_tready,
    input  wire            s_axis_x_tlast,
    output wire [O*YB-1:0] m_axis_y_tdata,               // its product with the matrix
    output wire            m_axis_y_tvalid,
    input  wire            m_axis_y_tready,
    output wire            m_axis_y_tlast
);

// header of the program
localparam integer F       = {24'd0, PROGRAM[7:0]};      // bits of a field
localparam integer BITS    = {{32-F{1'b0}}, PROGRAM[8 +: F]};
localparam integer OUTPUTS = {{32-F{1'b0}}, PROGRAM[8+F +: F]};
localparam integer STAGES  = {{32-F{1'b0}}, PROGRAM[8+2*F +: F]};
localparam integer ITEMS   = {{32-F{1'b0}}, PROGRAM[8+3*F +: F]};
localparam integer NB      = {{32-F{1'b0}}, PROGRAM[8+4*F +: F]}; // bits of a bit's number
localparam W     = 1 << NB;                              // bits that an item gives, unused ones included
localparam TABLE = 8 + 5 * F;                            // where items and outputs begin
localparam LIST  = TABLE + 2 * F * (ITEMS + O);          // where the bits that they take begin

// whether PROGRAM is all there: a 1 ends it, behind the bits that the last output takes
function integer whole(input integer last);
    integer place;
    begin
        whole = 0;
        if (PB > 8 && F > 0 && PB > TABLE + 2 * F * (last + 1)) begin
            place = LIST + F * ({{32-F{1'b0}}, PROGRAM[TABLE+2*F*last +: F]} + {{32-F{1'b0}}, PROGRAM[TABLE+2*F*last+F +: F]});
            if (PB > place) whole = {31'd0, PROGRAM[place]};
        end
    end
endfunction

localparam WHOLE = whole(ITEMS + O - 1);

// kinds of items; others are registers
localparam COUNTER = 1, COUNTER_AND_ONE = 2, CHAIN = 3;

// illegal parameters stop elaboration; Icarus 11 has no elaboration $error, so there a missing module says it
generate
    if (BITS != XW) begin : guard_xw
`ifdef __ICARUS__
        adder_graph_parameter_XW_must_be_that_of_PROGRAM guard ();
`else
        $error("Error: adder_graph parameter XW must be that of PROGRAM (instance %m)");
`endif
    end
    if (OUTPUTS != O) begin : guard_o
`ifdef __ICARUS__
        adder_graph_parameter_O_must_be_that_of_PROGRAM guard ();
`else
        $error("Error: adder_graph parameter O must be that of PROGRAM (instance %m)");
`endif
    end
    if (YB < 1) begin : guard_yb
`ifdef __ICARUS__
        adder_graph_parameter_YB_must_be_1_or_more guard ();
`else
        $error("Error: adder_graph parameter YB must be 1 or more (instance %m)");
`endif
    end
    if (WHOLE == 0) begin : guard_pb
`ifdef __ICARUS__
        adder_graph_parameter_PB_must_hold_all_of_PROGRAM_up_to_the_1_that_ends_it guard ();
`else
        $error("Error: adder_graph parameter PB must hold all of PROGRAM, up to the 1 that ends it (instance %m)");
`endif
    end
endgenerate

localparam SOURCES = XW / W + 1;                         // the first items are {x, 0}

wire move;
wire unused_move = clk && move;                          // without registers nothing moves
wire [SOURCES*W-1:0] source = {{SOURCES*W-XW-1{1'b0}}, s_axis_x_tdata, 1'b0};

genvar i, b, j;

generate
    for (i = 0; i < ITEMS; i = i + 1) begin : item
        localparam [2*F-1:0] RECORD = PROGRAM[TABLE+2*F*i +: 2*F];
        localparam KIND  = RECORD[2:0];
        localparam TAKEN = RECORD[3 +: F-3];
        localparam FIRST = RECORD[F +: F];
        wire [W-1:0] out;
        wire unused_out = ^out;                          // some carries go nowhere
        if (i < SOURCES) begin : input_bits
            assign out = source[i*W +: W];
        end else if (KIND == COUNTER || KIND == COUNTER_AND_ONE) begin : counter
            // always six bits: those that are not there are bit 0 of item 0, which is 0
            localparam [6*F-1:0] B = {{6*F-F*TAKEN{1'b0}}, PROGRAM[LIST+F*FIRST +: F*TAKEN]};
            bit_counter sum (
                .a({item[B[6*F-1:5*F+NB+1]].out[B[5*F+1 +: NB]] ^ B[5*F],
                    item[B[5*F-1:4*F+NB+1]].out[B[4*F+1 +: NB]] ^ B[4*F],
                    item[B[4*F-1:3*F+NB+1]].out[B[3*F+1 +: NB]] ^ B[3*F],
                    item[B[3*F-1:2*F+NB+1]].out[B[2*F+1 +: NB]] ^ B[2*F],
                    item[B[2*F-1:1*F+NB+1]].out[B[1*F+1 +: NB]] ^ B[1*F],
                    item[B[1*F-1:0*F+NB+1]].out[B[0*F+1 +: NB]] ^ B[0*F]}),
                .one(KIND == COUNTER_AND_ONE),
                .out(out[2:0])
            );
            assign out[W-1:3] = {W-3{1'b0}};
        end else begin : row
            localparam GIVEN = KIND == CHAIN ? TAKEN / 2 : TAKEN;
            localparam [F*TAKEN-1:0] B = PROGRAM[LIST+F*FIRST +: F*TAKEN];
            wire [TAKEN-1:0] in;
            for (b = 0; b < TAKEN; b = b + 1) begin : taken
                assign in[b] = item[B[F*b+NB+1 +: F-NB-1]].out[B[F*b+1 +: NB]] ^ B[F*b];
            end
            if (KIND == CHAIN) begin : chain
                wire [GIVEN-1:0] sum = in[GIVEN-1:0] + in[TAKEN-1:GIVEN];
                assign out = {{W-GIVEN{1'b0}}, sum};
            end else begin : register
                reg [GIVEN-1:0] in_reg;
                always @(posedge clk) begin
                    if (move) begin
                        in_reg <= in;
                    end
                end
                assign out = {{W-GIVEN{1'b0}}, in_reg};
            end
        end
    end

    for (j = 0; j < O; j = j + 1) begin : element
        localparam [2*F-1:0] RECORD = PROGRAM[TABLE+2*F*(ITEMS+j) +: 2*F];
        localparam integer TAKEN = {{32-F{1'b0}}, RECORD[F-1:0]};
        localparam FIRST = RECORD[F +: F];
        localparam [F*TAKEN-1:0] B = PROGRAM[LIST+F*FIRST +: F*TAKEN];
        if (TAKEN > YB) begin : guard_yb
`ifdef __ICARUS__
            adder_graph_parameter_YB_must_hold_all_outputs_of_PROGRAM guard ();
`else
            $error("Error: adder_graph parameter YB must hold all outputs of PROGRAM (instance %m)");
`endif
        end
        for (b = 0; b < YB; b = b + 1) begin : taken
            localparam [F-1:0] BIT = B[F*(b < TAKEN ? b : TAKEN-1) +: F];
            assign m_axis_y_tdata[j*YB+b] = item[BIT[F-1:NB+1]].out[BIT[NB:1]] ^ BIT[0];
        end
    end
endgenerate

// all registers move together
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
