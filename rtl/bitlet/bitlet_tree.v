// SPDX-License-Identifier: Apache-2.0
// Bitlet reduction: adds the values of 24 lanes, each at its significance, and the beats of a group.
//
//   S = sum over the beats of a frame of sum_b (-1)^s_b m_b 2^b
//
// Formats:  s_axis_v: a beat holds what 24 lanes deliver in one cycle, {s_b, m_b}, 1 and 24 bits, lane 0 lowest; a frame is a
//           group of N pairs. m_axis_s: one beat a frame, S in two's complement, exact.
// Latency:  from the last beat of s_axis_v to m_axis_s 1 cycle.
// Period:   1 cycle a beat.
// Source:   Lu et al., MICRO 2021, section 4 (adder tree with wired shifts, accumulator).

`resetall
`timescale 1ns / 1ps
`default_nettype none

module bitlet_tree #(
    parameter N        = 64,                             // most values a lane has in a frame (1..128)
    parameter LOCKSTEP = 0,                              // 1: works while m_axis_s_tready is high, whether or not it offers a beat (0..1)
    // derived, do not change
    parameter SW       = 49 + $clog2(N)                  // bits of a sum
) (
    input  wire          clk,                            // clock
    input  wire          rst,                            // synchronous reset
    input  wire [599:0]  s_axis_v_tdata,                 // a value of each lane
    input  wire          s_axis_v_tvalid,
    output wire          s_axis_v_tready,
    input  wire          s_axis_v_tlast,
    output wire [SW-1:0] m_axis_s_tdata,                 // sum of the group
    output wire          m_axis_s_tvalid,
    input  wire          m_axis_s_tready,
    output wire          m_axis_s_tlast
);

// illegal parameters stop elaboration; Icarus 11 has no elaboration $error, so there a missing module says it
generate
    if (N < 1 || N > 128) begin : guard_n
`ifdef __ICARUS__
        bitlet_tree_parameter_N_must_be_1_to_128 guard ();
`else
        $error("Error: bitlet_tree parameter N must be 1 to 128 (instance %m)");
`endif
    end
    if (LOCKSTEP != 0 && LOCKSTEP != 1) begin : guard_lockstep
`ifdef __ICARUS__
        bitlet_tree_parameter_LOCKSTEP_must_be_0_or_1 guard ();
`else
        $error("Error: bitlet_tree parameter LOCKSTEP must be 0 or 1 (instance %m)");
