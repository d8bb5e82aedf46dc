"""How rectifiers are gone through backwards: by the gradient, as a deconvnet does, or guided.

Zeiler and Fergus, Visualizing and Understanding Convolutional Networks, 2013, arXiv:1311.2901;
Springenberg et al., Striving for Simplicity, 2014, arXiv:1412.6806, section 3.4.
"""

import math
from enum import Enum
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode


class Rectifier(Enum):
    """What a rectifier lets through on the way back.

    A deconvnet differs from the gradient in nothing else: max pooling puts values back where they came from, and a
    convolution becomes its transpose (Simonyan et al., 2013, arXiv:1312.6034, section 4). To both rules a ReLU6 is a
    ReLU: at its ceiling, where the strongest units are, its gradient is 0, and nothing would be left to see.
    """

    GRADIENT = "gradient"  # what arrives where something had been let through on the way up
    DECONVNET = "deconvnet"  # what arrives and is positive
    GUIDED = "guided"  # what arrives and is positive, where something had been let through


_IN_PLACE = {torch.relu_, Tensor.relu_, F.hardtanh_}
_HIGHEST = dict.fromkeys((torch.relu_, Tensor.relu_, F.relu, torch.relu, Tensor.relu), math.inf) | {F.relu6: 6.0}


class rectified(TorchFunctionMode):  # noqa: N801 - a context manager
    """While this is on, what runs of ReLU and ReLU6 goes backwards by a rule: modules and functions, in place or not.

    Other activations keep their gradients.

    Example:
        >>> x = torch.tensor([-1.0, 2.0], requires_grad=True)
        >>> with rectified(Rectifier.DECONVNET):
        ...     y = torch.relu(x)
        >>> torch.autograd.grad(y, x, torch.tensor([3.0, -3.0]))
        (tensor([3., 0.]),)
    """

    def __init__(self, rule: Rectifier):
        super().__init__()
        self.rule = rule

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        highest = _highest(func, *args[1:], **kwargs)
        if self.rule is Rectifier.GRADIENT or highest is None:
            return func(*args, **kwargs)
        x = args[0] if args else kwargs["input"]
        y = _Rectified.apply(x, highest, self.rule)  # type: ignore[no-untyped-call]
        return x.copy_(y) if func in _IN_PLACE or kwargs.get("inplace") else y


def _highest(func: Any, min_val: float = -1.0, max_val: float = 1.0, *_: Any, **__: Any) -> float | None:
    """Where a rectifier stops to follow its input; None if the function is no rectifier."""
    if func in (F.hardtanh, F.hardtanh_):
        return max_val if min_val == 0 else None
    return _HIGHEST.get(func)


class _Rectified(torch.autograd.Function):
    """min(max(x, 0), highest)"""

    @staticmethod
    def forward(ctx: Any, x: Tensor, highest: float, rule: Rectifier) -> Tensor:
        ctx.guided = rule is Rectifier.GUIDED
        ctx.save_for_backward(x > 0)  # a mask, as x itself may change in place
        return x.clamp(0, highest)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Any:
        (positive,) = ctx.saved_tensors
        return grad.clamp(min=0) * (positive if ctx.guided else 1), None, None
