"""Volumes from NumPy to a trained network: balls and boxes of one volume each, in noise, at two spacings.

A model remembers the spacing that it learned at, refuses another one, and resamples where it is told to.

python examples/volumes.py run [epochs]
"""

import sys
from pathlib import Path

import numpy as np

import striate
from striate.errors import StriateError
from striate.recordings import Recording

SIDE_MM = 36


def draw(shape: str, spacing_mm: float, rng: np.random.Generator) -> np.ndarray:
    """(D, H, W): a ball or a box of 4,000 mm³ somewhere in 36 x 36 x 36 mm of noise."""
    samples = round(SIDE_MM / spacing_mm)
    places = (np.indices((samples,) * 3) + 0.5) * spacing_mm  # (3, D, H, W), mm
    away = np.abs(places - rng.uniform(11, SIDE_MM - 11, (3, 1, 1, 1)))
    inside = (away**2).sum(axis=0) < 9.85**2 if shape == "ball" else (away < 7.94).all(axis=0)
    return (inside + rng.normal(0, 0.5, inside.shape)).astype(np.float32)


def main(out: str, epochs: str = "10") -> None:
    """Write a data set, train, and ask about volumes of another spacing."""
    rng, shapes = np.random.default_rng(0), ("ball", "box")
    y = np.tile([0, 1], 80)
    x = np.stack([draw(shapes[label], 3.0, rng) for label in y])
    Path(out).mkdir(parents=True, exist_ok=True)
    data = Path(out, "shapes.npz")
    np.savez(data, x_train=x[:120], y_train=y[:120], x_test=x[120:], y_test=y[120:], labels=shapes, spacing=[3.0] * 3)

    run = striate.train(data, out=Path(out, "model"), epochs=int(epochs))
    print("\n".join(run.plan.reasons))
    for epoch in run:
        print(f"epoch {epoch.epoch}: loss {epoch.loss:.3f}, {epoch.figures}")
    test = run.outcome.figures["test"]
    low, high = test.interval
    print(f"test: {test.accuracy:.1%} ({low:.1%} to {high:.1%}) of {test.n} volumes; {run.outcome.report}")

    classifier = striate.load(Path(out, "model"))
    finer = [Recording("volume", draw(shape, 1.5, rng)[None], (1.5,) * 3) for shape in shapes]
    try:
        classifier.predict(finer)
    except StriateError as e:
        print(e)
    for shape, found in zip(shapes, classifier.predict(finer, resample=True), strict=True):
        print(f"a {shape} at 1.5 mm: {found.label}, {found.probability:.0%}")


if __name__ == "__main__":
    main(*sys.argv[1:])
