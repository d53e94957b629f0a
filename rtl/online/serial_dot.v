// SPDX-License-Identifier: Apache-2.0
// Bit-serial inner product, least significant digit first (the baseline): K digit streams times K weights in place.
//
//   Z = sum_k X_k y_k,   A = A / 2 + sum_k x_k,i y_k   for i = 0 (least significant) to n - 1,   z = 2^(N-1) A
//
// Formats:  x_k is a frame of n = digits <= N digits, least significant first, as a fraction X = sum_i x_i 2^(i-n); a digit is
//           -1, 0 or 1 on two rails, x = x_p - x_n (plain bits on x_p alone). y_k is a two's complement integer, weight k at
//           y[k*WB +: WB], held from the first digit to the last. z is two's complement with N fractional bits: exact.
// Latency:  z_valid is high n enabled cycles after first: there is no result before the last digit is in.
// Period:   a frame every n enabled cycles or more.
// Source:   Judd et al., Stripes: Bit-Serial Deep Neural Network Computing, MICRO 2016 (serial activations).

`resetall
`timescale 1ns / 1ps
`default_nettype none

module serial_dot #(
    parameter K  = 16,                           // operand pairs (1..1024)
    parameter WB = 8,                            // bits of a weight (2..32)
    parameter N  = 16                            // most digits of an operand (2..62)
) (
    input  wire                         clk,     // clock
    input  wire                         rst,     // synchronous reset
    input  wire                         ce,      // clock enable: everything holds when low
    input  wire                         first,   // least significant digits of all x are on the pins
    input  wire [K-1:0]                 x_p,     // operands x, one digit each
    input  wire [K-1:0]                 x_n,
    input  wire [K*WB-1:0]              y,       // weights
    input  wire [5:0]                   digits,  // digits of this frame, held like y
    output wire                         z_valid, // z is the result of a frame
    output wire [WB+$clog2(K)+N-1:0]    z        // inner product
);

// derived, do not change
localparam L = $clog2(K);
localparam S = WB + L + 1;                       // bits of the sum of one digit of all operands
localparam A = WB + L + N;                       // bits of the accumulator

// illegal parameters stop elaboration; Icarus 11 has no elaboration $error, so there a missing module says it
generate
    if (K < 1 || K > 1024) begin : guard_k
`ifdef __ICARUS__
        serial_dot_parameter_K_must_be_1_to_1024 guard ();
`else
        $error("Error: serial_dot parameter K must be 1 to 1024 (instance %m)");
`endif
    end
    if (WB < 2 || WB > 32) begin : guard_wb
`ifdef __ICARUS__
        serial_dot_parameter_WB_must_be_2_to_32 guard ();
`else
        $error("Error: serial_dot parameter WB must be 2 to 32 (instance %m)");
`endif
    end
    if (N < 2 || N > 62) begin : guard_n
`ifdef __ICARUS__
        serial_dot_parameter_N_must_be_2_to_62 guard ();
`else
        $error("Error: serial_dot parameter N must be 2 to 62 (instance %m)");
`endif
    end
endgenerate

reg signed [A-1:0] z_reg;
reg signed [S-1:0] sum, term;
reg [5:0] count_reg;                             // digits of this frame that are in
reg z_valid_reg;

// the count stays at its end between frames
wire [5:0] count = first ? 6'd1 : count_reg + {5'd0, count_reg != 6'd63};
wire signed [A-1:0] half = first ? $signed({A{1'b0}}) : z_reg >>> 1;

assign z_valid = z_valid_reg;
assign z       = z_reg;

integer k;

always @* begin
    sum = {S{1'b0}};
    for (k = 0; k < K; k = k + 1) begin
        // selected first, then one plain sum, of which synthesis makes a tree and no chain: -y is ~y + 1
        term = {{L+1{y[k*WB+WB-1]}}, y[k*WB +: WB]};
        sum  = sum + (x_p[k] ? term : x_n[k] ? ~term : {S{1'b0}}) + {{S-1{1'b0}}, x_n[k] && !x_p[k]};
    end
end

always @(posedge clk) begin
    if (ce) begin
        z_reg       <= half + $signed({sum, {N-1{1'b0}}});
        count_reg   <= count;
        z_valid_reg <= count == digits;
    end

    if (rst) begin
        z_reg       <= {A{1'b0}};
        count_reg   <= 6'd63;
        z_valid_reg <= 1'b0;
    end
end

endmodule

`resetall
