"""What a network that paints learns: to give each photograph a style at one pass."""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from striate.models.transform_net import TransformNet
from striate.ops import content_cost, gram_cost, mean_gram, total_variation
from striate.tasks.stylize_goal import CONTENT_FROM_NOISE
from striate.tasks.stylize_network import StyleNetwork


class Painted(NamedTuple):
    """Pictures in training.

    Attributes:
        images: (N, 3, H, W) as they were, in [-1, 1].
        pictures: (N, 3, H, W) as they were painted.
        styles: (N,) in which style each.
    """

    images: Tensor
    pictures: Tensor
    styles: Tensor


class Lesson(nn.Module):
    """Paints each image of a batch in a style that chance chooses; `fit` seeds the chance by the step."""

    def __init__(self, painter: TransformNet):
        super().__init__()
        self.painter = painter

    def forward(self, images: Tensor) -> Painted:
        """(N, 3, H, W) in [-1, 1]"""
        styles = torch.randint(self.painter.styles, (len(images),)).to(images.device)
        return self.paint(images, styles)

    def paint(self, images: Tensor, styles: Tensor) -> Painted:
        """styles: (N,)"""
        mixture = F.one_hot(styles, self.painter.styles).to(images.dtype)
        return Painted(images, self.painter(images, mixture).float(), styles)


class PaintCosts(NamedTuple):
    """Of each picture, (N,), as they count in the total."""

    content: Tensor
    style: Tensor
    variation: Tensor

    @property
    def total(self) -> Tensor:
        """(N,)"""
        return self.content + self.style + self.variation


class PaintLoss:
    """J of `striate.tasks.stylize_goal.Goal`, for many pictures at once: the mean over a batch.

    Args:
        network: tells content and style.
        styles: the Gram matrix per position of each style, by layer, (K, C, C).
        strength: β.
    """

    def __init__(self, network: StyleNetwork, styles: dict[str, Tensor], strength: float):
        self.network, self.preset, self.styles = network, network.preset, styles
        self.content_weight = CONTENT_FROM_NOISE * self.preset.content_weight  # a new network gives as good as noise
        self.lambdas = {
            name: strength * self.preset.style[name] / gram_cost(grams, torch.zeros_like(grams)).clamp(min=1e-12)
            for name, grams in styles.items()
        }

    def __call__(self, painted: Painted, targets: Tensor) -> Tensor:
        """The mean of J; targets, the classes of photographs, say nothing here."""
        return self.costs(painted).total.mean()

    def costs(self, painted: Painted) -> PaintCosts:
        """Of each picture."""
        layer, pictures = self.preset.content, (painted.pictures + 1) / 2
        with torch.no_grad():
            wanted = self.network((painted.images + 1) / 2, [layer])[layer].clone()
            size = content_cost(wanted, torch.zeros_like(wanted)).clamp(min=1e-12)
        found = self.network(pictures)
        content = self.content_weight * content_cost(wanted, found[layer]) / size
        styles = [
            self.lambdas[name][painted.styles] * gram_cost(grams[painted.styles], mean_gram(found[name]))
            for name, grams in self.styles.items()
        ]
        variation = self.preset.variation_weight * total_variation(pictures) / pictures[0, 0].numel()
        return PaintCosts(content, torch.stack(styles).sum(0), variation)
