"""The committed weights of the digit classifier: their shape, and what they are good for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.online import classifier

PATH = Path(__file__).parents[2] / "data" / "digits_linear.csv"
TRAINING = 1297  # tests/data/digits_linear.py trained on these, and held out the rest


@pytest.fixture(scope="module")
def right():
    pixels, labels = classifier.load_images()
    found = classifier.scores(classifier.load_weights(PATH), pixels).argmax(axis=1)
    return found == labels


def test_file():
    header, *rows = PATH.read_text().splitlines()
    assert header == ",".join([*(f"r{row}c{column}" for row in range(8) for column in range(8)), "bias"])
    assert len(rows) == 10


def test_weights_share_a_scale_that_uses_the_whole_range():
    weights = classifier.load_weights(PATH)
    assert weights.shape == (10, 65)
    assert weights.dtype == np.int64
    assert abs(weights).max() == 127


def test_accuracy(right):
    assert right[:TRAINING].mean() >= 0.989
    assert right[TRAINING:].mean() >= 0.915
    assert right.mean() >= 0.969
