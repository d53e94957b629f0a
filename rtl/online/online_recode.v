// SPDX-License-Identifier: Apache-2.0
// Online recoder: turns a two's complement word into a signed-digit stream, most significant digit first.
//
//   Z = X,   z_0 = -sign of x, z_i = bit i of x behind the sign
//
// Formats:  x is two's complement, X = x / 2^(WB-1), -1 included, read with first; z has WB digits z_0..z_(WB-1), z_0 of
//           weight 1, then zeros (as an operand, whose first digit weighs 1/2, it is X / 2). Exact; the first n digits
//           alone are X rounded down. The sign bit of two's complement is a digit of negative weight, so that nothing has
//           to be computed; only z_0 is ever -1. The code (1,1) is never produced.
// Latency:  z_first is high 1 enabled cycle after first.
// Period:   a frame every n enabled cycles or more, for n <= WB digits that are wanted.
// Source:   two's complement; a non-adjacent form would need a carry from the last bit on, and Booth's form as many digits.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module online_recode #(
    parameter WB = 8                // bits of the word x (2..64)
) (
    input  wire          clk,       // clock
    input  wire          rst,       // synchronous reset
    input  wire          ce,        // clock enable: everything holds when low
    input  wire          first,     // x is on the pins
    input  wire [WB-1:0] x,         // word
    output wire          z_first,   // z_0 is on the pins
    output wire          z_p,       // its digits
    output wire          z_n
);

// illegal parameters stop elaboration; Icarus 11 has no elaboration $error, so there a missing module says it
generate
    if (WB < 2 || WB > 64) begin : guard_wb
`ifdef __ICARUS__
        online_recode_parameter_WB_must_be_2_to_64 guard ();
`else
        $error("Error: online_recode parameter WB must be 2 to 64 (instance %m)");
`endif
    end
endgenerate

reg [WB-2:0] left_reg;              // bits to come, the next one on top
reg [WB-2:0] left_next;
reg z_first_reg, z_p_reg, z_n_reg;

assign z_first = z_first_reg;
assign z_p     = z_p_reg;
assign z_n     = z_n_reg;

always @* begin
    left_next = left_reg << 1;

    // what is left of the frame before goes
    if (first) begin
        left_next = x[WB-2:0];
    end
end

always @(posedge clk) begin
    if (ce) begin
        left_reg    <= left_next;
        z_p_reg     <= !first && left_reg[WB-2];
        z_n_reg     <= first && x[WB-1];
        z_first_reg <= first;
    end

    if (rst) begin
        left_reg    <= {WB-1{1'b0}};
        z_p_reg     <= 1'b0;
        z_n_reg     <= 1'b0;
        z_first_reg <= 1'b0;
    end
end

endmodule

`resetall
