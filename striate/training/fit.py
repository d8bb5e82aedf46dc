"""The training loop: epochs, in them steps, in each one update of the weights."""

import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from striate.errors import ArgumentError, DivergenceError
from striate.training.batches import Batch, Batches
from striate.training.checkpoint import Checkpoints, State
from striate.training.device import Device, make_accelerator
from striate.training.ema import Ema
from striate.training.interrupt import uninterrupted
from striate.training.judge import Judge
from striate.training.mix import mix
from striate.training.optimizers import make_optimizer
from striate.training.precision import Precision, autocast
from striate.training.recipe import Recipe
from striate.training.records import Epoch, Step
from striate.training.schedules import learning_rate

if TYPE_CHECKING:
    from accelerate import Accelerator

CHANNELS_LAST = {4: torch.channels_last, 5: torch.channels_last_3d}  # by how many axes filters and images have
Loss = Callable[[Any, Tensor], Tensor]  # (what the network answers, targets) -> J, a scalar


def fit(
    network: nn.Module,
    train: Batches,
    validate: Callable[[nn.Module], Mapping[str, float]],
    *,
    loss: Loss,
    recipe: Recipe,
    monitor: str | None = "accuracy",
    lower_is_better: bool = False,
    device: Device = "auto",
    precision: Precision = "fp32",
    channels_last: bool = False,
    folder: Path | None = None,
    resume: bool = False,
    arguments: Mapping[str, Any] | None = None,
    num_classes: int | None = None,
    save_seconds: float = 60.0,
    on_step: Callable[[Step], None] | None = None,
) -> Iterator[Epoch]:
    """Train a network, an epoch each time the next record is asked for.

    When the iterator ends the network is in eval mode with the weights of the best epoch (their moving
    average, if the recipe has one). Killed at any moment and resumed, it ends with the same weights as if
    it had not been, to the bit on one CPU in fp32. Ctrl-C waits for the step under way, saves, then stops.
    In several processes (`torchrun`) gradients, losses and figures are the mean over all images.

    Args:
        network: trained in place; parameters that need no gradient stay as they are (see `freeze`).
        train: the training images, batch by batch.
        validate: figures of a network in eval mode, without gradients; every process calls it.
        loss: the cost J of (what the network answers, targets), a mean over the batch; the state of a module is kept in
            checkpoints.
        recipe: how to train.
        monitor: the figure by which the best epoch is chosen; None keeps the last one.
        lower_is_better: of the monitored figure.
        device: "auto" takes a GPU where there is one.
        precision: of convolutions and matrix products in training; see `choose_precision`.
        channels_last: hold filters and images of two dimensions as (N, H, W, C) in memory, of three as (N, D, H, W, C).
        folder: where checkpoints go, which must exist; None keeps none.
        resume: go on from the checkpoint in `folder`, if there is one; the finished epochs are yielded again
            first, as they were recorded. False starts anew and replaces it.
        arguments: JSON values that a resumed training must share, such as the data's fingerprint.
        num_classes: K; a recipe with mixup or CutMix needs it.
        save_seconds: between checkpoints within an epoch; there is one at the end of each, too.
        on_step: called after every step.

    Returns:
        An iterator over the record of each epoch.

    Raises:
        ArgumentError: nothing to train or to train on, or a checkpoint of other arguments.
        ModelFileError: a broken checkpoint.
        UnknownNameError: `validate` doesn't give the monitored figure.
        DivergenceError: the loss is no longer a finite number.

    Example:
        >>> from types import SimpleNamespace
        >>> class Signs:
        ...     def __len__(self):
        ...         return 1
        ...     def epoch(self, epoch, start_step=0):
        ...         numbers = torch.tensor([[-2.0], [-1.0], [1.0], [2.0]])
        ...         batches = [SimpleNamespace(images=numbers, targets=torch.tensor([0, 0, 1, 1]))]
        ...         yield from batches[start_step:]
        >>> def validate(network):
        ...     answers = network(torch.tensor([[-3.0], [3.0]])).argmax(1)
        ...     return {"accuracy": (answers == torch.tensor([0, 1])).float().mean()}
        >>> recipe = Recipe(epochs=3, lr=0.5)
        >>> epochs = fit(nn.Linear(1, 2), Signs(), validate, loss=nn.functional.cross_entropy, recipe=recipe)
        >>> [epoch.figures["accuracy"] for epoch in epochs]
        [..., 1.0]
    """
    if not len(train):
        raise ArgumentError("train must have at least one batch, got none")
    if (recipe.mixup or recipe.cutmix) and num_classes is None:
        raise ArgumentError.of("num_classes", "given where the recipe mixes images", None)
    accelerator = make_accelerator(device)
    _place(network, accelerator.device, channels_last)
    optimizer = make_optimizer(network, recipe)
    model = accelerator.prepare_model(network)  # the same, or wrapped to average gradients between processes
    ema = Ema(network, recipe.ema_decay) if recipe.ema_decay else None
    state = State(network, optimizer, ema, loss if isinstance(loss, nn.Module) else None)
    shared = {
        **(arguments or {}),
        "recipe": recipe.to_dict(),
        "precision": precision,
        "channels_last": channels_last,
        "steps_per_epoch": len(train),
        "trainable_parameters": sum(p.numel() for p in network.parameters() if p.requires_grad),
    }
    checkpoints = Checkpoints(folder, shared, save_seconds, writes=accelerator.is_main_process)
    if resume:
        checkpoints.load(state)
    judge = Judge(validate, monitor, lower_is_better)
    return _Training(
        state,
        train,
        model,
        loss,
        recipe,
        judge,
        checkpoints,
        accelerator,
        precision,
        channels_last,
        num_classes or 0,
        on_step,
    ).epochs()


