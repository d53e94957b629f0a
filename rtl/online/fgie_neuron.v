// SPDX-License-Identifier: Apache-2.0
// FGIE neuron: K synapses with their weights in place, one online sum, ReLU that stops the synapses of a negative result.
//
//   Z = max(0, sum_k X_k Y_k + B / 2),   the bias being one more synapse, whose operand is 1/2: digits 1, 0, 0, ...
//
// Formats:  x_k is a frame of any n digits of weights 2^-1..2^-n; y_k and b are two's complement, Y = y / 2^(WB-1), weight
//           k at y[k*WB +: WB], held from digit 1 to digit n. z has `digits` = 1..63 digits, read with first, so that every
//           frame may have its own precision; its first digit has weight 2^(GROWTH-1), zeros follow the last. With
//           |sum| <= 2^GROWTH the digits are those of online_dot_merged (MERGED = 1, legal when sum |Y| + |B| / 2 <=
//           2^GROWTH) or online_dot (MERGED = 0). A digit is -1, 0 or 1 on two rails, x = x_p - x_n; the code (1,1) is
//           never sent and never produced.
// Stop:     from the result digit on that makes z negative, `stop` is high, z is zero, and the synapses stand still: their
//           clock enable is low and their operands are isolated, until the next first. They stand still, too, behind the
//           last digit. saved is how many of the frame's result digits were never computed, once a frame.
// Latency:  z_first is high 3 + floor(L / PIPE) enabled cycles after first, L = ceil(log2(K + 1)); of the tree, 4 + 2L.
//           saved_valid is high for one enabled cycle, with the last digit of z.
// Period:   a frame every max(n, digits + 1) enabled cycles or more; of the tree, max(n, digits + L + 2).
// Source:   Abdelhadi and Shannon, Fine-Grained Inference Engine Utilizing Online Arithmetic, ICFPT 2019.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module fgie_neuron #(
    parameter K      = 16,             // synapses (1..1023)
    parameter WB     = 8,              // bits of a weight and of the bias (2..32)
    parameter GROWTH = $clog2(K + 1),  // result digits in front of the point (0..ceil(log2(K+1)); of the tree, the latter)
    parameter MERGED = 1,              // 1: one residual for all synapses, 0: a tree of adders (0..1)
    parameter PIPE   = 1,              // levels of carry-chain adders from register to register, 0: no register (0 or more)
    parameter RELU   = 1               // 1: ReLU and early termination, 0: neither (0..1)
) (
    input  wire            clk,         // clock
    input  wire            rst,         // synchronous reset
    input  wire            ce,          // clock enable: everything holds when low
    input  wire            first,       // first digits of all x are on the pins
    input  wire [K-1:0]    x_p,         // operands x, one digit each
    input  wire [K-1:0]    x_n,
    input  wire [K*WB-1:0] y,           // weights
    input  wire [WB-1:0]   bias,        // bias
    input  wire [5:0]      digits,      // result digits of the frame that begins
    output wire            z_first,     // first digit of z is on the pins
    output wire            z_p,         // result
    output wire            z_n,
    output wire            stop,        // z is negative: nothing is computed any more
    output wire            saved_valid, // last digit of z and saved are on the pins
    output wire [5:0]      saved        // result digits that were never computed
);

// derived, do not change
localparam L    = $clog2(K + 1);       // levels of adders, growth in the worst case
localparam SUM  = PIPE == 0 ? 2 : 2 + L / (PIPE == 0 ? 1 : PIPE);
localparam LAT  = MERGED != 0 ? SUM : 3 + 2*L; // enabled cycles from first to the first digit of the sum
localparam PB   = $clog2(LAT + 2);     // bits of a count of frames on their way

// illegal parameters stop elaboration; Icarus 11 has no elaboration $error, so there a missing module says it
generate
    if (K < 1 || K > 1023) begin : guard_k
`ifdef __ICARUS__
        fgie_neuron_parameter_K_must_be_1_to_1023 guard ();
`else
        $error("Error: fgie_neuron parameter K must be 1 to 1023 (instance %m)");
`endif
    end
    if (WB < 2 || WB > 32) begin : guard_wb
`ifdef __ICARUS__
        fgie_neuron_parameter_WB_must_be_2_to_32 guard ();
`else
        $error("Error: fgie_neuron parameter WB must be 2 to 32 (instance %m)");
`endif
    end
    if (GROWTH < 0 || GROWTH > L || (MERGED == 0 && GROWTH != L)) begin : guard_growth
`ifdef __ICARUS__
        fgie_neuron_parameter_GROWTH_must_be_0_to_clog2_of_K_plus_1_and_the_latter_without_MERGED guard ();
`else
        $error("Error: fgie_neuron parameter GROWTH must be 0 to $clog2(K + 1), and the latter when MERGED is 0 (instance %m)");
`endif
    end
    if (MERGED != 0 && MERGED != 1) begin : guard_merged
`ifdef __ICARUS__
        fgie_neuron_parameter_MERGED_must_be_0_or_1 guard ();
`else
        $error("Error: fgie_neuron parameter MERGED must be 0 or 1 (instance %m)");
`endif
    end
    if (PIPE < 0) begin : guard_pipe
`ifdef __ICARUS__
        fgie_neuron_parameter_PIPE_must_be_0_or_more guard ();
`else
        $error("Error: fgie_neuron parameter PIPE must be 0 or more (instance %m)");
