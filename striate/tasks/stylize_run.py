"""A run of a network that paints: its training, from the plan to a model file, a record and a page of samples."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from striate.atomic import atomic_write
from striate.data import Dataset, Loader, PartName, evenly, read_image
from striate.draw import Row, View, views_png
from striate.models import find_entry, save_model
from striate.models.transform_net import TransformNet
from striate.tasks.learning import EVALUATION_BATCH
from striate.tasks.material import Watch
from striate.tasks.outcome import Outcome
from striate.tasks.recorded_run import RecordedRun
from striate.tasks.run_folder import RunFolder
from striate.tasks.run_record import epoch_lines
from striate.tasks.stylize_lesson import Lesson, PaintLoss
from striate.tasks.stylize_network import StyleNetwork
from striate.tasks.stylize_painter import Painter
from striate.tasks.stylize_pictures import fitting_size, to_tensor
from striate.tasks.stylize_plan import PaintPlan
from striate.tasks.stylize_preset import find_style_preset
from striate.tasks.stylize_tiles import TiledNetwork, lay_grid
from striate.training import Device, Epoch, Precision, Step

MONITOR = "loss"
_SAMPLES = 6  # photographs on the page


@dataclass(frozen=True)
class PaintFigures:
    """What pictures of held-back photographs cost, on average; see `striate.tasks.stylize_goal.Losses`.

    Attributes:
        n: photographs, each in every style.
        total, content, style: J and its parts.
    """

    n: int
    total: float
    content: float
    style: float

    def to_dict(self) -> dict[str, float]:
        """Plain JSON values."""
        return {"n": self.n, "total": self.total, "content": self.content, "style": self.style}


class PaintRun(RecordedRun):
    """A training that is planned; iterate over it to run it, one `Epoch` at a time. It has what `Run` has.

    Attributes:
        folder: where it writes.
        dataset: the photographs.
        plan: everything that decides it, and why.
        start: the first line of its record: wishes, plan, data, versions.
        painter: the network that learns.
        outcome: what came of it, once the iteration has ended; its report is a page of samples.
    """

    def __init__(
        self, folder: RunFolder, dataset: Dataset, plan: PaintPlan, start: dict[str, Any], device: Device, workers: int
    ):
        super().__init__(folder, start, find_style_preset(str(plan.weights)).weights, device)
        self.dataset, self.plan = dataset, plan
        self.outcome: Outcome[PaintFigures] | None = None
        self.trials: Sequence[Any] = ()
        self._workers = workers
        torch.manual_seed(plan.recipe.seed)
        painter = find_entry(plan.network).build(**plan.arguments)
        assert isinstance(painter, TransformNet)
        self.painter = painter
        self._loss = self._make_loss()

    def headline(self, figures: PaintFigures) -> str:
        """The figures that count, in words."""
        return f"cost {figures.total:.4f}, of content {figures.content:.4f}, of style {figures.style:.4f}"

    def epochs(
        self, on_step: Callable[[Step], None] | None = None, on_features: Watch | None = None
    ) -> Iterator[Epoch]:
        """Train, measure, and write model, record and samples.

        Args:
            on_step: called after every step, to show progress.
            on_features: never called: photographs are distorted anew in every epoch.

        Yields:
            A record of each epoch; after a resume the finished ones come first, as they were.
        """
        train, val = self._train_loader(), self._loader("val")
        epochs: list[Epoch] = []
        lesson, precision = Lesson(self.painter), self._precision()
        try:
            train.start()
            val.start()
            for epoch in self._fit(
                self.plan,
                lesson,
                train,
                lambda network: self._measure(network, val),
                loss=self._loss,
                monitor=MONITOR,
                lower_is_better=True,
                precision=precision,
                on_step=on_step,
            ):
                epochs.append(epoch)
                yield epoch
            if self.is_main:
                self._finish(epochs, precision, self._measure(lesson, val))
        finally:
            train.close()
            val.close()

    def _make_loss(self) -> PaintLoss:
        """The styles' Gram matrices, at the size of the photographs."""
        preset = find_style_preset(str(self.plan.weights))
        network = StyleNetwork(preset, device=self._accelerator.device)
        grid, side = lay_grid(network), self.plan.preset.size_hw[0]
        grams: dict[str, list[Tensor]] = {name: [] for name in preset.style}
        for style in self.plan.styles:
            pixels = read_image(Path(style))
            size_hw = fitting_size(pixels.shape[:2], side, grid.stride)
            seen = to_tensor(pixels, size_hw, network.device)
            tiled = TiledNetwork(network, grid, size_hw, max(size_hw))
            for name, gram in tiled.mean_grams(seen, list(preset.style)).items():
                grams[name].append(gram)
        return PaintLoss(network, {name: torch.cat(several) for name, several in grams.items()}, self.plan.strength)

    def _train_loader(self) -> Loader:
        """Distorted photographs, shared by the processes."""
        plan, accelerator = self.plan, self._accelerator
        return Loader(
            self.dataset.parts["train"],
            plan.preset,
            pipeline=plan.pipeline,
            batch_size=plan.batch_size,
            seed=plan.recipe.seed,
            workers=self._workers,
            shuffle=True,
            rank=accelerator.process_index,
            world_size=accelerator.num_processes,
            pin=accelerator.device.type == "cuda",
        )

    def _loader(self, name: PartName) -> Loader:
        """The photographs of a part as they are, in their order."""
        part, batch = self.dataset.parts[name], min(EVALUATION_BATCH, self.plan.batch_size)
        return Loader(part, self.plan.preset, batch_size=batch, workers=self._workers)

    def _precision(self) -> Precision:
        """What was asked for; bf16 is not tried out, as pictures show its steps."""
        return "fp32" if self.plan.precision == "auto" else self.plan.precision

    @torch.no_grad()
    def _measure(self, network: nn.Module, val: Loader) -> dict[str, float]:
        """The costs of held-back photographs, each in every style."""
        assert isinstance(network, Lesson)
        rows: list[Tensor] = []
        for batch in val.epoch(0):
            images = batch.images.to(self._accelerator.device)
            for style in range(network.painter.styles):
                costs = self._loss.costs(
                    network.paint(images, images.new_full((len(images),), style, dtype=torch.long))
                )
                rows.append(torch.stack([costs.style, costs.content, costs.total], dim=1))
        style, content, total = torch.cat(rows).mean(0).tolist()
        return {"style": style, "content": content, "loss": total}

    def _finish(self, epochs: Sequence[Epoch], precision: Precision, measured: Mapping[str, float]) -> None:
        """Write what a training is for."""
        n = len(self.dataset.parts["val"])
        figures = PaintFigures(n, measured["loss"], measured["content"], measured["style"])
        result = {
            "figures": {"val": figures.to_dict()},
            "train_precision": precision,
            "device": str(self._accelerator.device),
        }
        save_model(self.folder.model, self.painter, self._model_file(self.plan, "stylize", epochs, result))
        samples = self.folder.path / "samples.png"
        with atomic_write(samples) as f:
            f.write(self._samples())
        self.write([self.start, *epoch_lines(epochs), {"event": "result", **result}])
        remarks: dict[PartName, str] = {"val": "the best epoch was chosen on it"}
        self.outcome = Outcome({"val": figures}, self.folder.model, samples, remarks)

    def _samples(self) -> bytes:
        """A page of held-back photographs in every style, PNG."""
        part, names = self.dataset.parts["val"], self.plan.preset.labels
        painter = Painter(self.painter, names, device=self._accelerator.device)
        rows = []
        for index in evenly(len(part), _SAMPLES):
            image = part.load(index)
            rows.append(Row("", part.items[index].path, [View(image), *(View(painter(image, [n])) for n in names)]))
        return views_png(rows, ", ".join(names))
