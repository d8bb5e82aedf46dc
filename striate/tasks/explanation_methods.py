"""Each way to explain an answer: from a network and its input to a picture."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from striate.data import Pixels
from striate.draw import Explained, signed_levels
from striate.errors import UnknownNameError
from striate.explain import (
    Rectifier,
    Regularisers,
    Target,
    deconvnet,
    first_filters,
    grad_cam,
    input_gradient,
    invert,
    maximise,
    occlusion,
    saliency,
    smooth_gradient,
    spread,
)
from striate.explain.target import OUTPUT
from striate.tasks.subject import AnySubject


@dataclass(frozen=True, eq=False)
class Scene:
    """What every method looks at.

    Attributes:
        subject: the network.
        x: the input as the network is given it, (1, C, *S).
        seen: the same as levels to draw, (*S, C).
        target: the number that is explained.
        name: of the target, such as "tabby, 62.0%".
        layer: whose map is looked at, where a method looks at one.
        on_work: told how many windows or steps of how many are done.
    """

    subject: AnySubject
    x: Tensor
    seen: Pixels
    target: Target
    name: str
    layer: str
    on_work: Callable[[int, int], None] | None = None


def _always(scene: Scene) -> bool:
    return True


def _never(scene: Scene) -> bool:
    """It takes hundreds of passes."""
    return False


def _of_a_class(scene: Scene) -> bool:
    """A unit's own layer is what Grad-CAM would weigh."""
    return scene.target.layer == OUTPUT


def _has_switches(scene: Scene) -> bool:
    """Without max pooling a deconvnet projects the same back whatever the image."""
    return any(isinstance(m, nn.MaxPool1d | nn.MaxPool2d | nn.MaxPool3d) for m in scene.subject.network.modules())


@dataclass(frozen=True)
class Method:
    """A way to explain.

    Attributes:
        name: on the command line.
        run: makes the picture.
        suits: whether it is drawn if nobody names a method.
    """

    name: str
    run: Callable[[Scene], Explained]
    suits: Callable[[Scene], bool] = _always


def find_method(name: str) -> Method:
    """The method of a name.

    Raises:
        UnknownNameError: there is none; suggests the nearest.

    Example:
        >>> find_method("gradcam")
        Traceback (most recent call last):
        striate.errors.UnknownNameError: no method named 'gradcam'; did you mean 'grad-cam'?
    """
    if name not in EXPLANATION_METHODS:
        raise UnknownNameError("method", name, EXPLANATION_METHODS)
    return EXPLANATION_METHODS[name]


def _saliency(scene: Scene) -> Explained:
    strengths = saliency(input_gradient(scene.subject.network, scene.x, scene.target))
    return Explained(_strengths(scene, strengths), "saliency", f"largest gradient of each {scene.subject.view.sample}")


def _smooth_gradient(scene: Scene) -> Explained:
    strengths = saliency(smooth_gradient(scene.subject.network, scene.x, scene.target))
    return Explained(_strengths(scene, strengths), "SmoothGrad", "of 25 copies with 15 % noise")


def _guided(scene: Scene) -> Explained:
    gradient = input_gradient(scene.subject.network, scene.x, scene.target, rectifier=Rectifier.GUIDED)
    return Explained(_signed(scene, gradient), "guided backpropagation", "what speaks for it, in each channel")


def _deconvnet(scene: Scene) -> Explained:
    remark = "projected back" if _has_switches(scene) else "no max pooling: the same for every image"
    return Explained(_signed(scene, deconvnet(scene.subject.network, scene.x, scene.target)), "deconvnet", remark)


def _grad_cam(scene: Scene) -> Explained:
    maps = spread(grad_cam(scene.subject.network, scene.x, scene.target, scene.layer), scene.x.shape[2:])
    return Explained(_overlay(scene, maps), "Grad-CAM", f"at {scene.layer}")


def _occlusion(scene: Scene) -> Explained:
    size = scene.x.shape[2:]
    parts, steps = (6, 3) if len(size) < 3 else (4, 2)  # of a volume fewer: there are as many along each axis
    window = [max(1, n // parts) for n in size]
    stride = [max(1, n // steps) for n in window]
    drops = occlusion(
        scene.subject.network, scene.x, scene.target, window=window, stride=stride, on_windows=scene.on_work
    )
    remark = f"windows of {_times(window)}, every {_times(stride)} {scene.subject.view.sample}s"
    return Explained(_overlay(scene, drops), "occlusion", remark)


def _times(numbers: Sequence[int]) -> str:
    return "x".join(map(str, numbers))


def _filters(scene: Scene) -> Explained:
    layer, weights = first_filters(scene.subject.network, scene.subject.input_shape)
    return Explained(scene.subject.view.filters(weights.numpy()), "first filters", f"of {layer}")


def _inversion(scene: Scene) -> Explained:
    steps = 256
    found = invert(scene.subject.network, scene.x, scene.layer, steps=steps, on_step=_counter(scene, steps))
    return Explained(_drawn(scene, found[0]), "feature inversion", f"from {scene.layer}")


def _maximisation(scene: Scene) -> Explained:
    steps = 256
    target = Target(scene.target.unit, scene.target.layer)  # a whole channel, wherever it was strong in the image
    found = maximise(
        scene.subject.network,
        scene.subject.input_shape,
        target,
        steps=steps,
        regularisers=Regularisers(jitter=min(scene.x.shape[2:]) // 14),
        on_step=_counter(scene, steps),
    )
    spread_out = 0.35 * (found[0] - found.mean()) / found.std().clamp(min=1e-6)
    return Explained(_drawn(scene, spread_out), "activation maximisation", "contrast raised")


def _counter(scene: Scene, steps: int) -> Callable[[int, float], None] | None:
    told = scene.on_work
    return told and (lambda step, _: told(step, steps))


def _strengths(scene: Scene, strengths: Tensor) -> Pixels:
    """(1, *S) of at least 0."""
    return scene.subject.view.strengths(scene.seen, _array(strengths[0]))


def _overlay(scene: Scene, strengths: Tensor) -> Pixels:
    """(1, *S)"""
    return scene.subject.view.overlay(scene.seen, _array(strengths[0]))


def _signed(scene: Scene, gradient: Tensor) -> Pixels:
    """(1, C, *S)"""
    return scene.subject.view.picture(signed_levels(_array(gradient[0].movedim(0, -1))))


def _drawn(scene: Scene, x: Tensor) -> Pixels:
    """An input (C, *S), normalised."""
    return scene.subject.view.picture(scene.subject.levels(x))


def _array(tensor: Tensor) -> NDArray[np.float32]:
    array: NDArray[np.float32] = tensor.detach().cpu().float().numpy()
    return array


EXPLANATION_METHODS = {
    method.name: method
    for method in (
        Method("saliency", _saliency),
        Method("smoothgrad", _smooth_gradient),
        Method("guided", _guided),
        Method("deconvnet", _deconvnet, suits=_has_switches),
        Method("grad-cam", _grad_cam, suits=_of_a_class),
        Method("occlusion", _occlusion),
        Method("filters", _filters),
        Method("inversion", _inversion, suits=_never),
        Method("maximisation", _maximisation, suits=_never),
    )
}
