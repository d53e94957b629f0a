// SPDX-License-Identifier: Apache-2.0
// FGIE network: fully connected layers chained online, each at work on the first digits of the layer before.
//
//   A_0 = X,   A_l = max(0, Y_l A_(l-1) + B_l / 2) 2^-G_l   (l < LAYERS; the greatest of each POOL neighbours),
//   result: Y A_(LAYERS-1) + B / 2 of the last layer, in two's complement
//
// Formats:  s_axis_x: as in fgie_layer; its tuser, constant over a frame, has LAYERS + 1 fields of 6 bits, lowest first: how
//           many digits of X count (0 to N), then how many result digits of layer 1, 2, ... are wanted (1 to 63). What
//           is not wanted is not computed: precision is chosen layer by layer and frame by frame. Frames as in fgie_layer.
//           m_axis_y: a beat a frame, word m at [m*(DY+1) +: DY+1]: with D result digits of the last layer (1 to DY),
//           result m is word / 2^(D - G), G the growth of that layer; with more digits (up to 63) only the low DY + 1 bits.
//           s_axis_w: a frame has a beat a neuron, layer by layer: {bias, weights} as in fgie_neuron, the lowest bits of
//           the beat where a layer has fewer.
//           m_axis_stat: a beat a frame, field l at [32*(l-1) +: 32]: {digit cycles of layer l [15:0], saved [15:0]}; 16 beats
//           wait inside, or as many as there may be frames on their way if they are more, then all stalls.
// Weights:  a frame uses the last s_axis_w frame that was taken whole before its first beat; from the first beat of s_axis_w
//           to its last no frame begins; new weights of a layer wait until all frames before have left it.
//           Short and long s_axis_w frames, and resets, as in fgie_layer.
// Latency:  cycles from the acceptance of the first beat of s_axis_x to m_axis_y, unstalled: the sum of the latencies of
//           fgie_layer over all layers and the D result digits of the last one; to m_axis_stat one more.
// Period:   cycles from frame to frame, unstalled: the greatest of b, and D_l + 1 of all layers (of the tree D_l + L_l + 2),
//           see fgie_layer, when frames are alike. A frame that a layer takes longer for makes those behind it wait.
// Source:   Abdelhadi and Shannon, Fine-Grained Inference Engine Utilizing Online Arithmetic, ICFPT 2019, left layers that
//           stay online from one to the next as future work.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module fgie_network #(
    parameter LAYERS = 2,       // layers (1..4)
    parameter K      = 64,      // inputs (1..1023)
    parameter M1     = 32,      // neurons of layer 1 (1..1024; M1 / POOL is at most 1023 if there is a layer 2)
    parameter M2     = 10,      // neurons of layer 2, as of layer 1 (1..1024); those of layers that do not exist are ignored
    parameter M3     = 10,
    parameter M4     = 10,
    parameter G1     = 7,       // growth of layer 1 (0..ceil(log2(K + 1)); of the tree, the latter; of others with their operands)
    parameter G2     = 6,
    parameter G3     = 4,
    parameter G4     = 4,
    parameter POOL   = 1,       // neurons of which the greatest counts, in all layers but the last (1 or more, divides theirs)
    parameter WB     = 8,       // bits of a weight (2..32)
    parameter N      = 8,       // most digits of an input (1..63)
    parameter DY     = 16,      // most result digits of the last layer (2..63)
    parameter MERGED = 1,       // as in fgie_neuron (0..1)
    parameter PIPE   = 1,       // as in fgie_neuron (0 or more)
    // derived, do not change
    parameter ML     = LAYERS == 1 ? M1 : LAYERS == 2 ? M2 : LAYERS == 3 ? M3 : M4, // results
    parameter P1     = POOL < 1 ? 1 : POOL,
    parameter KA     = LAYERS > 1 && M1 / P1 > K ? M1 / P1 : K,
    parameter KB     = LAYERS > 2 && M2 / P1 > KA ? M2 / P1 : KA,
    parameter KC     = LAYERS > 3 && M3 / P1 > KB ? M3 / P1 : KB, // most operands of a neuron
    parameter UW     = 6 * (LAYERS + 1)
) (
    input  wire                  clk,             // clock
    input  wire                  rst,             // synchronous reset
    input  wire [(KC+1)*WB-1:0]  s_axis_w_tdata,  // weights and bias of a neuron
    input  wire                  s_axis_w_tvalid,
    output wire                  s_axis_w_tready,
    input  wire                  s_axis_w_tlast,
    input  wire [2*K-1:0]        s_axis_x_tdata,  // digits of one significance
    input  wire [UW-1:0]         s_axis_x_tuser,  // precision
    input  wire                  s_axis_x_tvalid,
    output wire                  s_axis_x_tready,
    input  wire                  s_axis_x_tlast,
    output wire [ML*(DY+1)-1:0]  m_axis_y_tdata,  // results
    output wire                  m_axis_y_tvalid,
    input  wire                  m_axis_y_tready,
    output wire                  m_axis_y_tlast,
    output wire [32*LAYERS-1:0]  m_axis_stat_tdata, // digit cycles
    output wire                  m_axis_stat_tvalid,
    input  wire                  m_axis_stat_tready,
    output wire                  m_axis_stat_tlast
);

