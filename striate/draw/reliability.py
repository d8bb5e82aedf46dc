"""How often the network is right when it says how sure it is."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from striate.draw.canvas import BLUE, INK, LEFT, MUTED, add_axes, add_title, label_percent, new_figure, to_svg
from striate.errors import ArgumentError

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Bin(Protocol):
    """The images whose highest probability lies in (low, high]: how many, how sure, how often right."""

    @property
    def low(self) -> float: ...  # noqa: D102
    @property
    def high(self) -> float: ...  # noqa: D102
    @property
    def n(self) -> int: ...  # noqa: D102
    @property
    def confidence(self) -> float: ...  # noqa: D102
    @property
    def accuracy(self) -> float: ...  # noqa: D102


def reliability_diagram(bins: Sequence[Bin]) -> str:
    """Accuracy over confidence, and below it how many images are how sure, as SVG.

    Args:
        bins: those that hold images, at least one.

    Raises:
        ArgumentError: there are no bins.
    """
    if not bins:
        raise ArgumentError.of("bins", "at least one", bins)
    figure = new_figure(480, 380)
    _draw_accuracy(add_axes(figure, LEFT, 36, 22, 132), bins)
    _draw_counts(add_axes(figure, LEFT, 292, 22, 44), bins)
    return to_svg(figure, f"Accuracy over confidence in {len(bins)} bins, beside the diagonal where they are equal.")


def _draw_accuracy(axes: "Axes", bins: Sequence[Bin]) -> None:
    lows, widths = [b.low for b in bins], [b.high - b.low for b in bins]
    axes.bar(lows, [b.accuracy for b in bins], widths, align="edge", color=BLUE, alpha=0.25, linewidth=0)
    axes.plot([0, 1], [0, 1], color=MUTED, linewidth=1, linestyle=(0, (4, 3)))
    sizes = [20 + 180 * b.n / sum(one.n for one in bins) for b in bins]
    axes.scatter([b.confidence for b in bins], [b.accuracy for b in bins], sizes, color=BLUE, linewidth=0, zorder=3)
    axes.set(xlim=(0, 1), ylim=(0, 1.02))
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1], [""] * 5)
    label_percent(axes.yaxis)
    add_title(axes, "Accuracy when so sure")


def _draw_counts(axes: "Axes", bins: Sequence[Bin]) -> None:
    total = sum(b.n for b in bins)
    shares = [b.n / total for b in bins]
    axes.bar([b.low for b in bins], shares, [0.92 * (b.high - b.low) for b in bins], align="edge", color=MUTED)
    axes.set(xlim=(0, 1), ylim=(0, max(shares) * 1.05))
    axes.locator_params(axis="y", nbins=2)
    for axis in (axes.xaxis, axes.yaxis):
        label_percent(axis)
    axes.set_xlabel("how sure the network is", color=MUTED, fontsize=11, labelpad=4)
    axes.annotate(
        "share of the images",
        (0, 1),
        xytext=(0, 5),
        xycoords="axes fraction",
        textcoords="offset points",
        fontsize=11,
        color=INK,
    )
