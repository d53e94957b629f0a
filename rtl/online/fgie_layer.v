// SPDX-License-Identifier: Apache-2.0
// FGIE layer: M neurons on one broadcast stream of activations, each with its weights in place, each stopping on its own.
//
//   Z_m = max(0, sum_k X_k Y_mk + B_m / 2);   with POOL > 1 the greatest of each POOL neighbours
//
// Formats:  s_axis_x: a frame has up to N beats, beat i the digits i of all operands, {x_n, x_p}, weights 2^-i.
//           Its tuser, constant over the frame, holds fields of 6 bits: the lowest says how many operand digits count
//           (what follows is ignored, what is missing is zero; more than N is N), the next how many result digits are wanted
//           (1 to 63; they need no more operand digits than that and DELTA more), the others are for layers behind.
//           m_axis_z: a beat a result digit, {z_n, z_p}, the first of weight 2^(GROWTH-1), tlast with the last; its tuser is
//           that of s_axis_x without the lowest field, so that layers chain: to the next one, Z weighs 2^-GROWTH Z.
//           A frame of s_axis_x is what ends with tlast, of any length, and gives one frame of results.
//           s_axis_w: a frame has M beats, beat m is {bias, weights} of neuron m as in fgie_neuron.
//           m_axis_stat: a beat a frame, {digit cycles of all neurons [15:0], those of them saved by stopping [15:0]}.
//           A digit is -1, 0 or 1 on two rails, x = x_p - x_n; the code (1,1) is never sent and never produced.
// Weights:  a frame uses the last s_axis_w frame that was taken whole before its first beat; from the first beat of s_axis_w
//           to its last no frame begins; new weights wait until the last result digit of the frames before has been taken.
//           Neurons that a short s_axis_w frame does not reach keep their weights, beats behind the last neuron are
//           ignored. Weights survive a reset, but not one in the middle of s_axis_w: the next beat is that of neuron 0.
// Latency:  cycles from the acceptance of the first beat of s_axis_x to the first beat of m_axis_z, unstalled:
//           3 + floor(L / PIPE) + ceil(log2(POOL)), without floor(L / PIPE) if PIPE is 0, L = ceil(log2(K + 1)); of the tree
//           4 + 2L + ceil(log2(POOL)). The D result digits follow in a row; m_axis_stat comes D - ceil(log2(POOL))
//           cycles after the first of them.
// Period:   cycles from frame to frame, unstalled: max(b, D + 1) with b beats of s_axis_x and D result digits, of the tree
//           max(b, D + L + 2); the beats of a frame are taken in a row. Everything stalls together: between the first
//           operand digit that counts and the last one while s_axis_x has none, and while m_axis_z or m_axis_stat waits.
// Source:   Abdelhadi and Shannon, Fine-Grained Inference Engine Utilizing Online Arithmetic, ICFPT 2019.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module fgie_layer #(
    parameter K      = 16,             // operands (1..1023)
    parameter M      = 4,              // neurons (1..1024)
    parameter WB     = 8,              // bits of a weight and of the bias (2..32)
    parameter N      = 8,              // most operand digits of a frame (1..63)
    parameter GROWTH = $clog2(K + 1),  // as in fgie_neuron (0..ceil(log2(K + 1)); of the tree, the latter)
    parameter MERGED = 1,              // as in fgie_neuron (0..1)
    parameter PIPE   = 1,              // as in fgie_neuron (0 or more)
    parameter RELU   = 1,              // as in fgie_neuron (0..1)
    parameter POOL   = 1,              // neurons of which the greatest result counts (1..M, divides M)
    parameter UW     = 12              // bits of s_axis_x_tuser (12 or more)
) (
    input  wire                  clk,             // clock
    input  wire                  rst,             // synchronous reset
    input  wire [(K+1)*WB-1:0]   s_axis_w_tdata,  // weights and bias of a neuron
    input  wire                  s_axis_w_tvalid,
    output wire                  s_axis_w_tready,
    input  wire                  s_axis_w_tlast,
    input  wire [2*K-1:0]        s_axis_x_tdata,  // operand digits of one significance
    input  wire [UW-1:0]         s_axis_x_tuser,  // precision
    input  wire                  s_axis_x_tvalid,
    output wire                  s_axis_x_tready,
    input  wire                  s_axis_x_tlast,
    output wire [2*(M/(POOL<1?1:POOL))-1:0] m_axis_z_tdata,  // result digits of one significance
    output wire [UW-7:0]         m_axis_z_tuser,  // precision of the layers behind
    output wire                  m_axis_z_tvalid,
    input  wire                  m_axis_z_tready,
    output wire                  m_axis_z_tlast,
    output wire [31:0]           m_axis_stat_tdata, // digit cycles
    output wire                  m_axis_stat_tvalid,
    input  wire                  m_axis_stat_tready,
    output wire                  m_axis_stat_tlast
);

