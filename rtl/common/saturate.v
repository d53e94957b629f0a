// SPDX-License-Identifier: Apache-2.0
// Clips a signed word to fewer bits.
//
//   y = min(max(x, LOW), HIGH),   clipped = (y != x)
//
// Formats:  x: XB bits, two's complement. y: YB bits; with POSITIVE 0 two's complement, LOW = -2^(YB-1), HIGH =
//           2^(YB-1) - 1; with POSITIVE 1 unsigned, LOW = 0, HIGH = 2^YB - 1, so that negative words become 0.
// Latency:  none.
// Period:   combinational.
// Source:   common practice.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module saturate #(
    parameter XB       = 16,                             // bits of x (2..64)
    parameter YB       = 8,                              // bits of y (1..XB-1)
    parameter POSITIVE = 0                               // 1: y is unsigned (0..1)
) (
    input  wire [XB-1:0] x,                              // word
    output wire [YB-1:0] y,                              // the same, or the end of the range that it is beyond
    output wire          clipped                         // it is beyond
);

// illegal parameters stop elaboration; Icarus 11 has no elaboration $error, so there a missing module says it
generate
    if (XB < 2 || XB > 64) begin : guard_xb
`ifdef __ICARUS__
        saturate_parameter_XB_must_be_2_to_64 guard ();
`else
        $error("Error: saturate parameter XB must be 2 to 64 (instance %m)");
`endif
    end
    if (YB < 1 || YB > XB - 1) begin : guard_yb
`ifdef __ICARUS__
        saturate_parameter_YB_must_be_1_to_XB_minus_1 guard ();
`else
        $error("Error: saturate parameter YB must be 1 to XB - 1 (instance %m)");
`endif
    end
    if (POSITIVE < 0 || POSITIVE > 1) begin : guard_positive
`ifdef __ICARUS__
        saturate_parameter_POSITIVE_must_be_0_or_1 guard ();
`else
        $error("Error: saturate parameter POSITIVE must be 0 or 1 (instance %m)");
`endif
    end
endgenerate

wire negative = x[XB-1];

generate
    if (POSITIVE != 0) begin : unsigned_range
        // within the range all bits above it are 0
        assign clipped = |x[XB-1:YB];
        assign y       = clipped ? {YB{!negative}} : x[YB-1:0];
    end else begin : signed_range
        // within the range all bits above it are the sign, and so is its own uppermost
        wire [XB-YB:0] above = x[XB-1:YB-1];
        assign clipped = above != {XB-YB+1{negative}};
        if (YB == 1) begin : sign
            assign y = negative;
        end else begin : word
            assign y = clipped ? {negative, {YB-1{!negative}}} : x[YB-1:0];
        end
    end
endgenerate

endmodule

`resetall
