"""The plan of a training: everything that decides it, and why it was chosen."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

from striate.data import Pipeline
from striate.errors import ArgumentError
from striate.preset import Preset
from striate.training import OptimizerName, Recipe

PrecisionWish = Literal["auto", "fp32", "bf16"]
_NAMED = {"epochs", "lr", "optimizer", "seed"}  # parts of the recipe that have an argument of their own


@dataclass(frozen=True)
class Wishes:
    """What the user asked for; None leaves the choice to striate.

    Attributes:
        model: name of a network.
        weights: name of published weights, or "none".
        freeze: "auto", "none", "all", "classifier", or the last stage to freeze.
        epochs, optimizer, lr, batch_size: of the training.
        size: pixels a side of the network's input.
        views: of each training image whose features are kept where all stages are frozen; 0 keeps none.
        last_stage: the last stage that is kept; a new head takes the place of what follows.
        hidden: units of each dense layer of a new head.
        distort: how training images are distorted, in words: see `striate.data.parse_distortions`.
        recipe: anything else of `striate.training.Recipe`, by name.
        seed: decides everything random.
        task: "localize", "landmarks", "detect", "verify" or "stylize"; None for classes.
        loss: of that task, "documents", "modern", or "exponential" to detect; to verify see `striate.tasks.verify`.
        mosaic: of "detect": share of the training images that are four in one.
        precision: "fp32", "bf16", or "auto" to measure which is faster.
        mining: of "verify": how triplets are chosen.
        dim: of "verify": how many numbers an encoding has.
        turned: of "verify": whether turned and mirrored identities are others to learn from.
        spliced: of "verify": whether halves of two identities are others to learn from.
        styles: of "stylize": the images whose styles are learned.
        strength: of "stylize": of the styles against the content.
        window: of records with annotations: seconds around each that are looked at.
        symbols: of annotations: those that count.
        channels: of signals, volumes or clips: those that are looked at, by name or number from 0.
        resample: whether recordings of another rate or spacing are brought to that of the most.

    Raises:
        ArgumentError: a batch size or a size under 1, encodings of one number, or a recipe that repeats another wish.
            The rest is checked where it is used.
    """

    model: str | None = None
    weights: str | None = None
    freeze: str | None = None
    epochs: int | None = None
    optimizer: OptimizerName | None = None
    lr: float | None = None
    batch_size: int | None = None
    size: int | None = None
    recipe: Mapping[str, Any] | None = None
    seed: int | None = None
    precision: PrecisionWish | None = None
    distort: str | None = None
    views: int | None = None
    last_stage: str | None = None
    hidden: tuple[int, ...] | None = None
    task: str | None = None
    loss: str | None = None
    mosaic: float | None = None
    mining: str | None = None
    dim: int | None = None
    turned: bool | None = None
    spliced: bool | None = None
    styles: tuple[str, ...] | None = None
    strength: float | None = None
    window: float | None = None
    symbols: tuple[str, ...] | None = None
    channels: tuple[str, ...] | None = None
    resample: bool | None = None

    def __post_init__(self) -> None:
        for name in sorted(_NAMED & set(self.recipe or ())):
            raise ArgumentError(f"{name} has an argument of its own and must not be in the recipe too")
        if self.strength is not None and not 0 <= self.strength < float("inf"):
            raise ArgumentError.of("strength", "at least 0", self.strength)
        if self.window is not None and not 0 < self.window < float("inf"):
            raise ArgumentError.of("window", "seconds above 0", self.window)
        for name, least in (("batch_size", 1), ("size", 1), ("dim", 2)):  # of unit length, one number is 1 or -1
            wish = getattr(self, name)
            if wish is not None and wish < least:
                raise ArgumentError.of(name, f"an integer of at least {least}", wish)
        if self.mosaic is not None and not 0 <= self.mosaic <= 1:
            raise ArgumentError.of("mosaic", "a share in [0, 1] of a detector's images", self.mosaic)
        if self.views is not None and self.views < 0:
            raise ArgumentError.of("views", "an integer of at least 0", self.views)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        lists = {"hidden": self.hidden, "styles": self.styles, "symbols": self.symbols, "channels": self.channels}
        return asdict(self) | {name: list(value) if value else None for name, value in lists.items()}


@dataclass(frozen=True)
class Plan:
    """Everything that decides a training.

    Attributes:
        network: name in the registry.
        weights: published weights that it starts from, or None.
        freeze: "none", "all", "classifier" (all but it), the last stage that is frozen, or "auto": several candidates
            learn, each from where the one before stopped (see `striate.tasks.thawing`).
        preset: what the network expects of an image, with the labels.
        pipeline: how training images are distorted.
        recipe: how it is trained.
        batch_size: images a step.
        precision: what was asked for; "auto" is decided by measuring when the training starts.
        class_weights: weight of each class in the cost; empty where all weigh the same.
        reasons: why, in words.
        views: of each training image, whose features are computed once and kept: evaluation's, and distorted ones;
            0 where images are distorted anew in each epoch.
        last_stage, hidden: of a new head in the place of the last layers, as in `create_model`.
        regression: the classifier is made at once, by `striate.training.fit_head`.
    """

    network: str
    weights: str | None
    freeze: str
    preset: Preset
    pipeline: Pipeline
    recipe: Recipe
    batch_size: int
    precision: PrecisionWish
    class_weights: tuple[float, ...]
    reasons: tuple[str, ...]
    views: int = 0
    last_stage: str | None = None
    hidden: tuple[int, ...] = ()
    regression: bool = False

    @property
    def arguments(self) -> dict[str, Any]:
        """What the network is built with."""
        arguments = {"num_classes": len(self.preset.labels), "in_channels": self.preset.channels, "dims": 2}
        new_head = {"last_stage": self.last_stage, "hidden": list(self.hidden)}
        return arguments | {name: value for name, value in new_head.items() if value}

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        plain = {f.name: getattr(self, f.name) for f in fields(self)}
        return plain | {
            "preset": self.preset.to_dict(),
            "pipeline": self.pipeline.to_list(),
            "recipe": self.recipe.to_dict(),
            "class_weights": list(self.class_weights),
            "reasons": list(self.reasons),
            "hidden": list(self.hidden),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Plan":
        """The inverse of `to_dict`."""
        return cls(
            **{
                **values,
                "preset": Preset.from_dict(values["preset"]),
                "pipeline": Pipeline.from_list(values["pipeline"]),
                "recipe": Recipe.from_dict(values["recipe"]),
                "class_weights": tuple(values["class_weights"]),
                "reasons": tuple(values["reasons"]),
                "hidden": tuple(values.get("hidden", ())),
            }
        )
