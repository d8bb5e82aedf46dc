"""How far a measured share may be from the true one."""

from statistics import NormalDist

from striate.errors import ArgumentError


def wilson_interval(hits: int, n: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """Wilson's score interval of a share: it holds for few trials and near 0 and 1 too.

    Wilson, Probable Inference, the Law of Succession, and Statistical Inference, 1927.

    Args:
        hits: how many of the trials succeeded, in [0, n].
        n: how many trials there were, at least 1.
        confidence: how often such an interval holds the true share, in (0, 1).

    Returns:
        Its low and high end, in [0, 1]; hits / n lies between them.

    Raises:
        ArgumentError: a number is out of its range.

    Example:
        >>> low, high = wilson_interval(97, 100)
        >>> round(low, 4), round(high, 4)
        (0.9155, 0.9897)
    """
    if n < 1:
        raise ArgumentError.of("n", "at least 1", n)
    if not 0 <= hits <= n:
        raise ArgumentError.of("hits", f"in [0, {n}]", hits)
    if not 0 < confidence < 1:
        raise ArgumentError.of("confidence", "in (0, 1)", confidence)
    share, z = hits / n, NormalDist().inv_cdf((1 + confidence) / 2)
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    reach = z * (share * (1 - share) / n + z * z / (4 * n * n)) ** 0.5 / (1 + z * z / n)
    # Rounding must not push the ends past what was measured or past 0 and 1.
    return max(0.0, min(share, centre - reach)), min(1.0, max(share, centre + reach))
