"""Trains the 64-32-10 network of `digits_network_1.csv` and `_2.csv`; run it with `PYTHONPATH=.`.

A multilayer perceptron with ReLU on the 1,797 handwritten digits that scikit-learn ships; the first 1,297 images train,
the last 500 are held out. A layer computes Z = sum_k W_k X_k + B / 2 with |W|, |B| < 1 in 8-bit two's complement and X
in (-1, 1): pixels 0..16 enter as pixel / 32; a hidden unit's ReLU(Z) leaves divided by 2^growth, the least power of two
that bounds the sum of all |W| + |B| / 2 of every unit. Each layer has one scale, which makes its greatest weight 127;
the logits have a scale of their own, which does not matter to their order. The weight decay is the best of 1e-4, 1e-2,
0.1 and 1 by what is left of the accuracy at 8 digits: small weights make for a small growth.

`digits_network.safetensors` holds the network before all that, in float32, layers as (units, inputs), pixels / 32.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from safetensors.numpy import save_file
from sklearn.neural_network import MLPClassifier

from models.online import classifier

TRAINING = 1297
HIDDEN = 32
STEP = 128  # 8-bit weights


def quantise(weights: np.ndarray, bias: np.ndarray, scale: float) -> np.ndarray:
    """Return rows of integer weights, the bias (taken twice, since it is multiplied by 1/2) in the last column."""
    table = np.rint(np.column_stack([weights.T, 2 * bias]) * scale * STEP)
    if abs(table).max() >= STEP:
        raise ValueError(f"a weight of {abs(table).max():.0f} does not fit 8 bits")
    return table


def growth(table: np.ndarray) -> int:
    """Return the digits in front of the point of a layer: the least power of two that bounds every sum."""
    bound = abs(table[:, :-1]).sum(axis=1) + abs(table[:, -1]) / 2
    return int(np.ceil(np.log2(bound.max() / STEP)))


def main() -> None:
    """Train, write the files, print accuracies and growths."""
    pixels, labels = classifier.load_images()
    x = pixels / 32
    model = MLPClassifier((HIDDEN,), alpha=0.1, max_iter=3000, random_state=1, learning_rate_init=0.003, tol=1e-5)
    model.fit(x[:TRAINING], labels[:TRAINING])
    (w1, w2), (b1, b2) = model.coefs_, model.intercepts_
    layers = {"hidden.weight": w1.T, "hidden.bias": b1, "output.weight": w2.T, "output.bias": b2}
    path = Path(__file__).with_suffix(".safetensors")
    save_file({name: np.ascontiguousarray(layer, np.float32) for name, layer in layers.items()}, path)
    top = (STEP - 1) / STEP
    scale1 = top / max(abs(w1).max(), 2 * abs(b1).max())
    first = quantise(w1, b1, scale1)
    # a hidden unit's value leaves the first layer times scale1 / 2^growth, and so the second layer's biases shrink
    shrink = scale1 / 2 ** growth(first)
    scale2 = top / max(abs(w2).max(), 2 * abs(b2 * shrink).max())
    second = quantise(w2, b2 * shrink, scale2)
    for number, table in enumerate((first, second), start=1):
        header = ",".join([*(f"w{k}" for k in range(table.shape[1] - 1)), "bias"])
        path = Path(__file__).with_name(f"digits_network_{number}.csv")
        np.savetxt(path, table, fmt="%d", delimiter=",", header=header, comments="")
        print(f"{path.name}: {table.shape[0]} units, growth {growth(table)}")

    hidden = np.maximum(x @ first[:, :-1].T / STEP + first[:, -1] / STEP / 2, 0) / 2 ** growth(first)
    logits = hidden @ second[:, :-1].T / STEP + second[:, -1] / STEP / 2
    for kind, predicted in {"real": model.predict(x), "quantised": logits.argmax(axis=1)}.items():
        right = predicted == labels
        parts = {"training": right[:TRAINING], "held out": right[TRAINING:], "all": right}
        print(f"{kind:10}", ", ".join(f"{name} {part.mean():.2%} of {len(part)}" for name, part in parts.items()))


if __name__ == "__main__":
    main()
