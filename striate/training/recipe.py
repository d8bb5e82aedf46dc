"""Recipe: how a network is trained, as one record of plain values."""

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, get_args

from striate.errors import ArgumentError, UnknownNameError

OptimizerName = Literal["sgd", "momentum", "rmsprop", "adam", "adamw"]
ScheduleName = Literal["cosine", "step", "constant"]

# Learning rate and weight decay that usually work, per optimizer.
USUAL: dict[OptimizerName, tuple[float, float]] = {
    "sgd": (0.1, 1e-4),
    "momentum": (0.1, 1e-4),
    "rmsprop": (1e-3, 0.0),
    "adam": (1e-3, 0.0),
    "adamw": (1e-3, 0.05),
}


@dataclass(frozen=True)
class Recipe:
    """How a network is trained. 0 turns off what it can: decay, smoothing, mixing, EMA, patience …

    Attributes:
        epochs: passes over the training images.
        optimizer: "sgd" (plain gradient descent), "momentum", "rmsprop", "adam" or "adamw".
        lr: the learning rate α at its highest.
        momentum: β of "momentum" and β1 of "adam" and "adamw", in [0, 1).
        stage_decay: each stage learns at this share of the rate of the one after it, the last one of the head's, in
            (0, 1]: what was learned before changes less (Howard and Ruder, 2018, arXiv:1801.06146); 1 for one rate.
        weight_decay: pull of the weights to zero; never on biases and norms.
        schedule: "cosine" falls to 0; "step" falls tenfold after 1/2 and again after 3/4 of the epochs; "constant".
        warmup_epochs: the learning rate first rises from 0 for so long; parts of an epoch are fine.
        label_smoothing: share of the target that is spread over all classes, in [0, 1).
        clip_norm: longest gradient (the norm over all parameters); a longer one is shortened to it.
        mixup: α of mixup's Beta(α, α), by which two images are laid over each other; 0.2 is usual.
        cutmix: α of CutMix's, by which a part of one covers another; 1 is usual. With both a coin decides at each step.
        ema_decay: share that the moving average of the weights keeps at each step, in [0, 1).
        patience: epochs without a new best after which training stops.
        seed: of everything random in training: the order of images, distortions, dropout.

    Raises:
        ArgumentError: a field is out of its range.

    Example:
        >>> recipe = Recipe(epochs=5, label_smoothing=0.1)
        >>> Recipe.from_dict(recipe.to_dict()) == recipe
        True
    """

    epochs: int = 30
    optimizer: OptimizerName = "adamw"
    lr: float = USUAL["adamw"][0]
    momentum: float = 0.9
    stage_decay: float = 1.0
    weight_decay: float = USUAL["adamw"][1]
    schedule: ScheduleName = "cosine"
    warmup_epochs: float = 0.5
    label_smoothing: float = 0.0
    clip_norm: float = 0.0
    mixup: float = 0.0
    cutmix: float = 0.0
    ema_decay: float = 0.0
    patience: int = 0
    seed: int = 0

    def __post_init__(self) -> None:
        for name, expected, holds in _RULES:
            if not holds(getattr(self, name)):
                raise ArgumentError.of(f"recipe.{name}", expected, getattr(self, name))
        if self.warmup_epochs >= self.epochs:
            raise ArgumentError.of("recipe.warmup_epochs", f"under {self.epochs} epochs", self.warmup_epochs)

    @classmethod
    def usual(cls, optimizer: OptimizerName, **changes: Any) -> "Recipe":
        """The recipe with the optimizer's usual learning rate and decay, except for what `changes` say.

        Example:
            >>> Recipe.usual("momentum", epochs=10).lr
            0.1
            >>> Recipe.usual("momentum", lr=0.02).lr
            0.02
        """
        if optimizer not in USUAL:
            raise ArgumentError.of("recipe.optimizer", f"one of {', '.join(USUAL)}", optimizer)
        lr, weight_decay = USUAL[optimizer]
        return cls.from_dict({"optimizer": optimizer, "lr": lr, "weight_decay": weight_decay, **changes})

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)

    @classmethod
    def parse(cls, setting: str) -> tuple[str, Any]:
        """A field and its value from text.

        Example:
            >>> Recipe.parse("patience=5"), Recipe.parse("schedule=step")
            (('patience', 5), ('schedule', 'step'))
        """
        name, equals, text = setting.partition("=")
        if not equals:
            raise ArgumentError.of("recipe", "NAME=VALUE", setting)
        kinds: dict[str, type] = {known: type(value) for known, value in cls().to_dict().items()}
        if name not in kinds:
            raise UnknownNameError("part of the recipe", name, kinds)
        try:
            return name, kinds[name](text)
        except ValueError as e:
            raise ArgumentError.of(f"recipe.{name}", "an integer" if kinds[name] is int else "a number", text) from e

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "Recipe":
        """The inverse of `to_dict`; names that are not fields are an error."""
        names = [f.name for f in fields(cls)]
        if surplus := sorted(set(values) - set(names)):
            raise ArgumentError.of("recipe", f"made of {', '.join(names)}", surplus)
        return cls(**values)


def _one_of(names: tuple[str, ...]) -> tuple[str, Callable[[Any], bool]]:
    return f"one of {', '.join(names)}", lambda value: value in names


def _integer(least: int) -> tuple[str, Callable[[Any], bool]]:
    return f"an integer of at least {least}", lambda value: isinstance(value, int) and value >= least


_SHARE: tuple[str, Callable[[Any], bool]] = ("in [0, 1)", lambda value: 0 <= value < 1)
_AMOUNT: tuple[str, Callable[[Any], bool]] = ("finite and not negative", lambda value: 0 <= value < math.inf)
_RULES: tuple[tuple[str, str, Callable[[Any], bool]], ...] = (
    ("epochs", *_integer(1)),
    ("optimizer", *_one_of(get_args(OptimizerName))),
    ("lr", "finite and positive", lambda value: 0 < value < math.inf),
    ("momentum", *_SHARE),
    ("stage_decay", "above 0, at most 1", lambda value: 0 < value <= 1),
    ("weight_decay", *_AMOUNT),
    ("schedule", *_one_of(get_args(ScheduleName))),
    ("warmup_epochs", *_AMOUNT),
    ("label_smoothing", *_SHARE),
    ("clip_norm", *_AMOUNT),
    ("mixup", *_AMOUNT),
    ("cutmix", *_AMOUNT),
    ("ema_decay", *_SHARE),
    ("patience", *_integer(0)),
    ("seed", "an integer of 0 to 2⁶⁴ - 1", lambda value: isinstance(value, int) and 0 <= value < 2**64),
)