`endif
    end
    if (RELU != 0 && RELU != 1) begin : guard_relu
`ifdef __ICARUS__
        fgie_neuron_parameter_RELU_must_be_0_or_1 guard ();
`else
        $error("Error: fgie_neuron parameter RELU must be 0 or 1 (instance %m)");
`endif
    end
endgenerate

// control: one wire a frame runs along with the digits, to say which one is the last
reg  [5:0]     left_reg;      // result digits whose slot is to come
reg  [LAT-1:0] end_reg;       // slot of the last digit, on its way
reg  [PB-1:0]  pending_reg;   // frames that have begun and of which no digit has come out
reg            running_reg;   // the synapses moved and have work: the sum on the wires is new
reg            open_reg;      // more result digits of this frame are to come
reg  [5:0]     missed_reg;    // slots so far in which nothing was computed
reg            saved_valid_reg;

wire          sum_first, sum_p, sum_n;
wire          begins;         // first digit of the sum
wire          slot;           // a result digit is due
wire          last;           // and it is the last one
wire          negative;       // and it makes the result negative
wire          positive_before, negative_before;
wire [PB-1:0] pending;
wire [5:0]    missed;
wire          active;         // the synapses move
wire          d_p, d_n;

assign begins = sum_first && running_reg;
assign slot   = begins || open_reg;
assign last   = slot && end_reg[LAT-1];
assign d_p    = sum_p && running_reg && slot;
assign d_n    = sum_n && running_reg && slot;

// a frame that came after this one keeps the synapses running
assign pending  = pending_reg - {{PB-1{1'b0}}, begins};
assign negative = RELU != 0 && d_n && !positive_before;
assign active   = first || (running_reg && !((negative || last) && pending == {PB{1'b0}}));

assign missed = begins ? 6'd0 : missed_reg + {5'd0, slot && negative_before};

assign saved       = missed_reg;
assign saved_valid = saved_valid_reg;

always @(posedge clk) begin
    if (ce) begin
        left_reg        <= first ? digits - 6'd1 : left_reg - {5'd0, left_reg != 6'd0};
        end_reg         <= {end_reg[LAT-2:0], first ? digits == 6'd1 : left_reg == 6'd1};
        pending_reg     <= pending + {{PB-1{1'b0}}, first};
        running_reg     <= active;
        open_reg        <= slot && !last;
        missed_reg      <= missed;
        saved_valid_reg <= last;
    end

    if (rst) begin
        left_reg        <= 6'd0;
        end_reg         <= {LAT{1'b0}};
        pending_reg     <= {PB{1'b0}};
        running_reg     <= 1'b0;
        open_reg        <= 1'b0;
        missed_reg      <= 6'd0;
        saved_valid_reg <= 1'b0;
    end
end

// synapses: isolated by a register, so that the way from the sum back to them is short; the clock enable is in time
wire         feed = first || running_reg;
wire [K:0]   a_p  = {first, x_p & {K{feed}}};
wire [K:0]   a_n  = {1'b0, x_n & {K{feed}}};

generate
    if (MERGED != 0) begin : merged
        online_dot_merged #(
            .K(K + 1),
            .WB(WB),
            .BIAS(0),
            .PIPE(PIPE),
            .GROWTH(GROWTH)
        ) reduction (
            .clk(clk),
            .rst(rst),
            .ce(ce && active),
            .first(first),
            .x_p(a_p),
            .x_n(a_n),
            .y({bias, y}),
            .b_p(1'b0),
            .b_n(1'b0),
            .z_first(sum_first),
            .z_p(sum_p),
            .z_n(sum_n)
        );
    end else begin : tree
        online_dot #(
            .K(K + 1),
            .WB(WB)
        ) reduction (
            .clk(clk),
            .rst(rst),
            .ce(ce && active),
            .first(first),
            .x_p(a_p),
            .x_n(a_n),
            .y({bias, y}),
            .z_first(sum_first),
            .z_p(sum_p),
            .z_n(sum_n)
        );
    end
endgenerate

// result
generate
    if (RELU != 0) begin : relu
        wire s_first, s_p, s_n;
        wire unused_s = s_first;

        online_relu relu (
            .clk(clk),
            .rst(rst),
            .ce(ce),
            .first(begins),
            .x_p(d_p),
            .x_n(d_n),
            .z_first(z_first),
            .z_p(z_p),
            .z_n(z_n),
            .s_first(s_first),
            .s_p(s_p),
            .s_n(s_n)
        );

        assign positive_before = s_p && !begins;
        assign negative_before = s_n && !begins;
        assign stop            = s_n;
    end else begin : linear
        reg z_first_reg, z_p_reg, z_n_reg;

        assign z_first         = z_first_reg;
        assign z_p             = z_p_reg;
        assign z_n             = z_n_reg;
        assign positive_before = 1'b0;
        assign negative_before = 1'b0;
        assign stop            = 1'b0;

        always @(posedge clk) begin
            if (ce) begin
                z_first_reg <= begins;
                z_p_reg     <= d_p;
                z_n_reg     <= d_n;
            end

            if (rst) begin
                z_first_reg <= 1'b0;
                z_p_reg     <= 1'b0;
                z_n_reg     <= 1'b0;
            end
        end
    end
endgenerate

endmodule

`resetall
