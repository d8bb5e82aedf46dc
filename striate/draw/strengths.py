"""How the strength of a regularised regression was chosen, as a curve."""

from collections.abc import Mapping

from striate.draw.canvas import BLUE, INK, LEFT, MUTED, add_axes, add_title, new_figure, to_svg

WIDTH, HEIGHT = 480, 300


def strength_curve(losses: Mapping[float, float], chosen: float) -> str:
    """The loss of images held back in turn against the strength λ, the chosen one marked, as SVG.

    Args:
        losses: λ -> mean cross-entropy; those that were tried.
        chosen: one of them.

    Example:
        >>> strength_curve({0.1: 0.3, 0.01: 0.2, 0.001: 0.4}, 0.01)[:4]
        '<svg'
    """
    figure = new_figure(WIDTH, HEIGHT)
    axes = add_axes(figure, LEFT, 44, 16, 40)
    strengths = sorted(losses)
    axes.plot(strengths, [losses[strength] for strength in strengths], "o-", markersize=4, color=BLUE)
    axes.plot([chosen], [losses[chosen]], "o", markersize=8, color=BLUE, markeredgecolor=INK, markeredgewidth=1.5)
    axes.set_xscale("log")
    axes.set_xlabel("strength λ", color=MUTED, fontsize=11, labelpad=4)
    add_title(axes, "Loss of training images held back in turn")
    return to_svg(figure, f"Cross-validated loss of {len(losses)} strengths; {chosen:.3g} was chosen.")