@dataclass(frozen=True)
class _Training:
    """The loop, to be read from top to bottom: `epochs`, `steps`, `update`."""

    state: State
    train: Batches
    model: nn.Module
    loss: Loss
    recipe: Recipe
    judge: Judge
    checkpoints: Checkpoints
    accelerator: "Accelerator"
    precision: Precision
    channels_last: bool
    num_classes: int
    on_step: Callable[[Step], None] | None

    def epochs(self) -> Iterator[Epoch]:
        """Train and validate until the recipe ends or patience does; then take the best epoch's weights."""
        state, progress = self.state, self.state.progress
        yield from tuple(progress.history)
        while len(progress.history) < self.recipe.epochs and not progress.out_of_patience(self.recipe.patience):
            try:
                self.steps()
                start = time.perf_counter()
                figures = self.judge.figures(state.validated, self.accelerator)
                with uninterrupted():
                    best = self.judge.prefers(figures, progress.best)
                    lr = learning_rate(self.recipe, self.number - 1, len(self.train))
                    epoch = progress.finish(lr, figures, best, time.perf_counter() - start)
                    if best:
                        self.checkpoints.save_best(state)
                    self.checkpoints.save(state)
            except KeyboardInterrupt:
                self.checkpoints.save(state)
                raise
            yield epoch
        if state.best:
            state.network.load_state_dict(state.best)
        state.network.eval()

    def steps(self) -> None:
        """What is left of the epoch: for each batch an update, perhaps a checkpoint, and word of it."""
        progress = self.state.progress
        self.state.network.train()
        asked = time.perf_counter()
        for batch in self.train.epoch(len(progress.history), progress.step):
            got = time.perf_counter()
            with uninterrupted():
                lr = learning_rate(self.recipe, self.number, len(self.train))
                cost, images = self.update(batch, lr)
                progress.add(images, cost, seconds=time.perf_counter() - asked, waited=got - asked)
            self.checkpoints.save_if_due(self.state)
            if self.on_step:
                self.on_step(Step(len(progress.history) + 1, progress.step, len(self.train), cost, lr))
            asked = time.perf_counter()

    def update(self, batch: Batch, lr: float) -> tuple[float, int]:
        """One step downhill. Returns the mean cost over the images of all processes, and how many they are."""
        images, targets = self.mixed(*self.on_device(batch))
        self.seed()
        with autocast(images.device.type, self.precision):
            answers = self.model(images)
        cost, images_of_all = self.share(self.loss(answers, targets), len(images))
        mean_cost = self.accelerator.reduce(cost.detach(), "mean").item()
        if not math.isfinite(mean_cost):
            raise DivergenceError(self.diagnosis(images, mean_cost, lr))

        optimizer, ema = self.state.optimizer, self.state.ema
        optimizer.zero_grad()
        self.accelerator.backward(cost)
        if self.recipe.clip_norm:
            self.accelerator.clip_grad_norm_(self.model.parameters(), self.recipe.clip_norm)
        for group in optimizer.param_groups:
            group["lr"] = lr * group["share"]
        optimizer.step()
        if ema:
            ema.update(self.state.network, self.number)
        return mean_cost, images_of_all

    @property
    def number(self) -> int:
        """The step under way, counted from 0 over the whole training."""
        return len(self.state.progress.history) * len(self.train) + self.state.progress.step

    def on_device(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Images and targets where the network is."""
        images = batch.images.to(self.accelerator.device, non_blocking=True)
        if self.channels_last and images.ndim in CHANNELS_LAST:
            images = images.contiguous(memory_format=CHANNELS_LAST[images.ndim])
        return images, batch.targets.to(self.accelerator.device, non_blocking=True)

    def mixed(self, images: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """By mixup or CutMix, if the recipe says so; its chance follows from the step, as that of `seed` does."""
        rng = np.random.default_rng((self.recipe.seed, self.number, self.accelerator.process_index, 1))
        alphas = {"mixup_alpha": self.recipe.mixup, "cutmix_alpha": self.recipe.cutmix}
        return mix(images, targets, rng, num_classes=self.num_classes, **alphas)

    def seed(self) -> None:
        """Let torch's randomness (dropout) follow from the step, so that there is no random state to lose."""
        entropy = np.random.SeedSequence((self.recipe.seed, self.number, self.accelerator.process_index))
        torch.manual_seed(int(entropy.generate_state(1, np.uint64)[0]))

    def share(self, cost: Tensor, images: int) -> tuple[Tensor, int]:
        """This process's cost, scaled so that the mean over processes is the mean over all their images."""
        images_of_all = int(self.accelerator.reduce(torch.tensor(images, device=cost.device), "sum"))
        return cost * (images * self.accelerator.num_processes / images_of_all), images_of_all

    def diagnosis(self, images: Tensor, cost: float, lr: float) -> str:
        """What to tell who trained with a loss that is no number any more."""
        epoch, step = len(self.state.progress.history) + 1, self.state.progress.step + 1
        what = f"the loss became {cost} in epoch {epoch}, step {step} of {len(self.train)}"
        if not images.isfinite().all():
            return f"{what}: the images of the batch hold values that are not finite"
        return f"{what}, at learning rate {lr:g}: it is probably too high; try {self.recipe.lr / 10:g}, or clip_norm=1"


def _place(network: nn.Module, device: torch.device, channels_last: bool) -> None:
    """The network to the device, and its filters of two or three dimensions to the memory order."""
    network.to(device)
    for parameter in network.parameters() if channels_last else ():
        if parameter.ndim in CHANNELS_LAST:
            # not `contiguous`: of one channel or one pixel it leaves strides that `Module.to` changes later on, and
            # other strides make sums go in another order
            parameter.data = parameter.data.to(memory_format=CHANNELS_LAST[parameter.ndim])
