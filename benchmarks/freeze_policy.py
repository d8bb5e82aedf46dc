"""How much of a pretrained network should learn, from how many images: the evidence for `--freeze auto`.

What is measured: EfficientNet-Lite0 with its published weights on sets near to ImageNet and far from it, cut down to a
few images of each class: bees and ants (hymenoptera, 224 pixels), CIFAR-10's small photographs and MNIST's digits, both
enlarged to 64. From each set 5, 20, 100 and 500 images a class are drawn by a seed for learning (as many as there are),
of which striate holds a fifth back; up to 500 others are the test, on which nothing is chosen. Every candidate of
`striate.tasks.thawing` learns, whether auto would have tried it or not, and its accuracy on the test images is printed
beside that of the one that auto kept, with the seconds up to auto's decision and for all of them.

The sets are read under the folder that STRIATE_DATA names. One thread, fp32; an hour and more, not in `make bench`.

Run: python benchmarks/freeze_policy.py [--sets hymenoptera cifar mnist] [--sizes 5 20 100 500] [--seed 0]
"""

import argparse
import os
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from striate.cli.process import prepare_process
from striate.data import open_data, write_image
from striate.metrics import wilson_interval
from striate.runtime import Engine
from striate.tasks import ClassifyTask
from striate.tasks.learning import Job, Learning, make_network
from striate.tasks.plan import Wishes
from striate.tasks.planning import make_plan
from striate.tasks.run_folder import RunFolder
from striate.tasks.thawing import Thawing
from striate.training import make_accelerator

SOURCES = {"hymenoptera": "hymenoptera-train.zip", "cifar": "cifar10-train.zip", "mnist": "mnist"}
SIDES = {"hymenoptera": 224, "cifar": 64, "mnist": 64}
MOST_TESTED = 500


class Everything(Thawing):
    """Goes on where auto stops, and tells what each candidate is worth on the test part."""

    def __init__(self, *arguments: object):
        super().__init__(*arguments)
        self.tested: dict[str, float] = {}
        self.decision: tuple[str, float] | None = None
        self.began = time.perf_counter()

    def _learning(self, name, plan, network):
        self.latest = super()._learning(name, plan, network)
        return self.latest

    def is_enough(self) -> bool:
        """Never; but what auto would have said is noted."""
        trial, learning = self.trials[-1], self.latest
        self.tested[trial.name] = accuracy(self.job, learning)
        kept = [t.name for t in self.trials if t.kept][-1]
        if super().is_enough() and self.decision is None:
            self.decision = (kept, time.perf_counter() - self.began)
        self.last_kept = kept
        return False


def accuracy(job: Job, learning: Learning) -> float:
    """Of the test part."""
    logits = job.logits(Engine(learning.network, learning.plan.preset), "test")
    return float((logits.argmax(1) == job.targets("test")).mean())


def draw(source: Path, per_class: int, seed: int, folder: Path) -> Path:
    """Class folders of a few images to learn from and some to test with."""
    whole = open_data(source, val_share=0)
    part, rng = whole.parts["train"], np.random.default_rng(seed)
    labels = np.array([item.labels[0] for item in part.items])
    for number, name in enumerate(whole.classes):
        rows = rng.permutation(np.flatnonzero(labels == number))
        test = min(MOST_TESTED // len(whole.classes), len(rows) - min(per_class, 4 * len(rows) // 5))
        learn = rows[test : test + per_class]
        for part_name, chosen in (("test", rows[:test]), ("train", learn)):
            target = folder / part_name / name
            target.mkdir(parents=True)
            for row in chosen.tolist():
                write_image(target / f"{row}.png", part.load(row, 3))
    return folder


def try_all(data: Path, side: int, folder: Path) -> Everything:
    """Every candidate on one set."""
    dataset = open_data(data)
    plan = make_plan(dataset, Wishes(model="efficientnet_lite0", freeze="auto", size=side, precision="fp32"))
    task = ClassifyTask(False)
    job = Job(dataset, task, "accuracy", make_accelerator("cpu"), "cpu", 0, print)
    run = RunFolder(folder)
    run.create()
    thawing = Everything(job, plan, run, make_network(plan, dataset.parts["train"]))
    for _ in thawing.epochs("fp32", None, None):
        pass
    return thawing


def main() -> None:
    """Print a row for each set and size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", nargs="+", choices=list(SOURCES), default=list(SOURCES))
    parser.add_argument("--sizes", nargs="+", type=int, default=[5, 20, 100, 500])
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    if "STRIATE_DATA" not in os.environ:
        raise SystemExit("STRIATE_DATA must name the folder of the sets")
    prepare_process()
    torch.set_num_threads(1)
    for name in arguments.sets:
        for size in arguments.sizes:
            with tempfile.TemporaryDirectory() as temporary:
                os.environ["STRIATE_CACHE"] = f"{temporary}/cache"
                source = Path(os.environ["STRIATE_DATA"]) / SOURCES[name]
                data = draw(source, size, arguments.seed, Path(temporary) / "data")
                start = time.perf_counter()
                tried = try_all(data, SIDES[name], Path(temporary) / "run")
                kept, seconds = tried.decision or (tried.last_kept, time.perf_counter() - tried.began)
                n = len(tried.job.dataset.parts["test"])
                low, high = wilson_interval(round(tried.tested[kept] * n), n)
                shown = ", ".join(f"{what}: {share:.1%}" for what, share in tried.tested.items())
                print(f"{name}, {size} a class, {n} tested: {shown}")
                print(
                    f"  auto keeps {kept}: {tried.tested[kept]:.1%} ({low:.1%} to {high:.1%}) "
                    f"after {seconds:.0f} s; all took {time.perf_counter() - start:.0f} s",
                    flush=True,
                )


if __name__ == "__main__":
    main()
