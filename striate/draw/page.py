"""HTML pages from the templates beside this file.

Every value is made printable and escaped on its way in, whatever the template forgets; only pictures
of ours are markup. The pages' own policy forbids scripts and requests as well.
"""

import math
from pathlib import Path

import jinja2
from markupsafe import Markup

from striate.draw.canvas import inline_svg
from striate.draw.text import percent, printable, thousands


def picture(svg: str) -> Markup:
    """A chart of ours, ready for a template; its labels were escaped when it was drawn."""
    return Markup(inline_svg(svg))  # noqa: S704


def render(template: str, **values: object) -> str:
    """The page that the template makes of the values.

    Args:
        template: name of a file in `templates/`.
        values: what it shows. A value that is missing is an error.
    """
    return _environment().get_template(template).render(**values)


def cell(value: object) -> str:
    """A table's value: numbers with thousands apart, shapes as 28×28×8, nothing as a dash.

    Example:
        >>> cell((28, 28, 8)), cell(None), cell(0.25)
        ('28×28×8', '–', '0.25')
    """
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}" if math.isfinite(value) else "–"
    if isinstance(value, tuple | list):
        return "×".join(map(str, value))
    return thousands(value) if isinstance(value, int) else str(value)


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
    )
    environment.filters |= {"percent": percent, "thousands": thousands, "cell": cell}
    return environment


def _finalize(value: object) -> object:
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value
