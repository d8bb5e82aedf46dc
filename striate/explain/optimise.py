"""An input made to order: what excites a unit most, or what gives a layer the activation that it had.

Shapes: N samples, C channels, *S the spatial sizes: L, or H W, or D H W.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from striate.errors import ArgumentError
from striate.explain.capture import capture
from striate.explain.target import Target
from striate.layers import evaluating
from striate.ops import total_variation

OnStep = Callable[[int, float], None]  # steps so far, the loss


@dataclass(frozen=True)
class Regularisers:
    """What keeps an input natural while it is optimised.

    Attributes:
        variation: weight of the squared total variation.
        l2: weight of the squared norm.
        jitter: positions by which the input is shifted at random in each step, in both directions along each axis,
            what falls out on one side coming in on the other; no position is then special.

    Raises:
        ArgumentError: a number is negative.
    """

    variation: float = 0.03
    l2: float = 1e-5
    jitter: int = 4

    def __post_init__(self) -> None:
        if min(self.variation, self.l2, self.jitter) < 0:
            raise ArgumentError.of("regularisers", "at least 0 each", self)

    def cost(self, x: Tensor) -> Tensor:
        """(N, C, *S) -> (), the sum over the samples."""
        smoothness = total_variation(x).sum() if x.ndim > 2 else x.new_zeros(())
        return self.variation * smoothness + self.l2 * x.square().sum()

    def shifted(self, x: Tensor, generator: torch.Generator) -> Tensor:
        """The input as the network sees it in one step."""
        if not self.jitter or x.ndim < 3:
            return x
        by = torch.randint(-self.jitter, self.jitter + 1, (x.ndim - 2,), generator=generator).tolist()
        return x.roll(by, tuple(range(2, x.ndim)))


def maximise(
    module: nn.Module,
    input_shape: Sequence[int],
    target: Target,
    *,
    steps: int = 256,
    rate: float = 0.05,
    regularisers: Regularisers = Regularisers(),
    seed: int = 0,
    on_step: OnStep | None = None,
) -> Tensor:
    """An input that excites a unit as much as regularisers allow, by Adam from faint noise.

    Simonyan, Vedaldi and Zisserman, Deep Inside Convolutional Networks, 2013, arXiv:1312.6034, section 2 (L2); the
    jitter is Mordvintsev, Olah and Tyka's, Inceptionism, 2015.

    Args:
        module: any; runs in eval mode.
        input_shape: (C, *S)
        target: what to excite; a whole channel of a layer counts by its mean over positions.
        steps: at least 1.
        rate: of Adam, above 0, in units of the (normalised) input.
        regularisers: what keeps the input natural.
        seed: of the noise at the start and of the jitter.
        on_step: told after each step.

    Returns:
        (1, C, *S)

    Raises:
        UnknownNameError, ArgumentError, ShapeError: the target does not suit the module, or a number is out of range.

    Example:
        >>> net = nn.Sequential(nn.Flatten(), nn.Linear(4, 2, bias=False))
        >>> x = maximise(net, (1, 4), Target(1), steps=50, regularisers=Regularisers(0.0, 0.01, 0))
        >>> torch.equal(x.sign().flatten(), net[1].weight[1].sign())
        True
    """
    generator = torch.Generator().manual_seed(seed)
    start = 0.01 * torch.randn((1, *input_shape), generator=generator)

    def loss(x: Tensor) -> Tensor:
        return -target.values(module, x).sum()

    return _descend(module, loss, start, steps, rate, regularisers, generator, on_step)


def invert(
    module: nn.Module,
    x: Tensor,
    layer: str,
    *,
    steps: int = 256,
    rate: float = 0.05,
    regularisers: Regularisers = Regularisers(variation=0.05, l2=0.0, jitter=0),
    seed: int = 0,
    on_step: OnStep | None = None,
) -> Tensor:
    """An input, from faint noise, that gives a layer the activation which x gave it: what the layer knows of x.

    n · ‖a(x') - a(x)‖² / ‖a(x)‖² and the regularisers are minimised by Adam; n is how many numbers x has.

    Mahendran and Vedaldi, Understanding Deep Image Representations by Inverting Them, 2015, arXiv:1412.0035.

    Args:
        x: (N, C, *S)
        layer: as in `capture`.
        module, steps, rate, regularisers, seed, on_step, Raises: as for `maximise`.

    Returns:
        (N, C, *S)

    Example:
        >>> net = nn.Conv1d(1, 3, 1)
        >>> x = torch.tensor([[[0.5, -0.5, 1.0]]])
        >>> found = invert(net, x, "Conv1d", regularisers=Regularisers(0.0, 0.0, 0))
        >>> torch.allclose(found, x, atol=0.02)
        True
    """
    with evaluating(module), torch.inference_mode(False), torch.no_grad():
        wanted = capture(module, [layer], x.clone(), stop=True)[layer]
        norm = wanted.flatten(1).square().sum(1).clamp(min=1e-12)
    generator = torch.Generator().manual_seed(seed)
    start = 0.01 * torch.randn(x.shape, generator=generator)

    def loss(now: Tensor) -> Tensor:
        given = capture(module, [layer], now, stop=True)[layer]
        return x[0].numel() * ((given - wanted).flatten(1).square().sum(1) / norm).sum()

    return _descend(module, loss, start, steps, rate, regularisers, generator, on_step)


def _descend(
    module: nn.Module,
    loss: Callable[[Tensor], Tensor],
    start: Tensor,
    steps: int,
    rate: float,
    regularisers: Regularisers,
    generator: torch.Generator,
    on_step: OnStep | None,
) -> Tensor:
    """Adam on the input; parameters get no gradient."""
    if steps < 1:
        raise ArgumentError.of("steps", "at least 1", steps)
    if rate <= 0:
        raise ArgumentError.of("rate", "above 0", rate)
    device = next((p.device for p in module.parameters()), start.device)
    with evaluating(module), torch.inference_mode(False), torch.enable_grad():
        x = start.to(device, copy=True).requires_grad_()
        optimizer = torch.optim.Adam([x], rate)
        for step in range(1, steps + 1):
            total = loss(regularisers.shifted(x.clone(), generator)) + regularisers.cost(x)
            (x.grad,) = torch.autograd.grad(total, x)
            optimizer.step()
            if on_step:
                on_step(step, total.item())
    return x.detach()
