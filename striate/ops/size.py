"""How large an output is: one arithmetic for every layer that slides a window, along one axis.

n: input size, f: filter size, both in samples along one axis.
"""

from typing import Literal

from striate.errors import ArgumentError, ShapeError

Padding = int | tuple[int, int] | Literal["valid", "same", "full"]


def output_size(n: int, f: int, *, stride: int = 1, padding: Padding = 0, dilation: int = 1, ceil: bool = False) -> int:
    """Number of positions at which a filter fits: floor((n + before + after - span) / stride) + 1.

    The span of a filter is (f - 1) * dilation + 1. Asked before a network is built.

    Args:
        n: input size, at least 1.
        f: filter size, at least 1.
        stride: step between positions, at least 1.
        padding: see `pad_amounts`.
        dilation: distance between neighbouring taps of the filter, at least 1.
        ceil: round up instead, so that a last window may hang over the end, but only if it starts inside
            the input or the padding before it (PyTorch's rule; GoogLeNet and SqueezeNet pool that way).

    Returns:
        The output size, at least 1.

    Raises:
        ArgumentError: a number is out of range, or the padding is none of the known.
        ShapeError: the filter fits nowhere.

    Example:
        >>> output_size(39, 3), output_size(37, 5, stride=2), output_size(6, 3, padding="same")
        (37, 17, 6)
        >>> output_size(112, 3, stride=2), output_size(112, 3, stride=2, ceil=True)
        (55, 56)
    """
    before, after = pad_amounts(n, f, stride, padding, dilation)
    room = n + before + after - _span(f, dilation)
    size = (-(-room // stride) if ceil else room // stride) + 1
    if ceil and (size - 1) * stride >= n + before:
        size -= 1
    if size < 1:
        raise ShapeError(
            f"a filter that spans {_span(f, dilation)} does not fit an input of {n} with padding ({before}, {after})"
        )
    return size


def pad_amounts(n: int, f: int, stride: int = 1, padding: Padding = 0, dilation: int = 1) -> tuple[int, int]:
    """Samples to add before and after an axis.

    Args:
        n, f, stride, dilation: as in `output_size`.
        padding: an integer for both ends, or (before, after), or "valid": none; "full": every position at which
            filter and input touch; "same": an output of ceil(n / stride), that is p = (f - 1) / 2 at stride 1,
            the odd sample after (right and bottom). With a stride it is TensorFlow's SAME.

    Returns:
        (before, after), each at least 0.

    Raises:
        ArgumentError: a number is out of range, or the padding is none of the above.

    Example:
        >>> pad_amounts(6, 3, padding="same"), pad_amounts(6, 4, padding="same"), pad_amounts(224, 3, 2, "same")
        ((1, 1), (1, 2), (0, 1))
    """
    for name, value in (("n", n), ("f", f), ("stride", stride), ("dilation", dilation)):
        if not _is_count(value, least=1):
            raise ArgumentError.of(name, "an integer of at least 1", value)
    span = _span(f, dilation)
    match padding:
        case "valid":
            return 0, 0
        case "full":
            return span - 1, span - 1
        case "same":
            total = max((-(-n // stride) - 1) * stride + span - n, 0)
            return total // 2, total - total // 2
        case (before, after) if _is_count(before) and _is_count(after):
            return before, after
        case int() if _is_count(padding):
            return padding, padding
    raise ArgumentError.of("padding", "'valid', 'same', 'full', an integer or a pair of at least 0", padding)


def _span(f: int, dilation: int) -> int:
    """Samples from the first tap of a filter to the last, both counted."""
    return (f - 1) * dilation + 1


def _is_count(value: object, least: int = 0) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least
