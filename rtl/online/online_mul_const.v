// SPDX-License-Identifier: Apache-2.0
// Online multiplier, serial x parallel: a signed-digit stream times a weight that lies in place.
//
//   P = X * Y,   v = 2w + x_k Y 2^-2,   w = v - p_{k-2}     (k = 1, 2: no digit, w = v)
//
// Formats:  x is a frame of any n digits x_1..x_n of weights 2^-1..2^-n; y is two's complement, Y = y / 2^(WB-1), -1
//           included, held from digit 1 to digit n; z is p_1, p_2, ... of weights 2^-1, 2^-2...: |XY - P| <= 1/2 ulp
//           after n digits, P = XY from digit n + WB - 1 on, then zeros. A digit is -1, 0 or 1 on two rails,
//           x = x_p - x_n; the code (1,1) is never sent and never produced.
// Latency:  online delay 2: z_first is high 3 enabled cycles after first.
// Period:   a frame every m + 2 enabled cycles or more, for m >= n - 2 product digits (exact: n + WB + 1): n digits,
//           then zero digits.
// Source:   Ercegovac and Lang, Digital Arithmetic, 2004, ch. 9; residual in two's complement; estimate of 2 fractional
//           bits.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module online_mul_const #(
    parameter WB = 8                // bits of the weight y (2..32)
) (
    input  wire          clk,       // clock
    input  wire          rst,       // synchronous reset
    input  wire          ce,        // clock enable: everything holds when low
    input  wire          first,     // x_1 is on the pins
    input  wire          x_p,       // operand x
    input  wire          x_n,
    input  wire [WB-1:0] y,         // weight
    output wire          z_first,   // p_1 is on the pins
    output wire          z_p,       // product
    output wire          z_n
);

// derived, do not change
localparam F = WB + 1;              // fractional bits of the residual

// illegal parameters stop elaboration; Icarus 11 has no elaboration $error, so there a missing module says it
generate
    if (WB < 2 || WB > 32) begin : guard_wb
`ifdef __ICARUS__
        online_mul_const_parameter_WB_must_be_2_to_32 guard ();
`else
        $error("Error: online_mul_const parameter WB must be 2 to 32 (instance %m)");
`endif
    end
endgenerate

reg [F:0] w_reg;                    // residual: sign and F fractional bits
reg start_reg, ready_reg, z_first_reg, z_p_reg, z_n_reg;

wire [F:0]   w;                     // residual before this digit
wire [F+1:0] a;                     // x_k Y 2^-2, less one ulp when x_k = -1
wire [F+1:0] v;                     // sign, one integer bit, F fractional bits
wire signed [3:0] v_hat;            // v in quarters, rounded down
wire p_p, p_n;

assign z_first = z_first_reg;
assign z_p     = z_p_reg;
assign z_n     = z_n_reg;

// recurrence: a new frame starts from w = 0
assign w = first ? {F+1{1'b0}} : w_reg;
assign a = x_n ? ~{{3{y[WB-1]}}, y} : x_p ? {{3{y[WB-1]}}, y} : {F+2{1'b0}};
assign v = {w, 1'b0} + a + {{F+1{1'b0}}, x_n};

// selection: 1 from 1/2 up, -1 from -3/4 down, nothing while the first two digits come in
assign v_hat = v[F+1:F-2];
assign p_p   = !first && !start_reg && v_hat >= 4'sd2;
assign p_n   = !first && !start_reg && v_hat <= -4'sd3;

always @(posedge clk) begin
    if (ce) begin
        // |w| < 1: to take away +1 or -1 is to flip the bit of weight 1, which becomes the sign
        w_reg   <= {v[F] ^ (p_p || p_n), v[F-1:0]};
        z_p_reg <= p_p;
        z_n_reg <= p_n;

        start_reg   <= first;
        ready_reg   <= start_reg;
        z_first_reg <= ready_reg;
    end

    if (rst) begin
        w_reg       <= {F+1{1'b0}};
        z_p_reg     <= 1'b0;
        z_n_reg     <= 1'b0;
        start_reg   <= 1'b0;
        ready_reg   <= 1'b0;
        z_first_reg <= 1'b0;
    end
end

endmodule

`resetall
