"""What a generated picture is to be: content of one picture, style of others; and how far it is from that."""

from dataclasses import asdict, dataclass

import torch
from torch import Tensor

from striate.ops import content_cost, gram_cost, gram_matrix, mean_gram, total_variation
from striate.tasks.stylize_tiles import TiledNetwork

CONTENT_FROM_NOISE = 10.0  # times the preset's weight, or else the style, which is found first, leaves it no place


@dataclass(frozen=True)
class Losses:
    """What a generated picture costs, weighted as it counts in the total.

    Attributes:
        total: J, the sum of the others.
        content: α · Jcontent.
        style: β · Jstyle.
        variation: γ · the total variation of a pixel.
    """

    total: float
    content: float
    style: float
    variation: float

    def to_dict(self) -> dict[str, float]:
        """Plain JSON values."""
        return asdict(self)


class Goal:
    """J(G) = α · Jcontent + β · Σ λ[l] · Jstyle[l] + γ · variation, for pictures of one size.

    α and λ follow from the preset's relative weights: α = content_weight / ½‖a(C)‖², and λ[l] = weight /
    (‖G(S) / n‖² / (2 · nC)²), so that a picture without activations would have Jcontent and Jstyle cost their weights.

    In tiles the style needs two passes: the Gram matrices of the whole picture are sums over tiles, and so is, once
    they are known, the gradient. The result is that of the whole picture, up to rounding.

    Args:
        network: tells content and style of pictures of this size.
        content: (1, 3, H, W), RGB in 0–1.
        styles: the Gram matrix per position that is wanted of each layer for style, (1, C, C).
        strength: β.
        content_factor: of the preset's weight of the content.
    """

    def __init__(
        self,
        network: TiledNetwork,
        content: Tensor,
        styles: dict[str, Tensor],
        strength: float,
        content_factor: float = 1.0,
    ):
        preset = network.network.preset
        self.network, self.styles, self.layer, self.layers = network, styles, preset.content, preset.layers
        with torch.no_grad():
            self.content = [part[self.layer].clone() for part in network.activations(content, [self.layer])]
        self.alpha = (
            content_factor
            * preset.content_weight
            / _at_least(sum(content_cost(part, part * 0).item() for part in self.content))
        )
        self.lambdas = {
            name: strength * weight / _at_least(gram_cost(styles[name], styles[name] * 0).item())
            for name, weight in preset.style.items()
        }
        self.gamma = preset.variation_weight / content[0, 0].numel()

    def backward(self, picture: Tensor) -> Losses:
        """The losses of a picture (1, 3, H, W); their gradient is put into `picture.grad`."""
        picture.grad = torch.zeros_like(picture)
        variation = self.gamma * total_variation(picture).sum()
        variation.backward()  # type: ignore[no-untyped-call]
        content, style = self._whole(picture) if len(self.content) == 1 else self._in_tiles(picture)
        return Losses(content + style + variation.item(), content, style, variation.item())

    def _whole(self, picture: Tensor) -> tuple[float, float]:
        (values,) = self.network.activations(picture, self.layers)
        content = self.alpha * content_cost(self.content[0], values[self.layer]).sum()
        style = self._style({name: mean_gram(values[name]) for name in self.styles})
        (content + style).backward()  # type: ignore[no-untyped-call]
        return content.item(), style.item()

    def _in_tiles(self, picture: Tensor) -> tuple[float, float]:
        grams = {name: g.requires_grad_() for name, g in self.network.mean_grams(picture, list(self.styles)).items()}
        style = self._style(grams)
        slopes = dict(zip(grams, torch.autograd.grad(style, list(grams.values())), strict=True))
        content = 0.0
        for wanted, values in zip(self.content, self.network.activations(picture, self.layers), strict=True):
            cost = self.alpha * content_cost(wanted, values[self.layer]).sum()
            content += cost.item()
            for name, slope in slopes.items():  # the chain rule through this tile's share of the whole Gram matrix
                share = gram_matrix(values[name]) / self.network.positions[name]
                cost = cost + (slope * share).sum()
            cost.backward()  # type: ignore[no-untyped-call]
        return content, style.item()

    def _style(self, grams: dict[str, Tensor]) -> Tensor:
        costs = [weight * gram_cost(self.styles[name], grams[name]).sum() for name, weight in self.lambdas.items()]
        return torch.stack(costs).sum()


def _at_least(cost: float) -> float:
    """A cost to divide by: that of a picture of nothing is 0."""
    return max(cost, 1e-12)
