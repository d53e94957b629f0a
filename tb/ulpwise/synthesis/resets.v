// SPDX-License-Identifier: Apache-2.0
// Map for Yosys: a register with an asynchronous reset becomes one with a synchronous reset of the same cost.

(* techmap_celltype = "$adff" *)
module synchronous #(
    parameter WIDTH         = 1,
    parameter CLK_POLARITY  = 1,
    parameter ARST_POLARITY = 1,
    parameter ARST_VALUE    = 0
) (
    input  wire             CLK,
    input  wire             ARST,
    input  wire [WIDTH-1:0] D,
    output wire [WIDTH-1:0] Q
);

\$sdff #(
    .WIDTH(WIDTH), .CLK_POLARITY(CLK_POLARITY), .SRST_POLARITY(ARST_POLARITY), .SRST_VALUE(ARST_VALUE)
) _TECHMAP_REPLACE_ (.CLK(CLK), .SRST(ARST), .D(D), .Q(Q));

endmodule
