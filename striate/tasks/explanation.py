"""What made a network answer as it does about an image: several methods side by side."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from striate.atomic import atomic_write
from striate.data import Pixels
from striate.draw import Explained, explanation_sheet_png
from striate.errors import ArgumentError, UnknownNameError
from striate.explain import Target, capture, last_map, seeing_row
from striate.explain.capture import find_layer
from striate.tasks.classifier import Image
from striate.tasks.explanation_methods import EXPLANATION_METHODS, Method, Scene, find_method
from striate.tasks.open_subject import open_subject
from striate.tasks.picture_files import check_page
from striate.tasks.recording_classifier import AnyRecording
from striate.tasks.recording_subject import RecordingSubject
from striate.tasks.subject import AnySubject
from striate.training import Device


@dataclass(frozen=True, eq=False)
class Explanation:
    """Pictures of what made an answer.

    Attributes:
        subject: the network.
        target: what is explained.
        name: the same in words, with how strong it is.
        layer: whose map Grad-CAM and inversion look at.
        seen: what the network sees of the input, as levels to draw, (*S, C).
        pictures: one for each method.
    """

    subject: AnySubject
    target: Target
    name: str
    layer: str
    seen: Pixels
    pictures: tuple[Explained, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values; the pictures by their titles."""
        return {
            "model": self.subject.name,
            "target": {"layer": self.target.layer, "unit": self.target.unit, "name": self.name},
            "layer": self.layer,
            "pictures": [{"title": p.title, "remark": p.remark} for p in self.pictures],
        }


def explain(
    model: str | Path,
    image: Image | AnyRecording,
    methods: Sequence[str] = (),
    *,
    label: str = "",
    layer: str = "",
    unit: int | None = None,
    at: float | None = None,
    device: Device = "auto",
    on_work: Callable[[int, int], None] | None = None,
) -> Explanation:
    """Explain an answer, or what excites a unit.

    Args:
        model: a model file of any task, a run's folder, or the name of published weights.
        image: a file, or uint8 (H, W, C) with the preset's channels; for a network of signals, volumes or clips one of
            these.
        methods: names in `EXPLANATION_METHODS`; none takes all that are quick and suit the target.
        label: the class to explain; empty takes the likeliest one.
        layer: whose map Grad-CAM and inversion look at, a name of `striate table`; empty takes the last one with
            several positions. With `unit`, the unit's layer.
        unit: explain this unit of `layer`, where it is strongest, instead of a class.
        at: of a signal that is longer than what the network sees: the second in the middle of what is looked at; the
            signal's middle if left out.
        device: where it computes.
        on_work: told how many windows or steps of how many are done.

    Raises:
        DataError: the file can't be read, or is of another kind, rate or number of channels.
        ShapeError: the array is not an image of the preset's channels.
        UnknownNameError: no such model, method, class or layer.
        ArgumentError: a unit without its layer or beside a class, no such unit, or a model without classes and no unit.
    """
    chosen = [find_method(name) for name in dict.fromkeys(methods)]
    subject = open_subject(model, device=device)
    given = subject.read(image)
    if at is not None:
        if not isinstance(subject, RecordingSubject):
            raise ArgumentError("at is of signals: leave it out")
        given = subject.around(given, at)
    x = subject.input(given)
    target, name = _class_target(subject, x, label) if unit is None else _unit_target(subject, x, layer, unit, label)
    looked_at = subject.layer(layer) if layer else last_map(subject.network, subject.input_shape)
    find_layer(subject.network, looked_at)  # a name that is none is an error whatever the methods
    scene = Scene(subject, x, subject.seen(given), target, name, looked_at, on_work)
    pictures = tuple(method.run(scene) for method in chosen or _suiting(scene))
    return Explanation(subject, target, name, looked_at, scene.seen, pictures)


def write_explanation(explanation: Explanation, out: str | Path) -> None:
    """Draw the image and the pictures side by side.

    Raises:
        ArgumentError: not a .png.
        OutputError: the sheet can't be written.
    """
    check_page(out)
    subject = explanation.subject
    sides = subject.input_shape[1:]
    size = "x".join(map(str, sides if len(sides) == 3 else reversed(sides)))  # of an image the width comes first
    picture = subject.view.picture(explanation.seen)
    image = Explained(picture, f"the {subject.noun}", f"as the network sees it, {size}")
    page = explanation_sheet_png([image, *explanation.pictures], f"{subject.name}: {explanation.name}")
    with atomic_write(Path(out)) as f:
        f.write(page)


def _suiting(scene: Scene) -> list[Method]:
    """The methods that are drawn if none is named."""
    return [method for method in EXPLANATION_METHODS.values() if method.suits(scene)]


def _class_target(subject: AnySubject, x: Tensor, label: str) -> tuple[Target, str]:
    """A class by name, or the likeliest, and what the network thinks of it."""
    labels = subject.labels
    if subject.task is None or not labels:
        raise ArgumentError(f"{subject.name} answers with no classes: name a layer and one of its units")
    if label and label not in labels:
        raise UnknownNameError("class", label, labels)
    with torch.inference_mode():
        p = subject.task.probabilities(subject.network(x).float().cpu().numpy())[0]
    index = labels.index(label) if label else int(p.argmax())
    return Target(index), f"{labels[index]}, {p[index]:.1%}"


def _unit_target(subject: AnySubject, x: Tensor, layer: str, unit: int, label: str) -> tuple[Target, str]:
    """A unit where it is strongest."""
    if label or not layer:
        raise ArgumentError("a unit needs the name of its layer, and is explained instead of a class")
    name = subject.layer(layer)
    row = seeing_row(subject.network, name, subject.input_shape)
    if not 0 <= unit < row.shape[0]:
        raise ArgumentError.of("unit", f"from 0 to {row.shape[0] - 1} for layer {name!r}", unit)
    with torch.inference_mode():
        activation = capture(subject.network, [name], x, stop=True)[name][0, unit]
    place = torch.unravel_index(activation.argmax(), activation.shape) if activation.ndim else ()
    return Target(unit, name, tuple(int(i) for i in place)), f"unit {unit} of {name}, {float(activation.max()):.3g}"
