"""What is explained: one number for each sample."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from striate.errors import ArgumentError, ShapeError
from striate.explain.capture import capture

OUTPUT = "output"


@dataclass(frozen=True)
class Target:
    """A unit of a layer, for every sample of a batch or for each its own; such as a class of the logits.

    Attributes:
        unit: a channel; or one for each sample.
        layer: as in `capture`; "output" is what the module answers.
        position: an index along each spatial axis of the layer; or one such for each sample. None takes the
            mean over all.

    Example:
        >>> logits = nn.Linear(2, 3)
        >>> Target(2).values(logits, torch.zeros(5, 2)).equal(logits.bias[2].expand(5))
        True
    """

    unit: int | Sequence[int]
    layer: str = OUTPUT
    position: Sequence[int] | Sequence[Sequence[int]] | None = None

    def values(self, module: nn.Module, x: Tensor) -> Tensor:
        """(N, C, *S) -> (N,), with gradients able to flow.

        Raises:
            UnknownNameError: no such layer.
            ArgumentError: no such unit or position, or the layer gives no tensor.
            ShapeError: not as many units or positions as samples.
        """
        if self.layer != OUTPUT:
            return self.pick(capture(module, [self.layer], x, stop=True)[self.layer])
        answer = module(x)
        if not isinstance(answer, Tensor):
            raise ArgumentError(
                f"the module answers with {type(answer).__name__}, no tensor: name a layer as the target"
            )
        return self.pick(answer)

    def pick(self, activation: Tensor) -> Tensor:
        """(N, C, *S) -> (N,)"""
        if activation.ndim < 2:
            raise ShapeError.of("activation", "(N, C, *S)", tuple(activation.shape))
        n = len(activation)
        unit = self._each(self.unit, (), n, activation.shape[1:2])
        chosen = activation[torch.arange(n), unit]  # (N, *S)
        if self.position is None:
            return chosen.reshape(n, -1).mean(1)
        position = self._each(self.position, (activation.ndim - 2,), n, activation.shape[2:])
        return chosen[(torch.arange(n), *position.T)]

    def _each(self, given: object, shape: tuple[int, ...], n: int, sizes: Sequence[int]) -> Tensor:
        """Indices for each sample: (N, *shape)."""
        index = torch.as_tensor(given, dtype=torch.int64)
        if index.shape not in (shape, (n, *shape)):
            raise ShapeError.of("target", f"one of shape {shape}, or {n} such, one for each sample", given)
        if ((index < 0) | (index >= torch.tensor(list(sizes), dtype=torch.int64).reshape(shape))).any():
            raise ArgumentError.of("target", f"within {tuple(sizes)} of layer {self.layer!r}", given)
        return index.expand(n, *shape)
