"""A page on how well pairs of images are told: figures, and the curves that they are points of."""

from collections.abc import Sequence

from striate.draw.page import picture, render


def render_verification(
    title: str, rows: Sequence[tuple[str, str, str]], roc: str, histogram: str, remarks: Sequence[str] = ()
) -> str:
    """One HTML page; no script, no outside request.

    Args:
        title: of the page.
        rows: figures: name, value, and interval, each in words.
        roc: SVG of `roc_curve`.
        histogram: SVG of `distance_histogram`.
        remarks: what whoever reads the figures should know.

    Example:
        >>> page = render_verification("Pairs", [("accuracy", "99 %", "98 % to 99.5 %")], "<svg/>", "<svg/>")
        >>> "98 % to 99.5 %" in page
        True
    """
    return render(
        "verification.html",
        title=title,
        rows=rows,
        roc=picture(roc),
        histogram=picture(histogram),
        remarks=remarks,
    )
