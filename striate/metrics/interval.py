"""How far a measured figure may be from the true one."""

from collections.abc import Callable
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from striate.errors import ArgumentError
from striate.metrics.inputs import Floats, Ints


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


def bootstrap_interval(figure: Callable[[Ints], npt.ArrayLike], n: int, *, draws: int) -> Floats:
    """The bootstrap's 95 % percentile interval: as many images are drawn, with replacement, again and again.

    Efron, Bootstrap Methods: Another Look at the Jackknife, 1979. The draws are always the same ones.

    Args:
        figure: the indices (n,) of the images of a draw -> a number, or an array of several; NaN where these images
            don't tell it. Such draws are left out.
        n: how many images there are, at least 1.
        draws: how many, at least 1.

    Returns:
        (2, ...) the low and high end of each number; NaN where no draw tells it.

    Raises:
        ArgumentError: n or draws is below 1.

    Example:
        >>> errors = np.array([1.0, 2.0, 4.0, 5.0])
        >>> bootstrap_interval(lambda drawn: errors[drawn].mean(), 4, draws=1000).tolist()
        [1.5, 4.5]
    """
    if n < 1 or draws < 1:
        raise ArgumentError.of("n and draws", "at least 1", (n, draws))
    rng = np.random.default_rng(0)
    values = np.array([figure(rng.integers(n, size=n)) for _ in range(draws)], dtype=np.float64)  # (draws, ...)
    known = values[np.isfinite(values).reshape(draws, -1).all(axis=1)]
    if not len(known):
        return np.full((2, *values.shape[1:]), np.nan)
    return np.asarray(np.quantile(known, (0.025, 0.975), axis=0))