// illegal parameters stop elaboration; Icarus 11 has no elaboration $error, so there a missing module says it
generate
    if (LAYERS < 1 || LAYERS > 4) begin : guard_layers
`ifdef __ICARUS__
        fgie_network_parameter_LAYERS_must_be_1_to_4 guard ();
`else
        $error("Error: fgie_network parameter LAYERS must be 1 to 4 (instance %m)");
`endif
    end
    if (DY < 2 || DY > 63) begin : guard_dy
`ifdef __ICARUS__
        fgie_network_parameter_DY_must_be_2_to_63 guard ();
`else
        $error("Error: fgie_network parameter DY must be 2 to 63 (instance %m)");
`endif
    end
    if (POOL < 1) begin : guard_pool
`ifdef __ICARUS__
        fgie_network_parameter_POOL_must_be_1_or_more guard ();
`else
        $error("Error: fgie_network parameter POOL must be 1 or more (instance %m)");
`endif
    end
endgenerate

// weights: neuron by neuron, layer by layer, while no activations come in
reg  [2:0] layer_reg;                  // layer whose weights come next, LAYERS + 1 behind the last one
reg  [9:0] neuron_reg;                 // neuron of that layer
localparam [2:0] BEYOND = LAYERS + 1;

wire [LAYERS:1] load_ready, load_last, stat_valid, stat_ready, counted;
wire [LAYERS:0] valid, ready, last;    // digit streams behind each layer; 0: the inputs
wire            load, unused_load;

assign last[0] = s_axis_x_tlast;
assign load    = s_axis_w_tvalid && s_axis_w_tready;

// no frame enters any more, so a layer that is empty stays so
setup_gate gate (
    .clk(clk),
    .rst(rst),
    .occupied(1'b0),
    .s_setup_tvalid(s_axis_w_tvalid),
    .s_setup_tready(s_axis_w_tready),
    .s_setup_tlast(s_axis_w_tlast),
    .m_setup_tvalid(unused_load),
    .m_setup_tready(|load_ready || layer_reg == BEYOND),
    .s_frame_tvalid(s_axis_x_tvalid),
    .s_frame_tready(s_axis_x_tready),
    .s_frame_tlast(s_axis_x_tlast),
    .m_frame_tvalid(valid[0]),
    .m_frame_tready(ready[0])
);

always @(posedge clk) begin
    if (load) begin
        neuron_reg <= |load_last || s_axis_w_tlast ? 10'd0 : neuron_reg + 10'd1;
        layer_reg  <= s_axis_w_tlast ? 3'd1 : layer_reg + {2'd0, |load_last};
    end

    if (rst) begin
        neuron_reg <= 10'd0;
        layer_reg  <= 3'd1;
    end
end

// cycles from the first digit of a frame to the first one of the last layer's results
function integer flight(input integer layers);
    integer i, levels;
    begin
        flight = 0;
        for (i = 1; i <= layers; i = i + 1) begin
            levels = $clog2((i == 1 ? K : (i == 2 ? M1 : i == 3 ? M2 : M3) / P1) + 1);
            flight = flight + (MERGED == 0 ? 4 + 2 * levels : PIPE == 0 ? 3 : 3 + levels / (PIPE == 0 ? 1 : PIPE))
                + (i == layers ? 0 : $clog2(POOL));
        end
    end
endfunction

// counts of the layers in front wait for those of the last one: as many as there are frames on their way
localparam WAITS = flight(LAYERS) / (MERGED == 0 ? 4 : 2) + 2;
localparam SB    = WAITS > 16 ? $clog2(WAITS) : 4;
localparam STATS = 1 << SB;

// layers
genvar l, m;

generate
    for (l = 0; l <= LAYERS; l = l + 1) begin : layer
        localparam MS = l == 0 ? K : l == 1 ? M1 : l == 2 ? M2 : l == 3 ? M3 : M4;
        localparam PS = l == 0 || l == LAYERS ? 1 : P1;
        localparam Z  = MS / PS;                       // digits of one significance
        wire [2*Z-1:0]             data;
        wire [6*(LAYERS+1-l)-1:0]  user;

        if (l == 0) begin : inputs
            assign data = s_axis_x_tdata;
            assign user = s_axis_x_tuser;
        end else begin : neurons
            localparam       KS     = l == 1 ? K : (l == 2 ? M1 : l == 3 ? M2 : M3) / P1;
            localparam       GS     = l == 1 ? G1 : l == 2 ? G2 : l == 3 ? G3 : G4;
            localparam [2:0] NUMBER = l;
            localparam [9:0] FINAL  = MS - 1;
            wire             mine   = layer_reg == NUMBER;
            wire             w_ready;
            wire      [31:0] stat_data;
            wire             unused_stat_last;

            assign load_last[l]  = mine && neuron_reg == FINAL;
            assign load_ready[l] = mine && w_ready;

            fgie_layer #(
                .K(KS),
                .M(MS),
                .WB(WB),
                .N(l == 1 ? N : 63),
                .GROWTH(GS),
                .MERGED(MERGED),
                .PIPE(PIPE),
                .RELU(l == LAYERS ? 0 : 1),
                .POOL(PS),
                .UW(6*(LAYERS+2-l))
            ) core (
                .clk(clk),
                .rst(rst),
                .s_axis_w_tdata(s_axis_w_tdata[(KS+1)*WB-1:0]),
                .s_axis_w_tvalid(load && mine),
                .s_axis_w_tready(w_ready),
                .s_axis_w_tlast(load_last[l] || s_axis_w_tlast),
                .s_axis_x_tdata(layer[l-1].data),
                .s_axis_x_tuser(layer[l-1].user),
                .s_axis_x_tvalid(valid[l-1]),
                .s_axis_x_tready(ready[l-1]),
                .s_axis_x_tlast(last[l-1]),
                .m_axis_z_tdata(data),
                .m_axis_z_tuser(user),
                .m_axis_z_tvalid(valid[l]),
                .m_axis_z_tready(ready[l]),
                .m_axis_z_tlast(last[l]),
                .m_axis_stat_tdata(stat_data),
                .m_axis_stat_tvalid(stat_valid[l]),
                .m_axis_stat_tready(stat_ready[l]),
                .m_axis_stat_tlast(unused_stat_last)
            );

            // a layer that waited for those behind it to give theirs might wait for ever: they starve without its digits
            reg  [31:0]   fifo_reg [0:STATS-1];
            reg  [SB-1:0] in_reg, out_reg;
            reg  [SB:0]   count_reg;
            wire          push, pop;

            assign stat_ready[l] = !count_reg[SB];
            assign counted[l]    = count_reg != {SB+1{1'b0}};
            assign push          = stat_valid[l] && stat_ready[l];
            assign pop           = m_axis_stat_tvalid && m_axis_stat_tready;

            assign m_axis_stat_tdata[32*(l-1) +: 32] = fifo_reg[out_reg];

            always @(posedge clk) begin
                if (push) begin
                    fifo_reg[in_reg] <= stat_data;
                    in_reg           <= in_reg + {{SB-1{1'b0}}, 1'b1};
                end
                if (pop) begin
                    out_reg <= out_reg + {{SB-1{1'b0}}, 1'b1};
                end
                count_reg <= count_reg + {{SB{1'b0}}, push} - {{SB{1'b0}}, pop};

                if (rst) begin
                    in_reg    <= {SB{1'b0}};
                    out_reg   <= {SB{1'b0}};
                    count_reg <= {SB+1{1'b0}};
                end
            end
        end
    end
endgenerate

assign m_axis_stat_tvalid = &counted;
assign m_axis_stat_tlast  = 1'b1;

// results: digits to words, which stay until they are taken, as the converters move with the digits
reg             begun_reg;             // digits of this frame have come
reg             y_valid_reg;
wire            step;                  // a digit comes
wire [2*ML-1:0] z;
wire [5:0]      unused_user = layer[LAYERS].user;

assign z               = layer[LAYERS].data;
assign ready[LAYERS]   = !y_valid_reg || m_axis_y_tready;
assign step            = valid[LAYERS] && ready[LAYERS];
assign m_axis_y_tvalid = y_valid_reg;
assign m_axis_y_tlast  = 1'b1;

always @(posedge clk) begin
    if (step) begin
        begun_reg <= !last[LAYERS];
    end
    y_valid_reg <= (step && last[LAYERS]) || (y_valid_reg && !m_axis_y_tready);

    if (rst) begin
        begun_reg   <= 1'b0;
        y_valid_reg <= 1'b0;
    end
end

generate
    for (m = 0; m < ML; m = m + 1) begin : result
        localparam            CB   = $clog2(DY + 1);
        localparam   [CB-1:0] MOST = DY;
        wire unused_valid;                 // tlast says the same, and for frames of any length

        online_otfc #(
            .N(DY)
        ) convert (
            .clk(clk),
            .rst(rst),
            .ce(step),
            .first(!begun_reg),
            .x_p(z[m]),
            .x_n(z[ML+m]),
            .digits(MOST),
            .q_valid(unused_valid),
            .q(m_axis_y_tdata[m*(DY+1) +: DY+1])
        );
    end
endgenerate

endmodule

`resetall
