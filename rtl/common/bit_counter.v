// SPDX-License-Identifier: Apache-2.0
// How many of six bits are set, and one more if asked for: a column of a heap of bits, by full adders.
//
//   out = a_0 + a_1 + a_2 + a_3 + a_4 + a_5 + one
//
// Formats:  all is unsigned; bits that are constant cost nothing.
// Latency:  none.
// Period:   combinational.
// Source:   counters of more than three bits: Dadda, 1965.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module bit_counter (
    input  wire [5:0] a,                                 // bits
    input  wire       one,                               // one more
    output wire [2:0] out                                // their sum
);

wire s0 = a[0] ^ a[1] ^ a[2];
wire c0 = (a[0] & a[1]) | (a[2] & (a[0] ^ a[1]));
wire s1 = a[3] ^ a[4] ^ a[5];
wire c1 = (a[3] & a[4]) | (a[5] & (a[3] ^ a[4]));
wire c2 = (s0 & s1) | (one & (s0 ^ s1));

assign out[0] = s0 ^ s1 ^ one;
assign out[1] = c0 ^ c1 ^ c2;
assign out[2] = (c0 & c1) | (c2 & (c0 ^ c1));

endmodule

`resetall
