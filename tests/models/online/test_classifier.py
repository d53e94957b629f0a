"""The digit classifier on the online inner product: every score of every image against W x + b."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.online import classifier
from models.online.digits import to_integers
from models.online.dot import dot

PATH = Path(__file__).parents[2] / "data" / "digits_linear.csv"


@pytest.fixture(scope="module")
def weights():
    return classifier.load_weights(PATH)


@pytest.fixture(scope="module")
def pixels():
    return classifier.load_images()[0]


def test_images_are_those_of_scikit_learn(pixels):
    datasets = pytest.importorskip("sklearn.datasets")
    theirs, labels = datasets.load_digits(return_X_y=True)
    assert np.array_equal(pixels, theirs)
    assert np.array_equal(classifier.load_images()[1], labels)


def test_every_score_is_exact(weights, pixels):
    x, y = classifier.frames(weights, pixels)
    z = dot(x, y, classifier.WB, classifier.N + classifier.WB - 1)
    plain = [
        [sum(w * p for w, p in zip(row, (*image, 16), strict=True)) for row in weights.tolist()]
        for image in pixels[:50].tolist()
    ]
    assert classifier.scores(weights, pixels)[:50].tolist() == plain
    assert np.array_equal(classifier.read(z).reshape(-1, 10), classifier.scores(weights, pixels))
    assert np.array_equal(classifier.read(z), to_integers(z))


def test_frames_hold_the_images(weights, pixels):
    x, y = classifier.frames(weights, pixels[:7])
    assert (x.shape, x.dtype, y.shape, y.dtype) == ((70, 65, 5), np.int8, (70, 65), np.int64)
    assert np.array_equal(classifier.pixels_of(x), np.repeat(pixels[:7], 10, axis=0))
    assert (to_integers(x[:, 64]) == 16).all()
    assert np.array_equal(y.reshape(7, 10, 65), np.broadcast_to(weights, (7, 10, 65)))
    negative = (x.reshape(7, -1) == -1).any(axis=1)
    assert negative.tolist() == [False, True] * 3 + [False]


@pytest.mark.parametrize("n", [2, 3, 5, 8])
def test_non_adjacent_form(n):
    values = np.arange(-(-(2 << n) // 3))
    digits = classifier.non_adjacent(values, n)
    assert np.array_equal(to_integers(digits), values)
    assert not (digits[:, 1:] & digits[:, :-1] & 1).any()
    with pytest.raises(ValueError, match=r"^values must lie between"):
        classifier.non_adjacent(values[-1:] + 1, n)


def test_digits_that_do_not_exist_are_read_too():
    assert classifier.read(np.array([[1, 2, -1], [0, 0, 1]], np.int8)).tolist() == [7, 1]


@pytest.mark.parametrize(
    ("pixels", "message"),
    [
        (np.zeros((1, 63), int), r"^pixels must have shape \(rows, 64\), not \(1, 63\)$"),
        (np.full((1, 64), 17), r"^pixels must lie between 0 and 16, not 17\.\.17$"),
        (np.full((1, 64), -1), r"^pixels must lie between 0 and 16, not -1\.\.-1$"),
    ],
)
def test_wrong_pixels(weights, pixels, message):
    with pytest.raises(ValueError, match=message):
        classifier.frames(weights, pixels)


@pytest.mark.parametrize(
    ("row", "rows", "message"),
    [
        ([0] * 65, 9, r"must hold 10 rows of 65 weights, not \(9, 65\)$"),
        ([0] * 64, 10, r"must hold 10 rows of 65 weights, not \(10, 64\)$"),
        ([0] * 64 + [128], 10, r"weights must fit in 8 bits, not 0\.\.128$"),
    ],
)
def test_wrong_files(tmp_path, row, rows, message):
    path = tmp_path / "weights.csv"
    path.write_text("\n".join(["header", *[",".join(map(str, row))] * rows]))
    with pytest.raises(ValueError, match=message):
        classifier.load_weights(path)