`endif
    end
endgenerate

// Carry save, from the lanes down to two rows: six rows at a time become one of ones, one of twos, one of fours.
// -m is ~m + 1: with ~m of 24 bits, a lane is {~s, m ^ s} 2^b + s 2^b - 2^(b+24); the last terms of all lanes are 2^24 - 2^48.
wire [24*SW-1:0] rows;                                   // of the lanes
wire [SW-1:0]    rest;                                   // terms that have no place in a row
wire [SW-1:0]    part;                                   // of the beats so far
reg  [SW-1:0]    sum_reg;
reg              valid_reg, fresh_reg;                   // the next beat starts a sum
wire             move, last;

assign part = sum_reg & {SW{!fresh_reg}};

genvar b, g, c;

generate
    for (b = 0; b < 24; b = b + 1) begin : lane
        wire [23:0] magnitude = s_axis_v_tdata[25*b +: 24];
        wire        sign      = s_axis_v_tdata[25*b+24];
        wire [SW-1:0] number = {{SW-25{1'b0}}, !sign, magnitude ^ {24{sign}}} << b;
        if (b % 6 == 5) begin : others                   // the last of six leaves room for the others' signs
            wire [4:0] signs = {s_axis_v_tdata[25*b-1], s_axis_v_tdata[25*b-26], s_axis_v_tdata[25*b-51], s_axis_v_tdata[25*b-76], s_axis_v_tdata[25*b-101]};
            assign rows[b*SW +: SW] = number | ({{SW-5{1'b0}}, signs} << (b - 5));
        end else begin : alone
            assign rows[b*SW +: SW] = number;
        end
    end
    for (c = 0; c < SW; c = c + 1) begin : remainder
        assign rest[c] = c < 24 ? c % 6 == 5 && s_axis_v_tdata[25*(c%24)+24] : c == 24 || c >= 48;
    end
    for (g = 0; g < 8; g = g + 1) begin : six
        wire [6*SW-1:0] from;
        wire [SW-1:0]   one, two, four;
        wire [3*SW-1:0] made        = {four[SW-3:0], 2'd0, two[SW-2:0], 1'b0, one};
        wire [2:0]      unused_tops = {four[SW-1:SW-2], two[SW-1]};
        if (g < 4) begin : lanes
            assign from = rows[6*SW*g +: 6*SW];
        end else if (g < 7) begin : pair
            assign from = {six[2*g-7].made, six[2*g-8].made};
        end else begin : all
            assign from = {{SW{1'b0}}, part, rest, six[6].made};
        end
        // six bits of a column make a number of three: one LUT each
        wire [SW-1:0] a0 = from[0 +: SW], a1 = from[SW +: SW], a2 = from[2*SW +: SW];
        wire [SW-1:0] b0 = from[3*SW +: SW], b1 = from[4*SW +: SW], b2 = from[5*SW +: SW];
        wire [SW-1:0] a_one = a0 ^ a1 ^ a2, a_two = (a0 & a1) | (a0 & a2) | (a1 & a2);
        wire [SW-1:0] b_one = b0 ^ b1 ^ b2, b_two = (b0 & b1) | (b0 & b2) | (b1 & b2);
        wire [SW-1:0] carried = a_one & b_one;
        assign one  = a_one ^ b_one;
        assign two  = a_two ^ b_two ^ carried;
        assign four = (a_two & b_two) | (a_two & carried) | (b_two & carried);
    end
endgenerate

// three rows to two, and their sum: carries run bit by bit, but past the middle at once
localparam LOW = 16, HIGH = 40;
wire [SW-1:0] r0, r1, r2;
assign {r2, r1, r0} = six[7].made;
wire [SW-1:0] x  = r0 ^ r1 ^ r2;
wire [SW-1:0] y  = {(r0[SW-2:0] & r1[SW-2:0]) | (r0[SW-2:0] & r2[SW-2:0]) | (r1[SW-2:0] & r2[SW-2:0]), 1'b0};
wire [SW-1:0]     carry;                                 // into a bit
wire [HIGH:LOW]   alone;                                 // the same without what comes from the low bits

generate
    for (c = 0; c < SW; c = c + 1) begin : add
        if (c == LOW) begin : from_low
            assign alone[c] = 1'b0;
        end else if (c > LOW && c <= HIGH) begin : from_middle
            assign alone[c] = (x[c-1] && y[c-1]) || ((x[c-1] || y[c-1]) && alone[c-1]);
        end
        if (c == 0) begin : first
            assign carry[c] = 1'b0;
        end else if (c == HIGH) begin : skip
            assign carry[c] = alone[c] || (&(x[HIGH-1:LOW] | y[HIGH-1:LOW]) && carry[LOW]);
        end else begin : next
            assign carry[c] = (x[c-1] && y[c-1]) || ((x[c-1] || y[c-1]) && carry[c-1]);
        end
    end
endgenerate

assign move            = (LOCKSTEP == 0 && !valid_reg) || m_axis_s_tready;
assign last            = s_axis_v_tvalid && s_axis_v_tlast;
assign s_axis_v_tready = move;
assign m_axis_s_tdata  = sum_reg;
assign m_axis_s_tvalid = valid_reg;
assign m_axis_s_tlast  = 1'b1;

// all with one enable and one reset, like the lanes: registers that differ there are islands to synthesis, and cost LUTs between
always @(posedge clk) begin
    if (rst) begin
        valid_reg <= 1'b0;
        fresh_reg <= 1'b1;
        sum_reg   <= {SW{1'b0}};
    end else if (move) begin
        valid_reg <= last;
        fresh_reg <= last || (fresh_reg && !s_axis_v_tvalid);
        sum_reg   <= ((x ^ y ^ carry) & {SW{s_axis_v_tvalid}}) | (sum_reg & {SW{!s_axis_v_tvalid}}); // ?: would be one more enable
    end
end

endmodule

`resetall
