"""One look for every chart: its colours and type, and how a figure becomes SVG.

A chart is drawn on white in the plain colours below, and so it stays as a file of its own. A page that
follows the reader's light or dark scheme takes it through `inline_svg`, which names the colours instead.
Letters stay letters (`svg.fonttype` "none"): the reader's fonts know more scripts than ours, text can be
searched, and nothing is laid out by measuring it.
"""

import io
import re
import warnings
from html import escape
from typing import TYPE_CHECKING

from striate.draw.text import printable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

INK, MUTED, RULE, PAPER = "#1f2933", "#66727f", "#dfe4ea", "#ffffff"
# Okabe and Ito's colours, which the colour-blind can tell apart.
SERIES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
BLUE, ORANGE = SERIES[:2]

# What a page calls them, so that its style sheet can give each another value for the dark.
COLOUR_NAMES = {INK: "ink", MUTED: "muted", RULE: "rule", PAPER: "paper"}
COLOUR_NAMES |= {colour: f"series{i}" for i, colour in enumerate(SERIES)}
LEFT = 48  # pixels for the labels of a vertical axis
FONTS = "system-ui, -apple-system, 'Segoe UI', 'Noto Sans', 'DejaVu Sans', sans-serif"


def new_figure(width: int, height: int) -> "Figure":
    """An empty figure of so many pixels, on paper colour."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width / 72, height / 72), dpi=72, facecolor=PAPER)


def add_axes(figure: "Figure", left: float, top: float, right: float, bottom: float) -> "Axes":
    """Axes with so many pixels left free on each side, a thin grid and quiet labels."""
    width, height = figure.get_size_inches() * 72
    axes = figure.add_axes((left / width, bottom / height, 1 - (left + right) / width, 1 - (top + bottom) / height))
    axes.set_facecolor("none")
    axes.set_axisbelow(True)
    axes.grid(axis="y", color=RULE, linewidth=1)
    axes.spines[["left", "right", "top"]].set_visible(False)
    axes.spines["bottom"].set_color(MUTED)
    axes.tick_params(length=0, pad=6, labelsize=11, labelcolor=MUTED)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:.4g}")  # no common factor above the axes
    return axes


def add_title(axes: "Axes", title: str) -> None:
    """What the axes show, above them, where the labels of their left side begin."""
    axes.annotate(
        title,
        (0, 1),
        xytext=(-LEFT, 14),
        xycoords="axes fraction",
        textcoords="offset points",
        fontsize=13,
        fontweight="bold",
        color=INK,
    )


def label_percent(axis: "Axis") -> None:
    """Shares along the axis as percentages, with as few digits as they need."""
    axis.set_major_formatter(lambda share, _: f"{100 * share:.4g}\N{NO-BREAK SPACE}%")


def add_legend(axes: "Axes") -> None:
    """The names of the curves in one row above the axes' right end."""
    axes.legend(
        loc="lower right",
        bbox_to_anchor=(1.01, 1.01),
        ncols=len(axes.get_legend_handles_labels()[0]),
        frameon=False,
        fontsize=11,
        labelcolor=INK,
        handlelength=1.4,
        columnspacing=1.4,
        borderpad=0.2,
    )


def to_svg(figure: "Figure", description: str) -> str:
    """The figure as a standalone SVG document, the same bytes every time.

    Args:
        figure: from `new_figure`.
        description: what it shows, for those who can't see it.
    """
    import matplotlib as mpl

    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": description}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")  # the reader's fonts draw the letters
        file = io.StringIO()
        nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
        figure.savefig(file, format="svg", metadata=nothing)
    svg = file.getvalue()
    svg = svg[svg.index("<svg") :]  # the document type would name a server
    svg = re.sub(r' id="[\w.]+_\d+"', "", svg)  # nothing refers to these, and pages hold several charts
    svg = re.sub(r"font-family: [^;\"]*", f"font-family: {FONTS}", svg)
    label = escape(printable(description), quote=True)
    return svg.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1)


def inline_svg(svg: str) -> str:
    """The SVG of `to_svg` for the inside of an HTML page: as wide as it may be, in the page's colours."""
    svg = re.sub(r' (?:width|height)="[\d.]+pt"', "", svg, count=2)
    svg = re.sub(r"<defs>\s*<style.*?</defs>", "", svg, count=1, flags=re.DOTALL)
    return re.sub(r'style="[^"]*"', _name_colours, svg)


def _name_colours(style: re.Match[str]) -> str:
    return re.sub(r"#[0-9a-f]{6}", lambda c: f"var(--{COLOUR_NAMES[c[0]]})" if c[0] in COLOUR_NAMES else c[0], style[0])