// derived, do not change
localparam Z     = M / (POOL < 1 ? 1 : POOL);  // results
localparam DEPTH = $clog2(POOL);               // levels of maxima
localparam MB    = $clog2(M + 1);              // bits of the number of a neuron
localparam TAIL  = MERGED != 0 ? 0 : $clog2(K + 1) + 1; // cycles of a frame behind its result digits, less one
localparam SUMS  = PIPE == 0 ? 3 : 3 + $clog2(K + 1) / (PIPE == 0 ? 1 : PIPE);
localparam LAT   = (MERGED != 0 ? SUMS : 4 + 2 * $clog2(K + 1)) + DEPTH; // from the first operand digit to the first result
localparam FLY   = LAT / (TAIL + 2) + 1;       // most frames on their way: they have one digit, and come as fast as they may
localparam UB    = FLY > 4 ? $clog2(FLY) : 2;  // bits of a slot's number
localparam SLOTS = 1 << UB;

// illegal parameters stop elaboration; Icarus 11 has no elaboration $error, so there a missing module says it
generate
    if (M < 1 || M > 1024) begin : guard_m
`ifdef __ICARUS__
        fgie_layer_parameter_M_must_be_1_to_1024 guard ();
`else
        $error("Error: fgie_layer parameter M must be 1 to 1024 (instance %m)");
`endif
    end
    if (N < 1 || N > 63) begin : guard_n
`ifdef __ICARUS__
        fgie_layer_parameter_N_must_be_1_to_63 guard ();
`else
        $error("Error: fgie_layer parameter N must be 1 to 63 (instance %m)");
`endif
    end
    if (POOL < 1 || POOL > M || M % (POOL < 1 ? 1 : POOL) != 0) begin : guard_pool
`ifdef __ICARUS__
        fgie_layer_parameter_POOL_must_be_1_to_M_and_divide_it guard ();
`else
        $error("Error: fgie_layer parameter POOL must be 1 to M and divide it (instance %m)");
`endif
    end
    if (UW < 12) begin : guard_uw
`ifdef __ICARUS__
        fgie_layer_parameter_UW_must_be_12_or_more guard ();
`else
        $error("Error: fgie_layer parameter UW must be 12 or more (instance %m)");
`endif
    end
endgenerate

// input side
reg           busy_reg;                // a frame is on: its results need more cycles before the next one may begin
reg           beats_reg;               // beats of it are to come
reg  [6:0]    cycles_reg;              // cycles to go
reg  [5:0]    digits_reg;              // operand digits that count and are to come
reg  [MB-1:0] neuron_reg;              // neuron whose weights come next, M behind the last one

wire       ce;                         // everything moves
wire       stuck;                      // a result cannot go
wire       begins, first;              // a frame may begin, begins
wire       wanted;                     // an operand digit counts
wire [5:0] operands, digits;           // of the frame that begins
wire       x_valid, x_ready, load;

// frames on their way, oldest first, for what their results carry
reg  [UW-7:0] user_reg [0:SLOTS-1];
reg  [UB-1:0] user_in_reg, user_out_reg;
reg  [UB:0]   users_reg;
wire          leaves;                  // last result digit
reg           skid_valid_reg;          // a result digit waits for m_axis_z_tready

