"""Wider and narrower networks: a factor of their channels."""


def scale_channels(channels: int, width: float) -> int:
    """`width` times as many channels, to the nearest multiple of 8 but never under 90 %; 1 changes nothing.

    Sandler et al., MobileNetV2, 2018, arXiv:1801.04381, call the factor a width multiplier.

    Example:
        >>> [scale_channels(c, 1.1) for c in (16, 24, 40, 320)]
        [16, 24, 48, 352]
        >>> scale_channels(6, 1)
        6
    """
    if width == 1:
        return channels
    nearest = max(8, int(channels * width + 4) // 8 * 8)
    return nearest if nearest >= 0.9 * channels * width else nearest + 8
