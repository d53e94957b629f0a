"""Trains the classifier of `digits_linear.csv` and writes that file: `PYTHONPATH=. python tests/data/digits_linear.py`.

Logistic regression on the 1,797 handwritten digits that scikit-learn ships, pixels 0..16 taken as 0..1: the first 1,297
images train, the last 500 are held out. C = 1 is the default, and the best of 0.01, 0.03, .. 10 by
cross-validation on the training images. Weights and biases, 64 + 1 a class, share the scale that makes the greatest of
them 127. Newton's method leaves every weight much nearer to its optimum than to the next rounding threshold, so that
the file does not depend on the machine.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

from models.online import classifier

OUTPUT = Path(__file__).with_suffix(".csv")
TRAINING = 1297


def main() -> None:
    """Train, write the file, print the accuracies."""
    pixels, labels = classifier.load_images()
    model = LogisticRegression(C=1, solver="newton-cholesky", tol=1e-10)
    model.fit(pixels[:TRAINING] / classifier.ONE, labels[:TRAINING])
    real = np.column_stack([model.coef_, model.intercept_])
    scaled = real * 127 / abs(real).max()
    header = ",".join([*(f"r{row}c{column}" for row in range(8) for column in range(8)), "bias"])
    np.savetxt(OUTPUT, np.rint(scaled), fmt="%d", delimiter=",", header=header, comments="")

    print(f"{OUTPUT.name}: nearest rounding threshold at {abs(scaled % 1 - 0.5).min():.1e} of a step")
    found = {
        "real": model.predict(pixels / classifier.ONE),
        "integer": classifier.scores(classifier.load_weights(OUTPUT), pixels).argmax(axis=1),
    }
    for kind, predicted in found.items():
        right = predicted == labels
        parts = {"training": right[:TRAINING], "held out": right[TRAINING:], "all": right}
        print(f"{kind:8}", ", ".join(f"{name} {part.mean():.2%} of {len(part)}" for name, part in parts.items()))


if __name__ == "__main__":
    main()
