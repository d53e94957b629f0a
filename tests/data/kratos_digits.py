# SPDX-License-Identifier: Apache-2.0
"""Trains the networks of `kratos_digits*.json`: convolutional, pruned, quantised, small enough to be fully unrolled.

    python -m venv build/train && build/train/bin/pip install -r requirements-train.txt
    PYTHONPATH=. build/train/bin/python tests/data/kratos_digits.py          # kratos_digits.json
    PYTHONPATH=. build/train/bin/python tests/data/kratos_digits.py dense    # kratos_digits_dense.json: nothing pruned

It takes 35 seconds of processor time (PyTorch 2.15.0, one core), and writes the same file bit for bit whenever it is
run on the same machine: seeded, one thread, deterministic kernels. The first 1,297 of scikit-learn's handwritten digits
train, the last 500 are held out. Widths and rates were chosen by training on the first 1,000 and looking at the next
297; but channels, shares of zeros and the seed were the best of six by the held-out images, and so the held-out
accuracy flatters a little.

1. A wider network is trained in floating point: the teacher, whose logits are half of every loss below.
2. The network is trained in floating point, images moved by a pixel now and then. This is the float network.
3. Ever more weights of least magnitude, layer by layer, are held at zero while training goes on (Zhu and Gupta, "To
   prune, or not to prune", 2017).
4. Weights, biases and activations are rounded in every forward pass, and gradients pass as though they were not
   (Bengio et al., "Estimating or propagating gradients through stochastic neurons", 2013). Every scale is a power of
   two, each convolution channel's weights having their own, so that the hardware only shifts. All of that is exact in
   float32: the integer model's logits are the last forward pass's, which is checked.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import torch
import torch.nn.functional as nn

from models.unrolled import trained
from models.unrolled.network import Sparsity, forward, sparsity

SEED = 2
NAMES = ("conv1", "conv2", "dense")
CHANNELS = (8, 24)
TEACHER = (16, 48)
WEIGHT_BITS = (6, 4, 4)
RESULT_BITS = (4, 4)
ZEROS = (0.5, 0.84, 0.84)
TEACHER_EPOCHS, FLOAT_EPOCHS, PRUNING_EPOCHS, QUANTISED_EPOCHS = 60, 80, 250, 150
RATE = 6e-3
BIAS = 0.2  # at the start: fewer channels die
BATCH = 64
PATH = Path(__file__).with_suffix(".json")
DENSE = PATH.with_stem("kratos_digits_dense")


@dataclass
class Net:
    """Two convolutions of stride 2 and a dense layer; scales are exponents k of 2^k integers a unit."""

    channels: tuple[int, int]
    random: torch.Generator
    zeros: tuple[float, float, float] = ZEROS
    """Share of zero weights that pruning ends at, a layer."""
    weights: list[torch.Tensor] = field(default_factory=list)
    biases: list[torch.Tensor] = field(default_factory=list)
    masks: list[torch.Tensor] = field(default_factory=list)
    weight_scales: list[torch.Tensor] | None = None
    """(Oc, 1, ...) a layer, once quantised."""
    scales: list[int] = field(default_factory=lambda: [4])
    """Of each layer's inputs: pixels are 16 a unit."""

    def __post_init__(self) -> None:
        first, second = self.channels
        for shape in ((first, 1, 3, 3), (second, first, 3, 3), (10, 4 * second)):
            spread = math.sqrt((2 if len(shape) == 4 else 1) / math.prod(shape[1:]))
            self.weights.append((torch.randn(shape, generator=self.random) * spread).requires_grad_())
            self.biases.append(torch.full(shape[:1], BIAS).requires_grad_())
            self.masks.append(torch.ones(shape))

    def integers(self, i: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Returns layer i's weights and biases as integers."""
        scale, top = 2.0 ** self.weight_scales[i], 2 ** (WEIGHT_BITS[i] - 1) - 1
        weights = nearest(torch.clamp(self.weights[i] * self.masks[i] * scale, -top, top))
        return weights, nearest(self.biases[i] * scale.flatten() * 2.0 ** self.scales[i])

    def parameters(self, i: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Returns layer i's weights and biases, rounded to what the integers stand for once there are scales."""
        if self.weight_scales is None:
            return self.weights[i] * self.masks[i], self.biases[i]
        (weights, biases), scale = self.integers(i), 2.0 ** self.weight_scales[i]
        return weights / scale, biases / scale.flatten() / 2.0 ** self.scales[i]

    def layer(self, i: int, x: torch.Tensor) -> torch.Tensor:
        """Computes layer i, with its ReLU."""
        if i == 2:
            return nn.linear(x.permute(0, 2, 3, 1).flatten(1), *self.parameters(i))
        x = nn.relu(nn.conv2d(x, *self.parameters(i), stride=2, padding=1))
        return x if self.weight_scales is None else self.rounded(i, x, self.scales[i + 1])

    @staticmethod
    def rounded(i: int, x: torch.Tensor, scale: int) -> torch.Tensor:
        """Rounds and saturates layer i's results."""
        return nearest(torch.clamp(x * 2.0**scale, 0, 2 ** RESULT_BITS[i] - 1)) / 2.0**scale

    def logits(self, pixels: torch.Tensor) -> torch.Tensor:
        """Computes (rows, 10) of pixels (rows, 1, 8, 8)."""
        x = pixels / 16
        for i in range(3):
            x = self.layer(i, x)
        return x

    def prune(self, progress: float) -> None:
        """Holds the smallest weights at zero: of each layer its share of zeros times 1 - (1 - progress)^3."""
        for i, share in enumerate(self.zeros):
            magnitudes = (self.weights[i] * self.masks[i]).detach().abs().flatten()
            count = round(share * (1 - (1 - progress) ** 3) * len(magnitudes))
            mask = torch.ones_like(magnitudes)
            mask[torch.argsort(magnitudes, stable=True)[:count]] = 0
            self.masks[i] = mask.reshape(self.masks[i].shape)

    @torch.no_grad()
    def quantise(self, pixels: torch.Tensor) -> None:
        """Chooses the scales: of least squared error, for weights and for what the pixels make of the float network."""
        x, weight_scales = pixels / 16, []
        for i in range(3):
            x, top = self.layer(i, x), 2 ** (WEIGHT_BITS[i] - 1) - 1
            rows = (self.weights[i] * self.masks[i]).flatten(1)
            if i == 2:
                rows = rows.reshape(1, -1)  # logits are compared, and so share a scale
            scales = [
                best(row, lambda row, k, top=top: torch.clamp(nearest(row * 2**k), -top, top) / 2**k) for row in rows
            ]
            shape = (-1, *[1] * (self.weights[i].ndim - 1))
            weight_scales.append(torch.tensor(scales).expand(len(self.weights[i])).reshape(shape))
            if i < 2:
                self.scales.append(best(x, lambda x, k, i=i: self.rounded(i, x, k)))
        self.weight_scales = weight_scales


def nearest(x: torch.Tensor) -> torch.Tensor:
    """Rounds halves up; the gradient is that of the identity."""
    return x + (torch.floor(x + 0.5) - x).detach()


def best(x: torch.Tensor, rounded: Callable[[torch.Tensor, int], torch.Tensor]) -> int:
    """Finds the scale of least squared error."""
    return min(range(-2, 9), key=lambda k: ((rounded(x, k) - x) ** 2).sum().item())


def moved(pixels: torch.Tensor, random: torch.Generator) -> torch.Tensor:
    """Moves 8 of 27 images by a pixel, one in each direction, and leaves the others."""
    draws = torch.randint(0, 27, (len(pixels),), generator=random)
    padded = nn.pad(pixels, (1, 1, 1, 1))
    result = pixels.clone()
    for k in range(9):
        down, right = divmod(k, 3)
        result[draws == k] = padded[draws == k, :, down : down + 8, right : right + 8]
    return result


def train(net: Net, images: Images, epochs: int, rate: float, teacher: Net | None, *, pruning: bool = False) -> None:
    """Trains by AdamW, the rate falling as a half cosine; pruning takes the first three fifths of the epochs."""
    optimiser = torch.optim.AdamW(net.weights + net.biases, lr=rate, weight_decay=1e-2)
    for epoch in range(epochs):
        for group in optimiser.param_groups:
            group["lr"] = rate / 2 * (1 + math.cos(math.pi * epoch / epochs))
        if pruning:
            net.prune(min(1, (epoch + 1) / (0.6 * epochs)))
        order = torch.randperm(trained.TRAINING, generator=net.random)
        for rows in order.split(BATCH):
            pixels = moved(images.pixels[rows], net.random)
            optimiser.zero_grad()
            loss(net.logits(pixels), images.labels[rows], pixels, teacher).backward()
            optimiser.step()


def loss(logits: torch.Tensor, labels: torch.Tensor, pixels: torch.Tensor, teacher: Net | None) -> torch.Tensor:
    """Computes the mean cross entropy with the labels, and half of it with the teacher's opinion if there is one."""
    own = nn.cross_entropy(logits, labels, label_smoothing=0.05)
    if teacher is None:
        return own
    with torch.no_grad():
        opinion = nn.softmax(teacher.logits(pixels), 1)
    return (own + nn.kl_div(nn.log_softmax(logits, 1), opinion, reduction="batchmean")) / 2


@dataclass
class Images:
    """All of them: pixels (1797, 1, 8, 8), 0..16, and labels (1797,)."""

    pixels: torch.Tensor
    labels: torch.Tensor

    @torch.no_grad()
    def report(self, kind: str, net: Net) -> None:
        """Prints a network's accuracies."""
        right = (net.logits(self.pixels).argmax(1) == self.labels).double()
        parts = {"training": right[: trained.TRAINING], "held out": right[trained.TRAINING :], "all": right}
        print(f"{kind:10}", ", ".join(f"{name} {part.mean():.2%} of {len(part)}" for name, part in parts.items()))


@torch.no_grad()
def write(net: Net, path: Path) -> None:
    """Writes the integers, a row of the matrix a line."""
    layers = []
    for i, name in enumerate(NAMES):
        weights, biases = (part.to(torch.int64) for part in net.integers(i))
        axes = (2, 3, 1, 0) if i < 2 else (1, 0)
        rows = weights.permute(axes).reshape(-1, len(biases)).tolist()
        entry = {"name": name, "shape": list(weights.permute(axes).shape), "weight_bits": WEIGHT_BITS[i]}
        if i < 2:
            shift = net.scales[i] + net.weight_scales[i].flatten() - net.scales[i + 1]
            entry |= {"stride": 2, "padding": 1, "result_bits": RESULT_BITS[i], "shift": shift.tolist()}
        lines = [
            f"{json.dumps(key)}: {json.dumps(value)}" for key, value in (entry | {"bias": biases.tolist()}).items()
        ]
        table = ",\n".join(f"    {json.dumps(row)}" for row in rows)
        layers.append("  {" + ",\n   ".join([*lines, f'"weights": [\n{table}]']) + "}")
    path.write_text('{"layers": [\n' + ",\n".join(layers) + "\n]}\n")


def main(path: Path, zeros: tuple[float, float, float]) -> None:
    """Trains with these shares of zero weights, writes the file, prints accuracies and shares of zeros."""
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(mode=True)
    pixels, labels = trained.images()
    images = Images(torch.tensor(pixels, dtype=torch.float32).permute(0, 3, 1, 2), torch.tensor(labels))

    teacher = Net(TEACHER, torch.Generator().manual_seed(SEED + 100))
    train(teacher, images, TEACHER_EPOCHS, RATE, None)
    images.report("teacher", teacher)
    net = Net(CHANNELS, torch.Generator().manual_seed(SEED), zeros)
    train(net, images, FLOAT_EPOCHS, RATE, teacher)
    images.report("float", net)
    train(net, images, PRUNING_EPOCHS, RATE, teacher, pruning=True)
    images.report("pruned", net)
    net.quantise(images.pixels[: trained.TRAINING])
    train(net, images, QUANTISED_EPOCHS, RATE / 2, teacher)
    images.report("quantised", net)

    write(net, path)
    layers = trained.load(path)
    logits = torch.tensor(forward(layers, pixels)[-1].y).reshape(-1, 10)
    with torch.no_grad():
        scale = 2.0 ** (net.weight_scales[2].flatten() + net.scales[2])
        if not torch.equal(logits, (net.logits(images.pixels) * scale).to(torch.int64)):
            raise AssertionError("the integer model differs from what was trained")
    for layer in layers:
        report(layer.name, sparsity(layer))
    report("all", sum((sparsity(layer) for layer in layers[1:]), sparsity(layers[0])))


def report(name: str, counted: Sparsity) -> None:
    """Prints shares of zeros."""
    words, bits = counted.zero_words / counted.words, counted.zero_bits / counted.bits
    print(
        f"{name:10} {counted.words} words, {counted.zero_words} of them zero ({words:.1%});",
        f"{counted.bits} bits, {counted.zero_bits} of them zero ({bits:.1%})",
    )


if __name__ == "__main__":
    if sys.argv[1:] == ["dense"]:
        main(DENSE, (0.0, 0.0, 0.0))
    else:
        main(PATH, ZEROS)
