"""What the benchmarks of signals, volumes and clips share: one training, timed, measured on its test part."""

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy import stats

import striate
from striate.metrics import Classification


def train_and_test(data: Path, out: Path, seed: int = 0, **options: object) -> Classification:
    """Train as `striate train` does, and tell the test figures and the processor's time from opening to report."""
    start = time.process_time()
    run = striate.train(data, out=out, seed=seed, workers=0, precision="fp32", **options)
    for _ in run:
        pass
    figures = run.outcome.figures["test"]
    minutes = (time.process_time() - start) / 60
    print(f"{out.name}: {run.plan.network}, {told(figures)}, {minutes:.1f} minutes of processor time", flush=True)
    return figures


def told(figures: Classification) -> str:
    """Accuracy with its interval."""
    low, high = figures.interval
    return f"{figures.accuracy:.1%} ({low:.1%} to {high:.1%}) of {figures.n}"


def mean_told(shares: Sequence[float]) -> str:
    """The mean over seeds, with Student's 95 % interval of it."""
    reach = stats.t.ppf(0.975, len(shares) - 1) * stats.sem(shares) if len(shares) > 1 else float("nan")
    return f"{np.mean(shares):.4f} ± {reach:.4f}"
