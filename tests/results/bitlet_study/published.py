"""The published table: Lu et al., MICRO 2021, doi 10.1145/3466752.3480123, in the unit of its follow-up of 2024."""

from __future__ import annotations

NAIVE = 64 * 5.4  # cycles per 64 MACs of the row that the paper calls Eyeriss, and Bitlet with N = 1
NETWORKS = (
    *(("lapSRN", 16), ("DCPDNet", 16), ("DenseNet", 16), ("FCOS", 16)),
    *(("ResNet-50", 8), ("MobV2", 8), ("YoloV3", 8), ("MultiPose", 8)),
)
SPARSITY = (74.31, 75.00, 68.92, 70.83, 70.15, 76.85, 77.78, 66.33)  # of weight bits, %
CYCLES = {  # per 64 MACs
    "Eyeriss": (339.34, 357.39, 343.68, 346.62, 344.08, 343.77, 345.08, 341.71),
    "SCNN": (226.22, 262.09, 281.87, 231.08, 344.08, 343.77, 230.05, 197.14),
    "Stripes": (90.49, 106.25, 150.86, 115.54, 158.39, 174.07, 119.94, 110.23),
    "Laconic": (71.44, 83.64, 105.18, 89.77, 111.13, 113.44, 93.22, 89.92),
    "Bitlet": (29.51, 16.45, 22.85, 22.44, 21.03, 22.22, 19.04, 24.64),
}
