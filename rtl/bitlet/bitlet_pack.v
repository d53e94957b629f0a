// SPDX-License-Identifier: Apache-2.0
// Bitlet packer: an exact total to float32, truncated, or to a fixed-point integer.
//
//   float32:  z = T 2^-298, rounded toward zero; from 2^128 on infinity, below 2^-126 subnormal
//   fixed:    z = T, saturated or wrapped to OUT bits
//
// Formats:  s_axis_t: a beat is a result, {cycles, fixed, NaN, -inf, +inf, T} as in bitlet_acc. NaN comes first, then both infinities, which
//           are NaN, then one. m_axis_z: a beat is a result, {cycles, z}, 32 and 64 bits: float32 in the low 32 with zeros above, or an
//           integer of OUT bits with its sign above. Zero is +0, a negative number too small to show is -0; NaN is 7fc00000.
// Latency:  from s_axis_t to m_axis_z 2 cycles.
// Period:   1 cycle a result.
// Source:   Lu et al., MICRO 2021, section 4 (packer); IEEE 754-2019, roundTowardZero, but overflow gives infinity.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module bitlet_pack #(
    parameter OUT      = 64,                             // bits of a fixed-point result (8..64)
    parameter SATURATE = 1                               // fixed-point results: 1 saturate, 0 wrap (0..1)
) (
    input  wire         clk,                             // clock
    input  wire         rst,                             // synchronous reset
    input  wire [611:0] s_axis_t_tdata,                  // total, flags and cycles
    input  wire         s_axis_t_tvalid,
    output wire         s_axis_t_tready,
    input  wire         s_axis_t_tlast,                  // ignored: each beat is a frame
    output wire [95:0]  m_axis_z_tdata,                  // result and cycles
    output wire         m_axis_z_tvalid,
    input  wire         m_axis_z_tready,
    output wire         m_axis_z_tlast
);

// illegal parameters stop elaboration; Icarus 11 has no elaboration $error, so there a missing module says it
generate
    if (OUT < 8 || OUT > 64) begin : guard_out
`ifdef __ICARUS__
        bitlet_pack_parameter_OUT_must_be_8_to_64 guard ();
`else
        $error("Error: bitlet_pack parameter OUT must be 8 to 64 (instance %m)");
`endif
    end
    if (SATURATE != 0 && SATURATE != 1) begin : guard_saturate
`ifdef __ICARUS__
        bitlet_pack_parameter_SATURATE_must_be_0_or_1 guard ();
`else
        $error("Error: bitlet_pack parameter SATURATE must be 0 or 1 (instance %m)");
`endif
    end
endgenerate

wire unused_last = s_axis_t_tlast;

// first stage: the word that holds the leading one of x, the total, or of a negative total the complement x = -T - 1
localparam LOW  = 149;                                   // bit of T that weighs 2^-149, the least float32
localparam TOP  = LOW + 277;                             // bit that weighs 2^128
localparam NEXT = 23;                                    // bits in front of a word that go with it

wire         minus  = s_axis_t_tdata[575];
wire         fixed  = s_axis_t_tdata[579];
wire [575:OUT-1] x  = s_axis_t_tdata[575:OUT-1] ^ {577-OUT{minus}};
wire [342:0] window = {{343-NEXT-(TOP-LOW){minus}}, s_axis_t_tdata[TOP-1:LOW-NEXT]};
wire         high   = |x[575:TOP];                       // 2^128 at least
wire [4:0]   some;                                       // word has a one in x
wire [4:0]   none;                                       // bits of T that do not go with it are all zero, those of a negative x ones
wire [2:0]   word   = some[4] ? 3'd4 : some[3] ? 3'd3 : some[2] ? 3'd2 : some[1] ? 3'd1 : 3'd0;
wire [86:0]  picked;                                     // the word and the bits in front of it, in T; or the low bits of T, and anything above
wire [2:0]   choice;                                     // of them: a word, or 5
wire [86:0]  low, upper;                                 // words 0 to 3; word 4 and the low bits
wire         move1, move2;

reg          valid1_reg, fixed1_reg, minus1_reg, none1_reg, over1_reg;
reg  [2:0]   word1_reg;
reg  [86:0]  bits1_reg;
reg  [2:0]   special1_reg;
reg  [31:0]  cycles1_reg, cycles2_reg;
reg          valid2_reg;
reg  [63:0]  result_reg;

assign move2           = !valid2_reg || m_axis_z_tready;
assign move1           = !valid1_reg || move2;
assign s_axis_t_tready = move1;
assign none[0]         = ~|s_axis_t_tdata[LOW-NEXT-1:0];
assign choice          = fixed ? 3'd5 : word;
assign low             = choice[1] ? (choice[0] ? window[192 +: 87] : window[128 +: 87]) : (choice[0] ? window[64 +: 87] : window[0 +: 87]);
assign upper           = {window[320 +: 23], choice[0] ? s_axis_t_tdata[63:0] : window[256 +: 64]};
assign picked          = choice[2] ? upper : low;

genvar k;

generate
    for (k = 0; k < 5; k = k + 1) begin : part
        if (k < 4) begin : whole
            assign some[k] = |x[LOW+64*k +: 64];
        end else begin : rest
            assign some[k] = |x[TOP-1:LOW+64*k];
        end
        if (k > 0) begin : lower
            assign none[k] = none[k-1] && ~|window[64*k-64 +: 64];
        end
    end