assign operands = {26'd0, s_axis_x_tuser[5:0]} > N ? N : s_axis_x_tuser[5:0];
assign digits   = s_axis_x_tuser[11:6] == 6'd0 ? 6'd1 : s_axis_x_tuser[11:6];

assign begins = !busy_reg && !beats_reg && !users_reg[UB];
assign first  = begins && x_valid;
assign wanted = busy_reg && beats_reg && digits_reg != 6'd0;
assign ce     = !stuck && (!wanted || x_valid);

// what does not count any more is taken as it comes
assign x_ready = !stuck && (begins || beats_reg);

setup_gate gate (
    .clk(clk),
    .rst(rst),
    .occupied(busy_reg || users_reg != {UB+1{1'b0}} || skid_valid_reg),
    .s_setup_tvalid(s_axis_w_tvalid),
    .s_setup_tready(s_axis_w_tready),
    .s_setup_tlast(s_axis_w_tlast),
    .m_setup_tvalid(load),
    .m_setup_tready(1'b1),
    .s_frame_tvalid(s_axis_x_tvalid),
    .s_frame_tready(s_axis_x_tready),
    .s_frame_tlast(s_axis_x_tlast),
    .m_frame_tvalid(x_valid),
    .m_frame_tready(x_ready)
);

always @(posedge clk) begin
    if (ce) begin
        if (first) begin
            user_reg[user_in_reg] <= s_axis_x_tuser[UW-1:6];
            user_in_reg           <= user_in_reg + {{UB-1{1'b0}}, 1'b1};
            busy_reg              <= 1'b1;
            cycles_reg            <= {1'b0, digits} + TAIL[6:0];
            digits_reg            <= operands == 6'd0 ? 6'd0 : operands - 6'd1;
        end else begin
            busy_reg   <= busy_reg && cycles_reg != 7'd1;
            cycles_reg <= cycles_reg - 7'd1;
            digits_reg <= digits_reg - {5'd0, digits_reg != 6'd0};
        end
    end
    if (x_valid && x_ready) begin
        beats_reg <= !s_axis_x_tlast;
    end
    users_reg <= users_reg + {{UB{1'b0}}, ce && first} - {{UB{1'b0}}, leaves};
    if (leaves) begin
        user_out_reg <= user_out_reg + {{UB-1{1'b0}}, 1'b1};
    end
    if (load) begin
        neuron_reg <= s_axis_w_tlast ? {MB{1'b0}} : neuron_reg + {{MB-1{1'b0}}, neuron_reg != M[MB-1:0]};
    end

    if (rst) begin
        busy_reg     <= 1'b0;
        beats_reg    <= 1'b0;
        users_reg    <= {UB+1{1'b0}};
        user_in_reg  <= {UB{1'b0}};
        user_out_reg <= {UB{1'b0}};
        neuron_reg   <= {MB{1'b0}};
    end
end

// neurons: all see the same digits
wire [K-1:0] x_p = s_axis_x_tdata[K-1:0] & {K{first ? operands != 6'd0 : wanted}};
wire [K-1:0] x_n = s_axis_x_tdata[2*K-1:K] & {K{first ? operands != 6'd0 : wanted}};
wire [M-1:0] raw_first, raw_p, raw_n, raw_last, stop;

genvar m, l, k;

generate
    for (m = 0; m < M; m = m + 1) begin : node
        localparam [MB-1:0] NUMBER = m;
        reg  [(K+1)*WB-1:0] weights_reg;
        wire [5:0]          saved;
        wire                unused_saved = &saved;

        always @(posedge clk) begin
            if (load && neuron_reg == NUMBER) begin
                weights_reg <= s_axis_w_tdata;
            end
        end

        fgie_neuron #(
            .K(K),
            .WB(WB),
            .GROWTH(GROWTH),
            .MERGED(MERGED),
            .PIPE(PIPE),
            .RELU(RELU)
        ) neuron (
            .clk(clk),
            .rst(rst),
            .ce(ce),
            .first(first),
            .x_p(x_p),
            .x_n(x_n),
            .y(weights_reg[K*WB-1:0]),
            .bias(weights_reg[K*WB +: WB]),
            .digits(digits),
            .z_first(raw_first[m]),
            .z_p(raw_p[m]),
            .z_n(raw_n[m]),
            .stop(stop[m]),
            .saved_valid(raw_last[m]),
            .saved(saved)
        );
    end
endgenerate

// digit cycles: a neuron that has stopped saves all digits behind this one
reg         open_reg;                  // more result digits of this frame are to come
reg  [15:0] total_reg, saved_reg;      // so far
reg         stat_valid_reg;
reg  [31:0] stat_reg;
wire [15:0] total, saved_before;
reg  [15:0] stopped;
integer     i;

wire unused_step = &{raw_first, raw_last};
wire raw_slot    = raw_first[0] || open_reg;

assign total        = M + (raw_first[0] ? 16'd0 : total_reg);
assign saved_before = raw_first[0] ? 16'd0 : saved_reg;

assign m_axis_stat_tdata  = stat_reg;
assign m_axis_stat_tvalid = stat_valid_reg;
assign m_axis_stat_tlast  = 1'b1;

always @* begin
    stopped = 16'd0;
    for (i = 0; i < M; i = i + 1) begin
        stopped = stopped + {15'd0, stop[i]};
    end
end

always @(posedge clk) begin
    if (m_axis_stat_tready) begin
        stat_valid_reg <= 1'b0;
    end
    if (ce) begin
        open_reg  <= raw_slot && !raw_last[0];
        total_reg <= total;
        saved_reg <= saved_before + stopped;
        if (raw_last[0]) begin
            stat_valid_reg <= 1'b1;
            stat_reg       <= {total, saved_before};
        end
    end

    if (rst) begin
        open_reg       <= 1'b0;
        stat_valid_reg <= 1'b0;
    end
end

// maxima: level 0 holds the neurons' digits, level l the greatest of 2^l neighbours
wire [DEPTH:0] slot, last;             // a result digit is due, and the last one, level by level
wire [Z-1:0]   z_p, z_n;

assign slot[0] = raw_slot;
assign last[0] = raw_last[0];

generate
    for (l = 1; l <= DEPTH; l = l + 1) begin : step
        reg slot_reg, last_reg;

        assign slot[l] = slot_reg;
        assign last[l] = last_reg;

        always @(posedge clk) begin
            if (ce) begin
                slot_reg <= slot[l-1];
                last_reg <= last[l-1];
            end

            if (rst) begin
                slot_reg <= 1'b0;
                last_reg <= 1'b0;
            end
        end
    end

    for (m = 0; m < Z; m = m + 1) begin : pool
        for (l = 0; l <= DEPTH; l = l + 1) begin : level
            localparam COUNT = (POOL + (1 << l) - 1) >> l;
            localparam BELOW = (POOL + (1 << l >> 1) - 1) >> (l > 0 ? l - 1 : 0);
            wire [COUNT-1:0] f, p, n;

            for (k = 0; k < COUNT; k = k + 1) begin : entry
                if (l == 0) begin : neuron
                    assign f[k] = raw_first[m*POOL+k];
                    assign p[k] = raw_p[m*POOL+k];
                    assign n[k] = raw_n[m*POOL+k];
                end else begin : greater
                    // an odd one out is compared with itself
                    localparam OTHER = 2 * k + 1 < BELOW ? 2 * k + 1 : 2 * k;

                    online_max maximum (
                        .clk(clk),
                        .rst(rst),
                        .ce(ce),
                        .first(level[l-1].f[2*k]),
                        .x_p(level[l-1].p[2*k]),
                        .x_n(level[l-1].n[2*k]),
                        .y_p(level[l-1].p[OTHER]),
                        .y_n(level[l-1].n[OTHER]),
                        .z_first(f[k]),
                        .z_p(p[k]),
                        .z_n(n[k])
                    );
                end
            end
            wire unused_f = &f;
        end

        assign z_p[m] = level[DEPTH].p[0];
        assign z_n[m] = level[DEPTH].n[0];
    end
endgenerate

// output side: a digit that is not taken at once goes to a register, so that m_axis_z_tready reaches no clock enable
reg  fresh_reg;                        // the digits at the end have not gone yet
reg  skid_last_reg;
reg  [2*Z-1:0] skid_reg;
reg  [UW-7:0]  skid_user_reg;
wire due, moves;

assign due    = fresh_reg && slot[DEPTH];
assign moves  = due && !skid_valid_reg;
assign leaves = moves && last[DEPTH];
assign stuck  = (due && skid_valid_reg) || (raw_last[0] && stat_valid_reg);

assign m_axis_z_tvalid = due || skid_valid_reg;
assign m_axis_z_tdata  = skid_valid_reg ? skid_reg : {z_n, z_p};
assign m_axis_z_tuser  = skid_valid_reg ? skid_user_reg : user_reg[user_out_reg];
assign m_axis_z_tlast  = skid_valid_reg ? skid_last_reg : last[DEPTH];

always @(posedge clk) begin
    fresh_reg <= ce || (fresh_reg && skid_valid_reg);
    if (!skid_valid_reg) begin
        skid_reg      <= {z_n, z_p};
        skid_user_reg <= user_reg[user_out_reg];
        skid_last_reg <= last[DEPTH];
    end
    skid_valid_reg <= m_axis_z_tvalid && !m_axis_z_tready;

    if (rst) begin
        fresh_reg      <= 1'b0;
        skid_valid_reg <= 1'b0;
    end
end

endmodule

`resetall
