"""Train on a folder of class folders, and say what the figures are worth.

python examples/train_on_a_folder.py photos run
"""

import sys

import striate


def main(data: str, out: str) -> None:
    """Train, telling each epoch, then the figure of each measured part with its interval."""
    run = striate.train(data, out=out)
    print("\n".join(run.plan.reasons))
    for epoch in run:
        print(f"epoch {epoch.epoch}: loss {epoch.loss:.3f}, {epoch.figures}")
    assert run.outcome is not None  # the iteration has ended
    for part, figures in run.outcome.figures.items():
        low, high = figures.interval
        print(f"{part}: {getattr(figures, run.task.monitor):.1%} ({low:.1%} to {high:.1%}) on {figures.n} images")
    print(run.outcome.report)


if __name__ == "__main__":
    main(*sys.argv[1:])
