"""Do deeper networks train better? Plain and residual networks of two depths, under one budget.

He et al., Deep Residual Learning for Image Recognition, 2015, arXiv:1512.03385, figure 6: on CIFAR-10 a plain network
of 56 layers ends with a higher *training* error than one of 20, which overfitting can't explain; with shortcuts it
doesn't.

Training error needs many passes and not many images, so each network learns a part of them (5,000, spread evenly over
the classes) in 20 passes: the same images in the same order, undistorted, for the same number of steps of 32 images,
with momentum 0.9, weight decay 1e-4 and a learning rate that rises to 0.03 in one pass and falls to 0 along a cosine.
The paper takes all images, mirrored and shifted, and 64,000 steps of 128 at 0.1, divided by ten twice. Because that is
twenty times the budget of this experiment, residual blocks start as the identity here (the gain of their last batch
norm is 0; Goyal et al., 2017, arXiv:1706.02677). A tenth of all images is held back by the seed. After each pass the
errors are measured in eval mode on 1,000 images that it learns from and 1,000 of those held back; in the end on 5,000.

The second picture asks why: the norm of the gradient of each convolution's weights before the first step, all gains
of the batch norms still 1. Without shortcuts it grows from layer to layer on its way down through the batch norms (Yang
et al., A Mean Field Theory of Batch Normalization, 2019, arXiv:1902.08129), so that no one learning rate suits both
ends of a deep plain network.

Interrupted, it goes on where it was when it is run again with the same arguments. Networks may be trained by several
runs at once that share a folder; whichever runs last over all of them draws the pictures.

Run: python benchmarks/plain_vs_residual.py IMAGES [--networks plain20 resnet20 plain56 resnet56] [--epochs 20]
     [--train 5000] [--out runs/depth] [--seed 0] [--threads 0]
IMAGES is a folder or zip of class folders, such as CIFAR-10's.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from striate.cli.process import prepare_process

prepare_process()  # before torch is imported

import torch  # noqa: E402
from torch import Tensor, nn  # noqa: E402

from striate.atomic import atomic_write  # noqa: E402
from striate.data import Dataset, Loader, Part, channel_statistics, evenly, open_data  # noqa: E402
from striate.data.batch_loader import Batch  # noqa: E402
from striate.layers.dims import Conv  # noqa: E402
from striate.models import create_model  # noqa: E402
from striate.preset import Preset  # noqa: E402
from striate.training import Epoch, Recipe, fit, softmax_cross_entropy  # noqa: E402

NETWORKS = ("plain20", "resnet20", "plain56", "resnet56")
SIDE, BATCH, LR = 32, 32, 0.03
IDENTITY = {"zero_last_norm": True}
SAMPLE, FINAL_SAMPLE, GRADIENT_BATCHES = 1000, 5000, 4


def some(part: Part, number: int) -> Part:
    """So many images of a part, spread evenly over it and so over its classes."""
    return Part([part.items[i] for i in evenly(len(part), number)], part.store)


@dataclass(frozen=True)
class Experiment:
    """What all networks share."""

    dataset: Dataset
    learned: Part
    preset: Preset
    epochs: int
    seed: int

    def train(self, name: str, folder: Path) -> Iterator[Epoch]:
        """Train a network, or go on with it; at the end its curves, gradients and errors are in `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        gradients = {"start": self.gradient_norms(self.network(name))}
        network = self.network(name, **IDENTITY if name.startswith("resnet") else {})
        train = self.loader(self.learned, shuffle=True)
        history = []
        for epoch in fit(
            network,
            train,
            lambda trained: self.errors(trained, SAMPLE),
            loss=softmax_cross_entropy,
            recipe=Recipe.usual("momentum", epochs=self.epochs, lr=LR, warmup_epochs=1, seed=self.seed),
            monitor="train_error",
            lower_is_better=True,
            channels_last=True,
            folder=folder,
            resume=True,
            arguments={"network": name, "fingerprint": self.dataset.fingerprint, "images": len(self.learned)},
        ):
            history.append(epoch.to_dict())
            yield epoch
        result = {
            "network": name,
            "steps": len(history) * len(train),
            "images": len(self.learned),
            "history": history,
            "final": self.errors(network, FINAL_SAMPLE),
            "gradients": gradients,
        }
        with atomic_write(folder / "result.json") as f:
            f.write(json.dumps(result).encode())

    def network(self, name: str, **options: bool) -> nn.Module:
        """As it starts: the seed decides."""
        torch.manual_seed(self.seed)
        return create_model(name, num_classes=self.dataset.num_classes, **options)

    def loader(self, part: Part, *, shuffle: bool) -> Loader:
        """The images of a part in batches."""
        return Loader(part, self.preset, batch_size=BATCH, seed=self.seed, shuffle=shuffle)

    @torch.inference_mode()
    def errors(self, network: nn.Module, sample: int) -> dict[str, float]:
        """Shares of wrong answers."""
        network.eval()
        shares = {}
        for name, part in (("train", self.learned), ("val", self.dataset.parts["val"])):
            batches = self.loader(some(part, sample), shuffle=False).epoch(0)
            wrong = [network(batch.images).argmax(1) != batch.targets for batch in batches]
            shares[f"{name}_error"] = torch.cat(wrong).double().mean().item()
        return shares

    def gradient_norms(self, network: nn.Module) -> list[float]:
        """Of each convolution's weights, the first layer's first; the mean over some batches."""
        network.train()
        filters = [module.weight for module in network.modules() if isinstance(module, Conv)]
        batches = islice(self.loader(self.learned, shuffle=True).epoch(0), GRADIENT_BATCHES)
        norms = [gradient_of(network, filters, batch) for batch in batches]
        return torch.stack(norms).mean(0).tolist()


def gradient_of(network: nn.Module, filters: Sequence[Tensor], batch: Batch) -> Tensor:
    """The norm of the gradient of each filter bank: (layers,)"""
    cost = softmax_cross_entropy(network(batch.images), batch.targets)
    return torch.stack([g.norm() for g in torch.autograd.grad(cost, filters)])


def draw_curves(results: Sequence[dict], path: Path) -> None:
    """As figure 6: training error dashed, validation error bold; plain networks left, residual ones right."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.8), layout="constrained")
    for axes, kind in zip(figure.subplots(1, 2, sharey=True), ("plain", "residual"), strict=True):
        for result, colour in of_kind(results, kind):
            steps = [result["steps"] * (i + 1) / len(result["history"]) for i in range(len(result["history"]))]
            for part, style in (("train", "--"), ("val", "-")):
                errors = [100 * epoch["figures"][f"{part}_error"] for epoch in result["history"]]
                label = f"{result['network']}, {'training' if part == 'train' else 'held-back'} images"
                axes.plot(steps, errors, style, color=colour, label=label, linewidth=1 if part == "train" else 2)
        axes.set(title=kind, xlabel="steps", ylim=(0, None))
        axes.grid(alpha=0.3)
        axes.legend(frameon=False, fontsize=8)
    figure.axes[0].set_ylabel("error in %")
    save(figure, path)


def draw_gradients(results: Sequence[dict], path: Path) -> None:
    """Gradient norms by layer before the first step."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.8), layout="constrained")
    for axes, kind in zip(figure.subplots(1, 2, sharey=True), ("plain", "residual"), strict=True):
        for result, colour in of_kind(results, kind):
            norms = result["gradients"]["start"]
            axes.semilogy(range(1, len(norms) + 1), norms, "o-", color=colour, label=result["network"], markersize=3)
        axes.set(title=kind, xlabel="convolution, from the image up")
        axes.grid(alpha=0.3)
        axes.legend(frameon=False, fontsize=8)
    figure.axes[0].set_ylabel("norm of its weights' gradient")
    save(figure, path)


def of_kind(results: Sequence[dict], kind: str) -> list[tuple[dict, str]]:
    """The plain or the residual ones, each with a colour; the deeper one is red."""
    chosen = [result for result in results if result["network"].startswith("plain") == (kind == "plain")]
    return list(zip(chosen, ("tab:orange", "tab:red", "tab:purple", "tab:brown", "black"), strict=False))


def save(figure: object, path: Path) -> None:
    """As SVG, whole or not at all."""
    with atomic_write(path) as f:
        figure.savefig(f, format="svg", metadata={"Date": None})


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("images", type=Path)
    parser.add_argument("--networks", nargs="+", default=NETWORKS)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--train", type=int, default=5000, help="images to learn from")
    parser.add_argument("--out", type=Path, default=Path("runs/depth"))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=0, help="0: as many as torch takes")
    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    dataset = open_data(args.images, seed=args.seed, val_share=0.1)
    mean, std = channel_statistics(dataset.parts["train"])
    preset = Preset(size_hw=(SIDE, SIDE), mean=mean, std=std, labels=dataset.classes)
    experiment = Experiment(dataset, some(dataset.parts["train"], args.train), preset, args.epochs, args.seed)
    for name in args.networks:
        for epoch in experiment.train(name, args.out / name):
            train, val = (f"{epoch.figures[f'{part}_error']:.1%}" for part in ("train", "val"))
            print(f"{name}: epoch {epoch.epoch}, errors {train} in training, {val} held back", flush=True)
    results = [json.loads((args.out / name / "result.json").read_text()) for name in args.networks]
    draw_curves(results, args.out / "curves.svg")
    draw_gradients(results, args.out / "gradients.svg")
    for result in results:
        train, val = (f"{result['final'][f'{part}_error']:.2%}" for part in ("train", "val"))
        print(f"{result['network']}: {result['steps']} steps, errors {train} in training, {val} held back")
    print(f"curves and gradients: {args.out}")


if __name__ == "__main__":
    main()