endgenerate

always @(posedge clk) begin
    // with one enable and one reset, like what comes in front: registers that differ there are islands to synthesis
    if (rst) begin
        valid1_reg   <= 1'b0;
        fixed1_reg   <= 1'b0;
        minus1_reg   <= 1'b0;
        none1_reg    <= 1'b0;
        over1_reg    <= 1'b0;
        word1_reg    <= 3'd0;
        bits1_reg    <= 87'd0;
        special1_reg <= 3'd0;
        cycles1_reg  <= 32'd0;
    end else if (move1) begin
        valid1_reg   <= s_axis_t_tvalid;
        fixed1_reg   <= fixed;
        minus1_reg   <= minus;
        none1_reg    <= none[word];
        over1_reg    <= high || (fixed && (|some || |x[LOW-1:OUT-1]));
        word1_reg    <= word;
        bits1_reg    <= picked;
        special1_reg <= s_axis_t_tdata[578:576];
        cycles1_reg  <= s_axis_t_tdata[611:580];
    end
end

// second stage: normalise, add the one that the complement lacks, choose
wire [86:0] x1   = bits1_reg ^ {87{minus1_reg}};
wire [63:1] lead = x1[86:24];
wire [5:0]  zeros;                                       // in front of the leading one, 63 when there is none

// leading zeros, two bits of their number at a time
wire [14:0] lead15 = zeros[5:4] == 2'd0 ? lead[63:49] : zeros[5:4] == 2'd1 ? lead[47:33] : zeros[5:4] == 2'd2 ? lead[31:17] : lead[15:1];
wire [2:0]  lead3  = zeros[3:2] == 2'd0 ? lead15[14:12] : zeros[3:2] == 2'd1 ? lead15[10:8] : zeros[3:2] == 2'd2 ? lead15[6:4] : lead15[2:0];

assign zeros[5:4] = |lead[63:48]   ? 2'd0 : |lead[47:32]  ? 2'd1 : |lead[31:16] ? 2'd2 : 2'd3;
assign zeros[3:2] = |lead15[14:11] ? 2'd0 : |lead15[10:7] ? 2'd1 : |lead15[6:3] ? 2'd2 : 2'd3;
assign zeros[1:0] = lead3[2]       ? 2'd0 : lead3[1]      ? 2'd1 : lead3[0]     ? 2'd2 : 2'd3;

wire [5:0]  shift  = word1_reg == 3'd0 && zeros > 6'd40 ? 6'd40 : zeros; // 40: subnormal

// The shift, likewise. Bits of x that it cannot bring into the significand need not be moved: are they all ones?
wire        full0  = &x1[15:0], full1 = &x1[31:16], full2 = &x1[47:32];
wire        below0 = (full0 || shift[5:4] == 2'd3) && (full1 || shift[5]) && (full2 || shift[5:4] != 2'd0);
wire [38:0] wide   = shift[5:4] == 2'd0 ? x1[86:48] : shift[5:4] == 2'd1 ? x1[70:32] : shift[5:4] == 2'd2 ? x1[54:16] : x1[38:0];
wire [38:0] middle = shift[3:2] == 2'd0 ? wide : shift[3:2] == 2'd1 ? {wide[34:0], 4'hf} : shift[3:2] == 2'd2 ? {wide[30:0], 8'hff} : {wide[26:0], 12'hfff};
wire        below1 = &middle[11:0];
wire [26:0] fine   = shift[1:0] == 2'd0 ? middle[38:12] : shift[1:0] == 2'd1 ? middle[37:11] : shift[1:0] == 2'd2 ? middle[36:10] : middle[35:9];

wire [23:0] significand = fine[26:3];
wire        carry = minus1_reg && none1_reg && below0 && below1 && &fine[2:0];
wire [8:0]  exponent = significand[23] ? {word1_reg, 6'd41} - {3'd0, shift} : 9'd0;
wire [30:0] number   = {exponent[7:0], significand[22:0]} + {30'd0, carry};
wire [31:0] float    = special1_reg[2] || &special1_reg[1:0] ? 32'h7fc00000
                     : |special1_reg   ? {special1_reg[1], 31'h7f800000}
                     : over1_reg       ? {minus1_reg, 31'h7f800000}
                     : {minus1_reg, number};
wire [63:0] wrapped  = {{64-OUT{bits1_reg[OUT-1]}}, bits1_reg[OUT-1:0]};
wire [63:0] limit    = {{65-OUT{minus1_reg}}, {OUT-1{!minus1_reg}}};
wire        unused_exponent = exponent[8];

always @(posedge clk) begin
    if (move2) begin
        valid2_reg  <= valid1_reg;
        cycles2_reg <= cycles1_reg;
        result_reg  <= ({32'd0, float} & {64{!fixed1_reg}}) | ((over1_reg && SATURATE != 0 ? limit : wrapped) & {64{fixed1_reg}});
    end

    if (rst) begin
        valid2_reg <= 1'b0;
    end
end

assign m_axis_z_tdata  = {cycles2_reg, result_reg};
assign m_axis_z_tvalid = valid2_reg;
assign m_axis_z_tlast  = 1'b1;

endmodule

`resetall
