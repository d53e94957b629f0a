// SPDX-License-Identifier: Apache-2.0
// Multiplier of three stages: operands, product, result, as the multiplier blocks of FPGAs have them.
//
//   p = a b
//
// Formats:  a: AB bits, b: BB bits, p: AB + BB bits; two's complement with SIGNED 1, unsigned with SIGNED 0. p_valid says
//           that p is the product of operands that came with ab_valid; nothing holds a result back.
// Latency:  3 cycles.
// Period:   1 cycle a product.
// Reset:    what is inside is gone; the data registers keep what they hold.
// Source:   common practice.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module mul_pipe #(
    parameter AB     = 8,                                // bits of a (2..32)
    parameter BB     = 8,                                // bits of b (2..32)
    parameter SIGNED = 1                                 // 1: two's complement (0..1)
) (
    input  wire             clk,                         // clock
    input  wire             rst,                         // synchronous reset
    input  wire             ab_valid,                    // operands are on the pins
    input  wire [AB-1:0]    a,                           // operand
    input  wire [BB-1:0]    b,                           // operand
    output wire             p_valid,                     // a product is on the pins
    output wire [AB+BB-1:0] p                            // product
);

// illegal parameters stop elaboration; Icarus 11 has no elaboration $error, so there a missing module says it
generate
    if (AB < 2 || AB > 32) begin : guard_ab
`ifdef __ICARUS__
        mul_pipe_parameter_AB_must_be_2_to_32 guard ();
`else
        $error("Error: mul_pipe parameter AB must be 2 to 32 (instance %m)");
`endif
    end
    if (BB < 2 || BB > 32) begin : guard_bb
`ifdef __ICARUS__
        mul_pipe_parameter_BB_must_be_2_to_32 guard ();
`else
        $error("Error: mul_pipe parameter BB must be 2 to 32 (instance %m)");
`endif
    end
    if (SIGNED < 0 || SIGNED > 1) begin : guard_signed
`ifdef __ICARUS__
        mul_pipe_parameter_SIGNED_must_be_0_or_1 guard ();
`else
        $error("Error: mul_pipe parameter SIGNED must be 0 or 1 (instance %m)");
`endif
    end
endgenerate

localparam PB = AB + BB;

reg [AB-1:0] a_reg;
reg [BB-1:0] b_reg;
reg [PB-1:0] product_reg, p_reg;
reg [2:0]    valid_reg;

// as wide as the product, so that its lower half is right with or without signs
wire [PB-1:0] a_wide = {{BB{SIGNED != 0 && a_reg[AB-1]}}, a_reg};
wire [PB-1:0] b_wide = {{AB{SIGNED != 0 && b_reg[BB-1]}}, b_reg};

assign p       = p_reg;
assign p_valid = valid_reg[2];

always @(posedge clk) begin
    a_reg       <= a;
    b_reg       <= b;
    product_reg <= a_wide * b_wide;
    p_reg       <= product_reg;
    valid_reg   <= {valid_reg[1:0], ab_valid};

    if (rst) begin
        valid_reg <= 3'b000;
    end
end

endmodule

`resetall
